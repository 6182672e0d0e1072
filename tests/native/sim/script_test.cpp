#include "native/sim/script.h"

#include <catch2/catch_test_macros.hpp>

#include "native/sim/frames.h"
#include "native/sim/pieces.h"
#include "tests/native/sim/stream.h"

using namespace orthink;
using namespace orthink::sim;

namespace {

const Instant kNow = Catalog::snapshot().fetched_at();

std::string ask(std::string_view model, std::string_view more = {}, std::string_view prompt = "Why is the sky blue?") {
  return R"({"model":")" + std::string(model) + R"(","stream":true,"messages":[{"role":"user","content":")" + std::string(prompt) + R"("}])" +
         std::string(more) + "}";
}

Script script(const std::string& body, std::string_view faults = {}, uint64_t seed = 1, uint64_t repetition = 0) {
  std::variant<Question, Reply> question = read_question(body, Catalog::snapshot(), kNow);
  if (const Reply* reply = std::get_if<Reply>(&question)) FAIL(body << " was refused: " << reply->body);
  FaultBook book(*parse_faults(faults));
  return write_script(std::get<Question>(question), book.take({}), {.seed = seed, .repetition = repetition, .now = kNow, .body = body});
}

std::string body_of(const Script& s, std::string_view faults = {}) {
  FaultBook book(*parse_faults(faults));
  const ActiveFaults active = book.take({});
  FrameWriter frames(s, active);
  std::string body;
  for (std::string frame; frames.next(frame);) body += frame;
  return body;
}

}  // namespace

TEST_CASE("the stream says what the script says, and usage agrees with it") {
  for (const char* model : {"anthropic/claude-haiku-4.5", "anthropic/claude-opus-5", "openai/gpt-5", "openai/o3", "x-ai/grok-4.5",
                            "google/gemini-3.5-flash", "google/gemini-2.5-pro", "deepseek/deepseek-r1", "moonshotai/kimi-k2.6", "openai/gpt-4o-mini"}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      INFO(model << " seed " << seed);
      const Script s = script(ask(model, R"(,"max_tokens":6000)"), {}, seed);
      const wire::Said said = wire::read(body_of(s));
      CHECK(said.is_done);
      CHECK(said.bad_chunks == 0);
      CHECK(said.comments >= 1);
      CHECK(said.thinking == s.thinking);
      CHECK(said.output == s.output);
      CHECK(said.signature == s.signature);
      CHECK(said.encrypted == s.encrypted);
      CHECK(said.finish == s.finish_reason);
      REQUIRE(said.usages.size() == 1);
      CHECK(wire::count(said.usages[0], "completion_tokens") == s.completion_tokens);
      CHECK(wire::thinking_tokens(said.usages[0]) == s.thinking_tokens);
      CHECK(Money::parse(said.usages[0].find("cost")->text(), Money::Rounding::half_even)->pico == s.cost_of(s.usage()).pico);
      CHECK(s.cost_of(s.usage()) == *computed_cost(s.price, s.usage(), kNow));
      CHECK(s.output.find("simulated") != std::string::npos);
      for (const json::Value& chunk : said.chunks) CHECK(chunk.find("id")->text() == s.id);
    }
  }
}

TEST_CASE("readable, signed, summarised, hidden: each house its own way") {
  const Script haiku = script(ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":4000,"reasoning":{"max_tokens":2000})"));
  CHECK(haiku.shape == ThinkingShape::text);
  CHECK(count_pieces(haiku.thinking) == haiku.thinking_tokens);
  CHECK_FALSE(haiku.signature.empty());
  CHECK(haiku.format == "anthropic-claude-v1");

  const std::string stream = body_of(haiku);
  const size_t sealed = stream.find(R"("reasoning_details":[{"type":"reasoning.text","signature":)");
  CHECK(sealed != std::string::npos);
  CHECK(stream.find(haiku.output.substr(0, 4), sealed) != std::string::npos);

  const Script summary = script(ask("anthropic/claude-opus-5", R"(,"max_tokens":6000)"));
  CHECK(count_pieces(summary.thinking) < summary.thinking_tokens);

  const Script hidden = script(ask("openai/gpt-5", R"(,"max_tokens":6000,"reasoning":{"effort":"medium"})"));
  CHECK(hidden.shape == ThinkingShape::encrypted);
  CHECK(hidden.thinking.empty());
  CHECK(hidden.thinking_tokens > 0);
  CHECK_FALSE(hidden.encrypted.empty());

  const Script told = script(ask("openai/gpt-5", R"(,"max_tokens":6000,"reasoning":{"effort":"medium","summary":"auto"})"));
  CHECK(told.shape == ThinkingShape::summary_and_encrypted);
  const wire::Said said = wire::read(body_of(told));
  CHECK(said.summary == told.thinking);
  CHECK_FALSE(said.encrypted.empty());

  const Script excluded = script(ask("deepseek/deepseek-r1", R"(,"max_tokens":6000,"reasoning":{"exclude":true})"));
  CHECK(excluded.thinking.empty());
  CHECK(excluded.thinking_tokens > 0);
}

TEST_CASE("levels think longer the higher they are; a budget is kept to, softly") {
  uint64_t before = 0;
  for (const char* effort : {"minimal", "low", "medium", "high"}) {
    uint64_t sum = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      sum += script(ask("openai/gpt-5", R"(,"max_tokens":20000,"reasoning":{"effort":")" + std::string(effort) + R"("})"), {}, seed).thinking_tokens;
    }
    CHECK(sum > before);
    before = sum;
  }
  uint64_t overruns = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const Script s = script(ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":6000,"reasoning":{"max_tokens":2000})"), {}, seed);
    CHECK(s.thinking_tokens >= 1'000);
    CHECK(s.thinking_tokens <= 2'130);
    overruns += s.thinking_tokens > 2'000 ? 1 : 0;
  }
  CHECK(overruns > 0);
  CHECK(overruns < 30);
}

TEST_CASE("the cap is hard: thinking that uses it all leaves an empty answer") {
  const Script all = script(ask("deepseek/deepseek-r1", R"(,"max_tokens":40)"));
  CHECK(all.thinking_tokens == 40);
  CHECK(all.completion_tokens == 40);
  CHECK(all.output.empty());
  CHECK(all.finish_reason == "length");
  const Script cut = script(ask("openai/gpt-4o-mini", R"(,"max_tokens":5)"));
  CHECK(cut.completion_tokens == 5);
  CHECK(cut.finish_reason == "length");
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Script s = script(ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":1030,"reasoning":{"max_tokens":1024})"), {}, seed);
    CHECK(s.completion_tokens <= 1'030);
    CHECK(s.thinking_tokens <= s.completion_tokens);
  }
}

TEST_CASE("the same seed and request give the same answer; ids tell repetitions apart") {
  const std::string body = ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":4000,"reasoning":{"max_tokens":2000})");
  const Script one = script(body);
  CHECK(body_of(one) == body_of(script(body)));
  const Script again = script(body, {}, 1, 1);
  CHECK(again.id != one.id);
  CHECK(again.thinking == one.thinking);
  CHECK(again.output == one.output);
  CHECK(script(body, {}, 2).thinking != one.thinking);
}

TEST_CASE("behaviours that go wrong") {
  const std::string off = ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":4000,"reasoning":{"enabled":false})");
  const std::string on = ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":4000,"reasoning":{"max_tokens":2000})");
  CHECK(script(off).thinking_tokens == 0);
  CHECK(script(off, "thinks-although-off").thinking_tokens > 0);
  CHECK(script(on, "no-thinking").thinking_tokens == 0);
  CHECK(script(on, "thinks-all").output.empty());
  CHECK(script(on, "thinks-all").thinking_tokens == 4'000);
  CHECK(script(on, "overruns").thinking_tokens == 2'500);
  CHECK(script(on, "over-cap").completion_tokens == 8'000);
  CHECK(script(on, "dated-model").model == "anthropic/claude-4.5-haiku-20251001");
  CHECK(script(on, "provider=Groq").provider == "Groq");
  CHECK(script(on, "content-filter").finish_reason == "content_filter");
  CHECK(script(on, "malformed-call").native_finish_reason == "MALFORMED_FUNCTION_CALL");
  const Script dearer = script(on, "provider-dearer");
  CHECK(dearer.cost_of(dearer.usage()).pico * 2 == script(on).cost_of(dearer.usage()).pico * 3);
  const Script empty = script(on, "empty-answer");
  CHECK(empty.completion_tokens == 0);
  CHECK(empty.finish_reason.empty());
  CHECK(empty.cost_of(empty.usage()) == Money::zero());
}

TEST_CASE("a body that is not streamed holds the same answer") {
  std::string body = ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":4000,"reasoning":{"max_tokens":2000})");
  body.replace(body.find("true"), 4, "false");
  const Script s = script(body);
  const std::string text = body_of(s);
  CHECK(text.starts_with("\n "));
  const Result<json::Value> document = json::parse(text);
  REQUIRE(document);
  wire::Said said;
  wire::read_chunk(*document, said);
  CHECK(said.thinking == s.thinking);
  CHECK(said.output == s.output);
  CHECK(said.signature == s.signature);
  CHECK(said.usages.size() == 1);
}

TEST_CASE("a tool call streams its arguments and leaves content null") {
  const Script s = script(ask("openai/gpt-5", R"(,"tool_choice":"required","tools":[{"type":"function","function":{"name":"rate","parameters":)"
                                              R"({"type":"object","properties":{"from":{"type":"string"},"to":{"type":"string"}}}}}])"));
  const wire::Said said = wire::read(body_of(s));
  CHECK(said.tool_name == "rate");
  CHECK(said.tool_arguments == R"({"from":"simulated","to":"simulated"})");
  CHECK(said.finish == "tool_calls");
  CHECK(said.output.empty());
}

TEST_CASE("a number is written as JavaScript writes it") {
  CHECK(js_number(Money{0}) == "0");
  CHECK(js_number(Money{600'000}) == "6e-7");
  CHECK(js_number(Money{625'000}) == "6.25e-7");
  CHECK(js_number(Money{1}) == "1e-12");
  CHECK(js_number(Money{1'000'000}) == "0.000001");
  CHECK(js_number(Money{2'400'000}) == "0.0000024");
  CHECK(js_number(Money{650'500'000}) == "0.0006505");
}

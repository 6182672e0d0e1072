// What the stand-in says, core's reader hears: whole, byte by byte and at seeded cuts.
#include <catch2/catch_test_macros.hpp>

#include <array>

#include "native/sim/dice.h"
#include "native/sim/frames.h"
#include "native/sim/question.h"
#include "orthink/chat/stream.h"

using namespace orthink;
using namespace orthink::sim;

namespace {

struct Played {
  Script script;
  std::string body;
};

Played play(std::string_view model, std::string_view faults, bool streams = true) {
  const std::string request = R"({"model":")" + std::string(model) + R"(","stream":)" + (streams ? "true" : "false") +
                              R"(,"max_tokens":4000,"messages":[{"role":"user","content":"Why is the sky blue?"}]})";
  const Instant now = Catalog::snapshot().fetched_at();
  std::variant<Question, Reply> question = read_question(request, Catalog::snapshot(), now);
  REQUIRE(std::holds_alternative<Question>(question));
  FaultBook book(*parse_faults(faults));
  const ActiveFaults active = book.take({});
  Played out{write_script(std::get<Question>(question), active, {.now = now, .body = request}), {}};
  FrameWriter frames(out.script, active);
  for (std::string frame; frames.next(frame);) out.body += frame;
  return out;
}

struct Heard {
  Answer answer;
  Ending ending;
};

template <class Cut>
Heard hear(std::string_view body, Cut cut) {
  ResponseReader reader;
  while (!body.empty()) {
    const size_t n = std::min<size_t>(body.size(), cut());
    reader.feed(body.substr(0, n));
    body.remove_prefix(n);
  }
  Ending ending = reader.finish();
  return {std::move(reader.answer()), std::move(ending)};
}

// The three ways of reading must agree; returns what they heard.
Heard hear_all(const std::string& body) {
  Heard whole = hear(body, [&] { return body.size(); });
  Dice dice(7, "cuts");
  const Heard bytes = hear(body, [] { return size_t{1}; });
  const Heard pieces = hear(body, [&] { return static_cast<size_t>(dice.between(1, 700)); });
  for (const Heard* other : {&bytes, &pieces}) {
    CHECK(other->answer.thinking == whole.answer.thinking);
    CHECK(other->answer.output == whole.answer.output);
    CHECK(other->answer.usage.cost == whole.answer.usage.cost);
    CHECK(other->ending.error.has_value() == whole.ending.error.has_value());
    CHECK(other->ending.outcome == whole.ending.outcome);
  }
  return whole;
}

}  // namespace

TEST_CASE("core hears every house as it spoke") {
  for (const char* model : {"anthropic/claude-haiku-4.5", "anthropic/claude-opus-5", "openai/gpt-5", "x-ai/grok-4.5", "google/gemini-3.5-flash",
                            "deepseek/deepseek-r1", "openai/gpt-4o-mini"}) {
    for (const bool streams : {true, false}) {
      INFO(model << (streams ? " streamed" : " whole"));
      const Played played = play(model, "", streams);
      const Heard heard = hear_all(played.body);
      CHECK_FALSE(heard.ending.error);
      CHECK(heard.ending.outcome == Outcome::answered);
      CHECK(heard.answer.thinking == played.script.thinking);
      CHECK(heard.answer.output == played.script.output);
      CHECK(heard.answer.generation_id == played.script.id);
      CHECK(heard.answer.provider == played.script.provider);
      CHECK(heard.answer.saw_encrypted == !played.script.encrypted.empty());
      CHECK(heard.answer.usage.cost == played.script.cost_of(played.script.usage()));
      CHECK(heard.answer.usage.completion_tokens == played.script.completion_tokens);
      CHECK(heard.answer.usage.thinking_tokens == played.script.thinking_tokens);
    }
  }
}

TEST_CASE("core hears the faults for what they are") {
  const auto ending = [](std::string_view fault) { return hear_all(play("deepseek/deepseek-r1", fault).body); };
  CHECK(ending("thinks-all").ending.outcome == Outcome::thinking_used_all);
  CHECK(ending("content-filter").ending.outcome == Outcome::filtered);
  CHECK(ending("midstream-error=9").ending.error->errc == Errc::midstream_error);
  CHECK(ending("eof-no-done=9").ending.error->errc == Errc::stream_truncated);
  CHECK(ending("malformed-call").ending.error->errc == Errc::malformed_function_call);
  for (const char* fault : {"cost-null", "cost-negative", "cost-huge", "cost-string", "no-usage"}) {
    INFO(fault);
    const Heard heard = ending(fault);
    CHECK_FALSE(heard.ending.error);
    CHECK_FALSE(heard.answer.usage.cost);
  }
  CHECK(ending("usage-twice").answer.usage.completion_tokens == play("deepseek/deepseek-r1", "").script.completion_tokens);
  CHECK(ending("usage-then-text").answer.output.ends_with("after the usage."));
  CHECK(ending("invalid-json").answer.invalid_chunks == 1);
}

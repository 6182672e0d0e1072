#include "orthink/chat/prepare.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <map>

#include "orthink/chat/prompt_tokens.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

Ask ask_of(std::string_view document) {
  const Result<Ask> ask = parse_ask(document);
  INFO(document);
  if (!ask) FAIL(ask.error().message);
  return *ask;
}

const PrepareOptions kPaid{.now = Instant::from_ms(1000), .is_paid = true};
const PrepareOptions kPlan{.now = Instant::from_ms(1000)};

Prepared planned(std::string_view document, const PrepareOptions& options = kPaid) {
  const Result<Prepared> prepared = prepare(ask_of(document), golden_catalog(), options);
  INFO(document);
  if (!prepared) FAIL(prepared.error().message);
  return *prepared;
}

Error refused(std::string_view document, const PrepareOptions& options = kPaid) {
  const Result<Prepared> prepared = prepare(ask_of(document), golden_catalog(), options);
  INFO(document);
  REQUIRE_FALSE(prepared.ok());
  return prepared.error();
}

bool has(const std::vector<Note>& notes, std::string_view code) {
  for (const Note& note : notes) {
    if (note.code == code) return true;
  }
  return false;
}

json::Value body_of(const Prepared& prepared) {
  const Result<json::Value> body = json::parse(prepared.body);
  REQUIRE(body.ok());
  return *body;
}

std::string row(const std::string& id, const std::string& more) {
  return R"({"data":[{"id":")" + id + R"(","canonical_slug":")" + id +
         R"(","name":"T","architecture":{"input_modalities":["text"],"output_modalities":["text"]},"pricing":{"prompt":"0.000001","completion":"0.000002"},)"
         R"("top_provider":{"context_length":null,"max_completion_tokens":null},"supported_parameters":["max_tokens","temperature"],)" +
         more + "}]}";
}

Catalog catalogue(const std::string& document) {
  Result<Catalog> read = Catalog::from_models_document(document, Instant::zero());
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  return std::move(*read);
}

constexpr int64_t kDayMs = 86'400'000;

}  // namespace

TEST_CASE("the bound is prompt and cap at the dearest prices, and those prices are sent as the limit") {
  const Prepared p = planned(R"({"prompt":"Why is the sky blue?","think":"off","max_tokens":2000})");
  CHECK(p.prompt_tokens_bound > 1024);
  CHECK(p.prompt_tokens_expected < 50);
  const Money worst = Money{1'250'000}.times(p.prompt_tokens_bound).plus(Money{5'000'000}.times(2000));
  CHECK(p.worst == worst);
  CHECK(p.hold == worst);
  CHECK(*p.expected < worst);
  CHECK(json::dump(*body_of(p).find("provider")) == R"({"require_parameters":true,"max_price":{"prompt":1.25,"completion":5}})");
  CHECK(p.price_source == "catalogue");
  CHECK(p.price_age_s == 1);
}

TEST_CASE("an hour's cache mark raises the prompt price of the bound") {
  const Prepared p = planned(
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"think":"off"})");
  CHECK(body_of(p).find("provider")->find("max_price")->find("prompt")->text() == "2");
}

TEST_CASE("a provider set by the caller keeps his guards and gets the missing ones") {
  const Prepared p = planned(R"({"prompt":"x","think":"off","provider":{"order":["anthropic"]}})");
  CHECK(json::dump(*body_of(p).find("provider")) == R"({"order":["anthropic"],"require_parameters":true,"max_price":{"prompt":1.25,"completion":5}})");
  CHECK_FALSE(has(p.warnings, "provider_by_caller"));
  CHECK(p.think.promise == Promise::hard);

  const Prepared loose = planned(R"({"prompt":"x","think":"off","provider":{"require_parameters":false}})");
  CHECK(json::dump(*body_of(loose).find("provider")) == R"({"require_parameters":false,"max_price":{"prompt":1.25,"completion":5}})");
  CHECK(loose.think.promise == Promise::none);
  CHECK(has(loose.reasons, "promise_lowered"));
  CHECK(has(loose.warnings, "provider_by_caller"));

  const Prepared dear = planned(R"({"prompt":"x","think":"off","provider":{"max_price":{"prompt":1,"completion":"50"}}})");
  CHECK(*dear.worst == Money{1'250'000}.times(dear.prompt_tokens_bound).plus(Money{50'000'000}.times(dear.think.output_cap_tokens)));
  CHECK(refused(R"({"prompt":"x","think":"off","provider":{"max_price":{"prompt":1}}})").errc == Errc::price_unknown);
}

TEST_CASE("parameters a row does not list, or forbids while thinking, are refused or dropped with a note") {
  CHECK(refused(R"({"prompt":"x","think":"off","seed":1})").errc == Errc::parameter_forbidden);
  const Prepared lenient = planned(R"({"prompt":"x","think":"off","seed":1,"lenient":true})");
  CHECK(body_of(lenient).find("seed") == nullptr);
  CHECK(has(lenient.warnings, "parameter_dropped"));

  CHECK(body_of(planned(R"({"prompt":"x","think":"off","temperature":0.5})")).find("temperature")->text() == "0.5");
  CHECK(refused(R"({"prompt":"x","think":"2000","temperature":0.5})").errc == Errc::parameter_forbidden);
  CHECK(body_of(planned(R"({"prompt":"x","think":"2000","temperature":1.0})")).find("temperature")->text() == "1.0");
  CHECK(refused(R"({"prompt":"x","think":"2000","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required"})").errc ==
        Errc::parameter_forbidden);
  CHECK(refused(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"It is"}],"think":"2000"})").errc ==
        Errc::parameter_forbidden);
  CHECK(planned(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"It is"}],"think":"off"})").think.sent ==
        "off");

  for (const char* lenience : {"false", "true"}) {
    const std::string tools =
        R"({"model":"deepseek/deepseek-r1","prompt":"x","tools":[{"type":"function","function":{"name":"f"}}],"lenient":)" +
        std::string(lenience) + "}";
    CHECK(refused(tools).errc == Errc::capability_missing);
  }
  CHECK(
      refused(
          R"({"model":"deepseek/deepseek-r1","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/c.png"}}]}]})")
          .errc == Errc::capability_missing);
}

TEST_CASE("fallbacks: bound by the dearest, and each must honour the same plan") {
  const Prepared p = planned(R"({"model":"openai/gpt-5-mini","models":["openai/gpt-5.2"],"prompt":"x","think":"high","max_tokens":4000})");
  CHECK(json::dump(*body_of(p).find("models")) == R"(["openai/gpt-5-mini","openai/gpt-5.2"])");
  CHECK(json::dump(*body_of(p).find("reasoning")) == R"({"enabled":true,"effort":"high"})");
  CHECK(body_of(p).find("provider")->find("max_price")->find("completion")->text() == "14");
  CHECK(*p.worst > planned(R"({"model":"openai/gpt-5-mini","prompt":"x","think":"high","max_tokens":4000})").worst);

  CHECK(refused(R"({"model":"openai/gpt-5.2","models":["openai/gpt-5-mini"],"prompt":"x","think":"off"})")
            .message.find("fallback openai/gpt-5-mini") == 0);
  const Prepared lenient =
      planned(R"({"model":"openai/gpt-5.2","models":["openai/gpt-5-mini"],"prompt":"x","think":"off","lenient":true})");
  CHECK(body_of(lenient).find("models") == nullptr);
  CHECK(has(lenient.warnings, "fallback_dropped"));
  CHECK(refused(R"({"models":["openai/gpt-5.2","openai/gpt-9"],"prompt":"x"})").errc == Errc::model_unknown);
}

TEST_CASE("max_cost refuses with what would pass, and fit finds it") {
  const Error error = refused(R"({"prompt":"x","think":"8000","max_cost_usd":"0.02"})");
  CHECK(error.errc == Errc::cost_above_max);
  CHECK(error.kind == Kind::budget_exceeded);
  CHECK(error.remedy.find("max_tokens") != std::string::npos);

  const Prepared fitted = planned(R"({"prompt":"x","think":"8000","max_cost_usd":"0.02","fit":true})");
  CHECK(*fitted.worst <= *Money::parse("0.02"));
  // One more token of output would not fit, and one more of thinking would not leave the answer floor.
  CHECK(fitted.worst->plus(Money{5'000'000}) > *Money::parse("0.02"));
  REQUIRE(fitted.think.budget_tokens);
  CHECK(*fitted.think.budget_tokens + fitted.think.answer_floor_tokens <= fitted.think.output_cap_tokens);
  CHECK(has(fitted.reasons, "fitted"));
  CHECK(fitted.think.asked == "8000");
  CHECK(fitted.reasons.back().text == "Thinking was lowered from 8000 to 2710 and the total cap to 3,735 tokens, to fit the max_cost of $0.02.");
  for (const Note& reason : fitted.reasons) CHECK(reason.text.find("that was asked for") == std::string::npos);
  CHECK(refused(R"({"prompt":"x","think":"8000","max_cost_usd":"0.0001","fit":true})").errc == Errc::cost_above_max);
  CHECK(planned(R"({"prompt":"x","think":"2000","max_cost_usd":"1","fit":true})").think.budget_tokens == 2000);
}

TEST_CASE("doubtful prices need max_cost on a paid call, and a plan says so") {
  const char* router = R"({"model":"openrouter/auto","prompt":"x"})";
  CHECK(refused(router).errc == Errc::price_unknown);
  const Prepared plan = planned(router, kPlan);
  CHECK_FALSE(plan.worst);
  CHECK(has(plan.warnings, "price_unknown"));
  const Prepared held = planned(R"({"model":"openrouter/auto","prompt":"x","max_cost_usd":"0.05","max_tokens":1000})");
  CHECK(held.hold == *Money::parse("0.05"));
  CHECK(held.price_source == "max_cost");
  const Result<Money> limit = Money::parse(body_of(held).find("provider")->find("max_price")->find("prompt")->text());
  REQUIRE(limit);
  // Per million: what every token of prompt and output at this price would cost is within max_cost.
  CHECK(limit->times(held.prompt_tokens_bound + 1000).pico / 1'000'000 <= Money::parse("0.05")->pico);

  const char* web = R"({"prompt":"x","think":"off","plugins":[{"id":"web"}])";
  CHECK(refused(std::string(web) + "}").errc == Errc::price_unknown);
  CHECK(refused(std::string(web) + R"(,"max_cost_usd":"0.2"})").errc == Errc::price_unknown);
  const Prepared loose = planned(std::string(web) + R"(,"max_cost_usd":"0.2","lenient":true})");
  CHECK(loose.hold == *Money::parse("0.2"));
  CHECK(has(loose.warnings, "fees_uncovered"));
  CHECK(planned(R"({"prompt":"x","think":"off","plugins":[{"id":"response-healing"}]})").price_source == "catalogue");
  CHECK(refused(R"({"prompt":"x","think":"off","service_tier":"priority"})").errc == Errc::price_unknown);
}

TEST_CASE("known fees join the bound, those that nothing limits are refused") {
  const Catalog& all = Catalog::snapshot();
  const PrepareOptions now{.now = all.fetched_at()};
  const auto plan_of = [&](std::string_view document) { return prepare(ask_of(document), all, now); };
  const Result<Prepared> sonar = plan_of(R"({"model":"perplexity/sonar","max_tokens":236,"prompt":"hi","max_cost_usd":"0.0013"})");
  REQUIRE_FALSE(sonar.ok());
  CHECK(sonar.error().errc == Errc::cost_above_max);
  CHECK(has(plan_of(R"({"model":"perplexity/sonar","max_tokens":236,"prompt":"hi"})")->warnings, "price_unknown"));

  const Result<Prepared> web =
      plan_of(R"({"model":"mistralai/mistral-nemo","prompt":"hi","max_tokens":100,"plugins":[{"id":"web","max_results":100}]})");
  REQUIRE(web.ok());
  const Money prices = Money::parse("0.115").value();
  CHECK(*web->worst > prices);
  CHECK(web->prompt_tokens_bound == *web->card.context_tokens);
  CHECK(has(web->reasons, "fees"));
  for (const char* ask :
       {R"({"prompt":"hi","think":"off","max_tokens":100,"max_cost_usd":"0.0027","plugins":[{"id":"web","max_results":100}]})",
        R"({"prompt":"hi","think":"off","max_tokens":100,"max_cost_usd":"9","tools":[{"type":"openrouter:web_search"}]})",
        R"({"prompt":"hi","think":"off","max_cost_usd":"9","service_tier":"fast"})"}) {
    INFO(ask);
    const Result<Prepared> no = plan_of(ask);
    REQUIRE_FALSE(no.ok());
    CHECK(no.error().errc == Errc::price_unknown);
  }

  const char* plain = R"({"model":"openai/gpt-5.5","prompt":"hi","think":"off","max_tokens":100})";
  const char* tier = R"({"model":"openai/gpt-5.5","prompt":"hi","think":"off","max_tokens":100,"service_tier":"priority"})";
  CHECK(plan_of(tier)->worst->times(2) == plan_of(plain)->worst->times(5));

  const Result<Prepared> nemo = plan_of(
      R"({"model":"openai/gpt-4o","models":["mistralai/mistral-nemo"],"max_tokens":500,"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}]}]})");
  REQUIRE_FALSE(nemo.ok());
  CHECK(nemo.error().message.find("mistral-nemo") != std::string::npos);
}

TEST_CASE("off on an alias is sent to the model it stands for") {
  const Result<Prepared> p = prepare(ask_of(R"({"model":"~anthropic/claude-opus-latest","prompt":"x","think":"off"})"), Catalog::snapshot(),
                                     {.now = Catalog::snapshot().fetched_at()});
  REQUIRE(p.ok());
  CHECK(body_of(*p).find("model")->text() == "anthropic/claude-opus-5");
  CHECK(p->asked_model == "~anthropic/claude-opus-latest");
  CHECK(has(p->reasons, "alias_resolved"));
}

TEST_CASE("on adaptive Claude verbosity does not go beside a budget, or high beside off") {
  const PrepareOptions now{.now = Catalog::snapshot().fetched_at()};
  const auto plan_of = [&](std::string_view document) { return prepare(ask_of(document), Catalog::snapshot(), now); };
  CHECK_FALSE(plan_of(R"({"model":"anthropic/claude-opus-5","prompt":"x","think":"off","verbosity":"max"})").ok());
  CHECK(plan_of(R"({"model":"anthropic/claude-opus-5","prompt":"x","think":"off","verbosity":"high"})").ok());
  CHECK_FALSE(plan_of(R"({"model":"anthropic/claude-opus-4.6","prompt":"x","think":"4k","verbosity":"max"})").ok());
  const Result<Prepared> lenient =
      plan_of(R"({"model":"anthropic/claude-opus-4.6","prompt":"x","think":"4k","verbosity":"max","lenient":true})");
  CHECK(body_of(*lenient).find("verbosity") == nullptr);
}

TEST_CASE("Claude 5.5 takes no prefill at all, and no forced tool while it thinks") {
  const Catalog haiku = catalogue(
      R"({"data":[{"id":"anthropic/claude-haiku-5.5","pricing":{"prompt":"0.000001","completion":"0.000002"},"context_length":200000,)"
      R"("supported_parameters":["max_tokens","reasoning","tools","tool_choice"],"reasoning":{"mandatory":false,"supported_efforts":["high","low"],"default_effort":"high"}}]})");
  const std::string model = R"({"model":"anthropic/claude-haiku-5.5",)";
  const std::string tool = R"("prompt":"x","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required")";
  CHECK_FALSE(prepare(ask_of(model + tool + R"(,"think":"low"})"), haiku, kPlan).ok());
  CHECK(prepare(ask_of(model + tool + R"(,"think":"off"})"), haiku, kPlan).ok());
  const Result<Prepared> dropped = prepare(ask_of(model + tool + R"(,"think":"low","lenient":true})"), haiku, kPlan);
  REQUIRE(dropped.ok());
  CHECK(body_of(*dropped).find("tool_choice") == nullptr);
  CHECK_FALSE(
      prepare(ask_of(model + R"("messages":[{"role":"user","content":"x"},{"role":"assistant","content":"It is"}],"think":"off"})"), haiku,
              kPlan)
          .ok());
}

TEST_CASE("where a row lists no cap, lenient sends no require_parameters") {
  const Result<Prepared> p = prepare(ask_of(R"({"model":"sakana/fugu-ultra","prompt":"x","lenient":true})"), Catalog::snapshot(),
                                     {.now = Catalog::snapshot().fetched_at()});
  REQUIRE(p.ok());
  const json::Value body = body_of(*p);
  const json::Value* provider = body.find("provider");
  CHECK((provider == nullptr || provider->find("require_parameters") == nullptr));
  CHECK(has(p->warnings, "require_parameters_left_out"));
}

TEST_CASE("old prices are refused on a paid call after seven days") {
  const char* document = R"({"prompt":"x","think":"off"})";
  CHECK(planned(document, {.now = Instant::from_ms(7 * kDayMs), .is_paid = true}).price_source == "catalogue");
  const PrepareOptions later{.now = Instant::from_ms(7 * kDayMs + 1000), .is_paid = true};
  CHECK(refused(document, later).errc == Errc::price_stale);
  CHECK(planned(R"({"prompt":"x","think":"off","max_cost_usd":"0.5"})", later).price_source == "max_cost");
  CHECK(planned(document, {.now = later.now, .is_paid = true, .allows_stale_prices = true}).price_source == "catalogue");
  CHECK(has(planned(document, {.now = later.now}).warnings, "price_stale"));
  CHECK(prepare(ask_of(document), Catalog::snapshot(), {.now = Catalog::snapshot().fetched_at(), .is_paid = true}).error().errc ==
        Errc::price_stale);
  CHECK(prepare(ask_of(document), Catalog::snapshot(), {.now = Catalog::snapshot().fetched_at()})->price_source == "snapshot");
}

TEST_CASE("models that went away are refused, those that soon will are told") {
  const Catalog catalog = catalogue(row("a/b", R"("context_length":32000,"expiration_date":"1970-02-10")"));
  const Ask ask = ask_of(R"({"model":"a/b","prompt":"x"})");
  CHECK(has(prepare(ask, catalog, {.now = Instant::from_ms(20 * kDayMs)})->warnings, "model_expires"));
  CHECK_FALSE(has(prepare(ask, catalog, {.now = Instant::from_ms(1000)})->warnings, "model_expires"));
  CHECK(prepare(ask, catalog, {.now = Instant::from_ms(40 * kDayMs)}).error().errc == Errc::model_expired);
}

TEST_CASE("small contexts: compression is switched off, and a prompt that may not fit is refused") {
  const Catalog catalog = catalogue(row("a/b", R"("context_length":8192,"expiration_date":null)"));
  const Result<Prepared> small = prepare(ask_of(R"({"model":"a/b","prompt":"x"})"), catalog, kPlan);
  REQUIRE(small);
  CHECK(json::dump(*body_of(*small).find("plugins")) == R"([{"id":"context-compression","enabled":false}])");
  CHECK(has(small->reasons, "compression_off"));
  Ask long_ask = ask_of(R"({"model":"a/b","prompt":"x"})");
  long_ask.messages.members()[0].value.set("content", json::Value::string(std::string(9000, '7')));
  const Result<Prepared> too_long = prepare(long_ask, catalog, kPlan);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().errc == Errc::context_too_small);
}

TEST_CASE("unknown models get suggestions") {
  const Error error = refused(R"({"model":"anthropic/claude-haiku-4.6","prompt":"x"})");
  CHECK(error.errc == Errc::model_unknown);
  CHECK(error.remedy.find("anthropic/claude-haiku-4.5") != std::string::npos);
}

TEST_CASE("the body carries what was asked, in a fixed order") {
  const Prepared p = planned(
      R"({"model":"openai/gpt-5-mini","prompt":"x","think":"low","max_tokens":3000,"user":"u","tenant":"t","session":"s","stream":false,"hide_thinking":true,"seed":7})");
  CHECK(
      p.body ==
      R"({"model":"openai/gpt-5-mini","messages":[{"role":"user","content":"x"}],"stream":false,"max_tokens":3000,"reasoning":{"effort":"low","exclude":true},)"
      R"("provider":{"require_parameters":true,"max_price":{"prompt":0.25,"completion":2}},"user":"u","session_id":"s","seed":7})");
}

TEST_CASE("prompt bounds count pictures, tools, files and history") {
  const ModelCard card = *golden_catalog().find("anthropic/claude-haiku-4.5");
  const auto bound = [&](std::string_view document) { return prompt_tokens(ask_of(document), card); };
  const PromptTokens plain = bound(R"({"prompt":"x"})");
  const PromptTokens url = bound(
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://a.example/c.png"}}]}]})");
  CHECK(url.bound - plain.bound == 5000);
  CHECK(url.images == 1);
  const std::string data(20'000, 'A');
  const PromptTokens inline_image = bound(
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
      data + R"("}}]}]})");
  CHECK(inline_image.bound - plain.bound >= data.size());
  CHECK(inline_image.for_context - plain.for_context == 5000);
  const PromptTokens tools = bound(R"({"prompt":"x","tools":[{"type":"function","function":{"name":"f"}}]})");
  CHECK(tools.bound - plain.bound == 128 + std::string(R"([{"type":"function","function":{"name":"f"}}])").size());
  const PromptTokens file =
      bound(R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_url":"https://a.example/c.pdf"}}]}]})");
  CHECK(file.bound == card.context_tokens);
  const PromptTokens history = bound(
      R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"abcdefgh"}],"tool_calls":[]},{"role":"user","content":"x"}]})");
  CHECK(history.bound > plain.bound + 32);
}

TEST_CASE("plan documents have the published keys in order") {
  const std::string ok = plan_document(ask_of(R"({"prompt":"x","think":"2000"})"), golden_catalog(), kPlan);
  const Result<json::Value> document = json::parse(ok);
  REQUIRE(document);
  std::string keys;
  for (const json::Member& member : document->members()) keys += member.key + " ";
  CHECK(keys == "schema ok model body think output_cap_tokens answer_floor_tokens prompt_tokens cost reasons warnings ");
  const std::string no = plan_document(ask_of(R"({"model":"openai/gpt-5-mini","prompt":"x","think":"off"})"), golden_catalog(), kPlan);
  CHECK(no.rfind(R"({"schema":1,"ok":false,"error":{"kind":"VALIDATION_ERROR","code":"thinking_mandatory")", 0) == 0);
  CHECK(no.find(R"("nearest":{"think":"minimal")") != std::string::npos);
}

TEST_CASE("over all rows and settings: a plan keeps its promises, and what a refusal proposes passes") {
  const Catalog& catalog = Catalog::snapshot();
  const PrepareOptions options{.now = catalog.fetched_at()};
  std::map<std::string, int> refusals;
  int plans = 0, proposals = 0, none = 0;
  for (const ModelCard& card : catalog.all()) {
    for (const char* settings :
         {R"("think":"off")", R"("think":"high")", R"("think":"max")", R"("think":"8k")", R"("think":"0.01usd")", R"("answer_tokens":3000)",
          R"("max_tokens":500)", R"("think":"8k","max_cost_usd":"0.01")", R"("max_cost_usd":"0.003","fit":true)"}) {
      const Ask ask = ask_of("{\"model\":\"" + card.id + "\",\"prompt\":\"Why is the sky blue?\"," + settings + "}");
      INFO(card.id << " " << settings);
      const std::string text = plan_document(ask, catalog, options);
      const Result<json::Value> document = json::parse(text);
      REQUIRE(document);
      if (document->find("ok")->as_bool()) {
        ++plans;
        const json::Value* body = document->find("body");
        const json::Value* cap = body->find("max_tokens") != nullptr ? body->find("max_tokens") : body->find("max_completion_tokens");
        REQUIRE(cap != nullptr);
        CHECK(cap->as_u64() == document->find("output_cap_tokens")->as_u64());
        const json::Value* reasoning = body->find("reasoning");
        if (reasoning != nullptr) {
          CHECK_FALSE(reasoning->members().empty());
          CHECK_FALSE((reasoning->find("effort") != nullptr && reasoning->find("max_tokens") != nullptr));
        }
        const json::Value* worst = document->find("cost")->find("worst_usd");
        if (ask.max_cost && worst->is_string()) CHECK(*Money::parse(worst->text()) <= *ask.max_cost);
        continue;
      }
      ++refusals[document->find("error")->find("code")->text()];
      const json::Value* near = document->find("nearest");
      if (near->is_null()) {
        ++none;
        ++refusals["(no proposal) " + document->find("error")->find("code")->text()];
        continue;
      }
      ++proposals;
      json::Value again = json::Value::object();
      again.set("model", json::Value::string(card.id));
      again.set("prompt", json::Value::string("Why is the sky blue?"));
      const Result<json::Value> given = json::parse(std::string("{") + settings + "}");
      for (const json::Member& member : given->members()) again.set(member.key, member.value);
      for (const json::Member& member : near->members()) again.set(member.key, member.value);
      const Result<Ask> proposed = ask_from(again);
      REQUIRE(proposed);
      const Result<Prepared> passes = prepare(*proposed, catalog, options);
      INFO(json::dump(*near) << (passes ? "" : " " + passes.error().message));
      CHECK(passes.ok());
    }
  }
  std::printf("plans %d, proposals %d, refused without a proposal %d\n", plans, proposals, none);
  for (const auto& [code, count] : refusals) std::printf("  %s %d\n", code.c_str(), count);
}

// The planner and the stand-in agree: whatever is planned is accepted, understood as it was meant, and costs no more than was bounded.
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <map>

#include "native/sim/question.h"
#include "native/sim/script.h"
#include "orthink/chat/prepare.h"

using namespace orthink;
using namespace orthink::sim;

namespace {

const Instant kNow = Catalog::snapshot().fetched_at();

constexpr std::array<std::string_view, 14> kSettings = {"default", "off",  "minimal", "low",  "medium", "high",    "xhigh",
                                                        "max",     "1024", "3000",    "8000", "20k",    "0.01usd", "0.05usd"};

Ask ask_of(std::string_view model, std::string_view setting) {
  std::string document = R"({"model":")" + std::string(model) + R"(","prompt":"Why is the sky blue, and since when?")";
  if (setting != "default") document += R"(,"think":")" + std::string(setting) + R"(")";
  const Result<Ask> ask = parse_ask(document + "}");
  if (!ask) FAIL(document << ": " << ask.error().message);
  return *ask;
}

void check_understood(const Prepared& plan, const Question& question) {
  CHECK(question.streams);
  CHECK(question.has_cap);
  if (!plan.card.is_router) CHECK(question.cap_tokens == plan.think.output_cap_tokens);
  if (plan.think.expected == ThinkingExpected::no) CHECK_FALSE(question.thinking.is_on);
  if (plan.think.expected == ThinkingExpected::yes && !plan.card.is_router) CHECK(question.thinking.is_on);
}

void check_cost(const Prepared& plan, const Question& question) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    const Script script = write_script(question, ActiveFaults{}, {.seed = seed, .repetition = 0, .now = kNow, .body = plan.body});
    CHECK(script.completion_tokens <= plan.think.output_cap_tokens);
    CHECK(script.prompt_tokens <= plan.prompt_tokens_bound);
    if (plan.worst && !plan.card.is_router) CHECK(script.cost_of(script.usage()) <= *plan.worst);
    if (plan.think.promise == Promise::hard && plan.think.budget_tokens) CHECK(script.thinking_tokens <= *plan.think.budget_tokens);
  }
}

}  // namespace

TEST_CASE("every model and setting: a plan is accepted, understood and affordable") {
  uint64_t planned = 0;
  std::map<std::string, uint64_t> refused;
  for (const ModelCard& card : Catalog::snapshot().all()) {
    for (const std::string_view setting : kSettings) {
      INFO(card.id << " --think " << setting);
      const Result<Prepared> plan = prepare(ask_of(card.id, setting), Catalog::snapshot(), {.now = kNow});
      if (!plan) {
        ++refused[plan.error().code];
        continue;
      }
      INFO(plan->body);
      ++planned;
      const std::variant<Question, Reply> outcome = read_question(plan->body, Catalog::snapshot(), kNow);
      if (const Reply* reply = std::get_if<Reply>(&outcome)) {
        FAIL_CHECK("refused: " << reply->body);
        continue;
      }
      check_understood(*plan, std::get<Question>(outcome));
      check_cost(*plan, std::get<Question>(outcome));
    }
  }
  CHECK(planned > 1'000);
  for (const auto& [code, count] : refused) UNSCOPED_INFO(code << ": " << count);
  CHECK(planned + refused.size() > 0);
}

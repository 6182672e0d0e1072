// The first byte chooses the tool, the rest are its arguments. Invariant: they are refused with a reason and a remedy, or accepted; what the
// published schema allows is accepted, what was accepted fits the schema and is accepted again as the same bytes; an accepted question is
// planned or refused.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "orthink/chat/prepare.h"
#include "orthink/tools/list_models.h"
#include "orthink/tools/question.h"
#include "orthink/tools/tool_result.h"
#include "orthink/tools/tool_table.h"
#include "orthink/wire/json.h"
#include "tests/core/tools/schema_check.h"

using namespace orthink;

namespace {

const std::vector<json::Value>& input_schemas() {
  static const std::vector<json::Value> all = [] {
    std::vector<json::Value> schemas;
    for (const tools::Definition& each : tools::definitions()) schemas.push_back(*json::parse(each.json)->find("inputSchema"));
    return schemas;
  }();
  return all;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void refused(const Error& error) {
  require(!error.message.empty() && !error.remedy.empty());
  require(json::parse(tools::error_result(error)).ok());
}

// Each member in dollars says some.
bool says_money(const json::Value& given) {
  const auto is_wrong = [](const json::Member& member) { return member.key.ends_with("_usd") && !Money::parse(member.value.text()); };
  return std::none_of(given.members().begin(), given.members().end(), is_wrong);
}

void asked(const json::Value& checked) {
  const Result<tools::Question> question = tools::question(checked, access::Principal::local());
  if (!question) return refused(question.error());
  PrepareOptions options;
  options.now = Instant::from_ms(1'787'400'000'000);
  const std::string plan = plan_document(question->ask, Catalog::snapshot(), options);
  require(json::parse(tools::plan_result(plan), {.bytes_max = size_t{64} << 20}).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto tool = static_cast<tools::Tool>(data[0] % tools::kTools);
  const Result<json::Value> given = json::parse({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!given) return 0;
  const json::Value& schema = input_schemas()[static_cast<size_t>(tool)];
  const Result<json::Value> checked = tools::check(tool, *given);
  // plan_request publishes names and types alone; the bounds are those of thinking_completion. What dollars are is not published.
  const bool is_allowed = tool != tools::Tool::plan_request && says_money(*given) && test::misfit(schema, *given).empty();
  require(checked.ok() || !is_allowed);
  if (!checked) {
    refused(checked.error());
    return 0;
  }
  require(test::misfit(schema, *checked).empty());
  const Result<json::Value> again = tools::check(tool, *checked);
  require(again.ok() && json::dump(*again) == json::dump(*checked));
  if (tool == tools::Tool::thinking_completion || tool == tools::Tool::plan_request) asked(*checked);
  if (tool == tools::Tool::list_models) {
    const Result<std::string> list = tools::list_models(*checked, Catalog::snapshot(), access::Principal::local());
    if (!list) refused(list.error());
    else require(json::parse(*list).ok());
  }
  return 0;
}

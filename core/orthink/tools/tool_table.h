// The tools of the server as data: what each is called, what it says of itself, what it takes and what it gives.
//
//   for (const tools::Definition& tool : tools::definitions()) offer(tool.name, tool.json);     // tools/list
//   std::optional<tools::Tool> tool = tools::tool_named("list_models");
//   Result<json::Value> arguments = tools::check(*tool, given);
//
// Thread rule: constant tables and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/tools/field.h"
#include "orthink/wire/json.h"

namespace orthink::tools {

enum class Tool : uint8_t {
  thinking_completion,
  get_result,
  cancel_stream,
  plan_request,
  list_models,
  usage_report,
  budget_status,
  health,
};
inline constexpr size_t kTools = 8;

// Hints of a tool for a host that decides whether to ask its user (specification of MCP, ToolAnnotations).
struct Annotations {
  bool is_read_only = false;
  bool is_destructive = false;
  bool is_idempotent = false;
  bool is_open_world = false;
};

// What the schemas of a tool leave to those of thinking_completion.
enum class Detail : uint8_t {
  all,
  brief_input,   // names and types alone: the arguments are the same
  brief_output,  // names and types alone: the result is the same
};

struct ToolRow {
  Tool tool;
  std::string_view name, title, says;
  Annotations annotations;
  // What it takes: `shared` fields are those of a question, which two tools have in common; `own` come after them.
  std::span<const Field> shared, own;
  Detail detail = Detail::all;       // how much the schemas say
  std::span<const Field> gives;      // structuredContent
};
std::span<const ToolRow> tool_rows();
const ToolRow& row(Tool tool);
std::string_view name(Tool tool);
std::optional<Tool> tool_named(std::string_view name);

// One entry of tools/list, as JSON: name, title, description, inputSchema, outputSchema, annotations.
struct Definition {
  std::string_view name;
  std::string json;
};
// All of them, in the order of the table. They do not change while the program runs.
std::vector<Definition> definitions();

// What initialize and server/discover say about when to use which tool.
std::string_view instructions();

// The arguments with defaults written out, or an Error that tells a model how to mend the call (tools/field.h).
Result<json::Value> check(Tool tool, const json::Value& arguments);

}  // namespace orthink::tools

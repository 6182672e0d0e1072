#include "orthink/tools/tool_table.h"

#include <algorithm>
#include <array>

#include "orthink/base/limits.h"
#include "orthink/chat/ask.h"

namespace orthink::tools {
namespace {

constexpr std::array kInclude = std::to_array<std::string_view>({"thinking", "message"});
constexpr std::array kSorts = std::to_array<std::string_view>({"name", "price", "context"});
constexpr std::array kCapabilities = std::to_array<std::string_view>({"vision", "tools", "json", "files", "audio", "structured", "web"});
constexpr std::array kBy = std::to_array<std::string_view>({"model", "user", "day", "tenant"});

constexpr Field kWho[] = {
    {.name = "user"},
    {.name = "tenant"},
    {.name = "session", .says = "Groups calls and keeps them at one provider."},
};

constexpr Field kQuestion[] = {
    {.name = "prompt", .says = "The question as one text; give this or messages."},
    {.name = "messages",
     .type = Type::objects,
     .says = "A conversation of {role, content}. Send an assistant's `message` back unchanged, reasoning_details included.",
     .min = 1,
     .max = int64_t{limits::kMessagesMax}},
    {.name = "system"},
    {.name = "images", .type = Type::strings, .says = "https or data URLs, seen with the prompt.", .max = 32},
    {.name = "files", .type = Type::strings, .says = "PDFs as https or data URLs.", .max = 32},
    {.name = "model", .says = "Id from list_models; the server has a default."},
    {.name = "fallbacks", .type = Type::strings, .says = "Models to try next.", .max = 16},
    {.name = "thinking",
     .says = "off, minimal, low, medium, high, xhigh, max, a number of tokens (8000 or 8k), dollars (0.05usd), or default. "
             "Honoured or refused, never ignored.",
     .takes_number = true},
    {.name = "answer_tokens",
     .type = Type::integer,
     .says = "Tokens kept free for the visible answer (1024).",
     .min = 1},
    {.name = "max_tokens", .type = Type::integer, .says = "Cap of thinking and answer together.", .min = 1},
    {.name = "max_cost_usd",
     .says = "The most the call may cost in dollars, such as 0.05. Dearer calls are refused before they are sent.",
     .takes_number = true,
     .is_dollars = true},
    {.name = "fit", .type = Type::boolean, .says = "Lower settings to fit max_cost_usd and, when bought, the limits.", .fallback = "false"},
    {.name = "lenient",
     .type = Type::boolean,
     .says = "Take the nearest setting and drop forbidden parameters, with a note, instead of refusing.",
     .fallback = "false"},
    {.name = "hide_thinking", .type = Type::boolean, .says = "No thinking text comes back; billed all the same.", .fallback = "false"},
    {.name = "tools", .type = Type::objects, .says = "Functions the model may call: {type:\"function\", function}.", .max = 1000},
    {.name = "tool_choice", .type = Type::any, .says = "auto, none, required, or {type, function:{name}}."},
    {.name = "response_format", .type = Type::object, .says = "{type:\"json_object\"} or {type:\"json_schema\", json_schema}."},
    {.name = "provider", .type = Type::object, .says = "OpenRouter routing preferences."},
    {.name = "temperature", .type = Type::number},
    {.name = "top_p", .type = Type::number},
    {.name = "seed", .type = Type::integer},
    {.name = "stop", .type = Type::strings, .max = 4},
    {.name = "options", .type = Type::object, .says = "Further parameters: top_k, parallel_tool_calls, plugins, ..."},
    {.name = "metadata", .type = Type::object, .says = "Whose limits count.", .fields = kWho},
    {.name = "deadline_s", .type = Type::integer, .says = "Seconds the call may take.", .min = 1, .max = 86'400},
};

constexpr Field kCompletion[] = {
    {.name = "stream_id", .says = "Your name for this call, for cancel_stream and get_result.", .max = 64, .characters = Characters::handle},
    {.name = "idempotency_key",
     .says = "The same key with the same question buys once in 24 h.",
     .max = 255,
     .characters = Characters::printable},
    {.name = "max_wait_s",
     .type = Type::integer,
     .says = "Answer with state running after so long; the call goes on, get_result fetches it.",
     .min = 0,
     .max = 3600},
    {.name = "include", .type = Type::strings, .says = "Also return the thinking text, or the message for the next turn.", .max = 2, .one_of = kInclude},
};

constexpr Field kFetch[] = {
    {.name = "stream_id", .is_required = true},
    {.name = "max_wait_s", .type = Type::integer, .says = "Seconds to wait.", .min = 0, .max = 3600, .fallback = "20"},
    {.name = "include", .type = Type::strings, .max = 2, .one_of = kInclude},
};

constexpr Field kCancel[] = {
    {.name = "stream_id", .is_required = true},
};

constexpr Field kModels[] = {
    {.name = "search", .says = "Part of an id or name."},
    {.name = "provider"},
    {.name = "reasoning", .type = Type::boolean, .says = "Only models that think.", .fallback = "false"},
    {.name = "capabilities", .type = Type::strings, .says = "All of them.", .max = 7, .one_of = kCapabilities},
    {.name = "max_price_usd", .says = "Most dollars per million output tokens.", .takes_number = true, .is_dollars = true},
    {.name = "sort", .one_of = kSorts, .fallback = "\"name\""},
    {.name = "limit", .type = Type::integer, .min = 1, .max = 500, .fallback = "20"},
};

constexpr Field kReport[] = {
    {.name = "since", .says = "An age (30d, 12h, 2w), a day (2026-11-01), a month or a moment."},
    {.name = "until"},
    {.name = "by", .one_of = kBy, .fallback = "\"model\""},
};

constexpr Field kBudget[] = {
    {.name = "scope", .says = "global, user:NAME, tenant:NAME, key:NAME or session:NAME; left out: all you may see."},
};

// --- what they give. `error` stands alone or beside the receipt of a call that failed after it was sent.

constexpr Field kError{.name = "error", .type = Type::object};

constexpr Field kResultFields[] = {
    {.name = "state", .says = "done, running or failed."},
    {.name = "stream_id"},
    {.name = "replayed", .type = Type::boolean, .says = "Nothing was bought now."},
    {.name = "text"},
    {.name = "text_is_cut", .type = Type::boolean},
    {.name = "outcome", .says = "answered, tool_calls, truncated, thinking_used_all, empty or filtered."},
    {.name = "finish_reason", .is_nullable = true},
    {.name = "model", .is_nullable = true},
    {.name = "provider", .is_nullable = true},
    {.name = "cost_usd", .says = "null: not known.", .is_nullable = true},
    {.name = "tool_calls", .type = Type::objects},
    {.name = "thinking"},
    {.name = "message", .type = Type::object, .says = "To be sent back in messages."},
    {.name = "receipt", .type = Type::object, .says = "think (asked, sent, promise), usage, cost, reasons, warnings."},
    {.name = "phase"},
    {.name = "elapsed_ms", .type = Type::integer},
    {.name = "thinking_tokens", .type = Type::integer},
    {.name = "output_tokens", .type = Type::integer},
    {.name = "spent_usd"},
    {.name = "held_usd"},
    {.name = "error", .type = Type::object, .says = "kind, code, message, remedy, blame, retry, retry_after_ms"},
};

constexpr Field kCancelled[] = {
    {.name = "stream_id"},
    {.name = "state", .says = "cancelling, done, failed or cancelled."},
    {.name = "spent_usd", .is_nullable = true},
    {.name = "held_usd", .is_nullable = true},
    kError,
};

constexpr Field kPlan[] = {
    {.name = "ok", .type = Type::boolean},
    {.name = "model"},
    {.name = "body", .type = Type::object},
    {.name = "think", .type = Type::object},
    {.name = "output_cap_tokens", .type = Type::integer},
    {.name = "answer_floor_tokens", .type = Type::integer},
    {.name = "prompt_tokens", .type = Type::object},
    {.name = "cost", .type = Type::object, .says = "expected_usd, worst_usd"},
    {.name = "reasons", .type = Type::objects},
    {.name = "warnings", .type = Type::objects},
    {.name = "nearest", .type = Type::object, .says = "Arguments that would pass.", .is_nullable = true},
    kError,
};

constexpr Field kModelList[] = {
    {.name = "models", .type = Type::objects, .says = "id, name, prices per million tokens, context, capabilities, thinking"},
    {.name = "total", .type = Type::integer},
    kError,
};

constexpr Field kUsage[] = {
    {.name = "since", .is_nullable = true},
    {.name = "until", .is_nullable = true},
    {.name = "totals", .type = Type::object},
    {.name = "coverage", .type = Type::object},
    {.name = "by"},
    {.name = "rows", .type = Type::objects},
    {.name = "trend", .type = Type::objects},
    {.name = "top_models", .type = Type::objects},
    kError,
};

constexpr Field kScopes[] = {
    {.name = "scopes", .type = Type::objects, .says = "scope, id, blocked, limits (what, limit, spent, held, left, resets_at)"},
    kError,
};

constexpr Field kHealth[] = {
    {.name = "status", .says = "ok, or degraded: calls will be refused."},
    {.name = "version"},
    {.name = "uptime_s", .type = Type::integer},
    {.name = "calls_running", .type = Type::integer},
    {.name = "problems", .type = Type::strings},
    kError,
};

constexpr Annotations kBuys{.is_read_only = false, .is_destructive = false, .is_idempotent = false, .is_open_world = true};
constexpr Annotations kReads{.is_read_only = true, .is_destructive = false, .is_idempotent = true, .is_open_world = false};
constexpr Annotations kStops{.is_read_only = false, .is_destructive = false, .is_idempotent = true, .is_open_world = false};

constexpr std::array<ToolRow, kTools> kRows{{
    {Tool::thinking_completion, "thinking_completion", "Ask a reasoning model",
     "Asks a model with its thinking and its cost under control, and bills it. Reports progress in tokens and dollars.", kBuys, kQuestion,
     kCompletion, Detail::all, kResultFields},
    {Tool::get_result, "get_result", "Fetch a running call", "Waits for a thinking_completion that answered with state running.", kReads, {},
     kFetch, Detail::brief_output, kResultFields},
    {Tool::cancel_stream, "cancel_stream", "Cancel a running call", "Stops a running thinking_completion and, where the provider allows, its bill.",
     kStops, {}, kCancel, Detail::all, kCancelled},
    {Tool::plan_request, "plan_request", "Plan without sending",
     "Says what thinking_completion would send for the same arguments and what it could cost at most. Free, sends nothing. Ledger limits "
     "are judged at the call.",
     kReads, kQuestion, {}, Detail::brief_input, kPlan},
    {Tool::list_models, "list_models", "List models", "Lists models with prices, context and what their thinking allows.", kReads, {}, kModels,
     Detail::all, kModelList},
    {Tool::usage_report, "usage_report", "Report usage", "Calls, tokens and dollars so far, by model, user, day or tenant.", kReads, {}, kReport,
     Detail::all, kUsage},
    {Tool::budget_status, "budget_status", "Show limits", "What each limit allows, has spent and holds, and when it resets.", kReads, {}, kBudget,
     Detail::all, kScopes},
    {Tool::health, "health", "Health", "Whether the server can take calls.", kReads, {}, {}, Detail::all, kHealth},
}};

constexpr std::array kHints = std::to_array<Hint>({
    {"think", "Did you mean thinking?"},
    {"reasoning", "Thinking is set by thinking: off, an effort, a number of tokens or dollars."},
    {"reasoning_effort", "Thinking is set by thinking: off, an effort, a number of tokens or dollars."},
    {"thinking_tokens", "Give the number as thinking."},
    {"thinking_budget", "Give the number of tokens as thinking."},
    {"budget_tokens", "Give the number of tokens as thinking."},
    {"effort", "Give the effort as thinking."},
    {"models", "The first is model, the others fallbacks."},
    {"question", "Did you mean prompt?"},
    {"query", "Did you mean prompt?"},
    {"input", "Did you mean prompt?"},
    {"max_completion_tokens", "Did you mean max_tokens?"},
    {"max_cost", "Did you mean max_cost_usd?"},
    {"budget", "Dollars are max_cost_usd, thinking tokens are thinking."},
    {"stream", "Leave it out: progress comes where the caller asks for it by a progress token."},
    {"user", "Give metadata.user."},
    {"tenant", "Give metadata.tenant."},
    {"session", "Give metadata.session."},
    {"session_id", "Give metadata.session."},
    {"timeout", "The whole call is bounded by deadline_s, the wait for it by max_wait_s."},
    {"max_wait", "Did you mean max_wait_s?"},
    {"deadline", "Did you mean deadline_s?"},
    {"id", "Did you mean stream_id?"},
    {"n", "One answer is given per call; ask again for another."},
});

void write_definition(json::Writer& out, const ToolRow& row) {
  const std::array input{row.shared, row.own};
  const std::array output{row.gives};
  out.object().key("name").string(row.name).key("title").string(row.title).key("description").string(row.says).key("inputSchema");
  write_schema(out, input, {.is_closed = true, .is_brief = row.detail == Detail::brief_input});
  out.key("outputSchema");
  write_schema(out, output, {.is_closed = false, .is_brief = row.detail == Detail::brief_output});
  const Annotations& hints = row.annotations;
  out.key("annotations").object().key("readOnlyHint").boolean(hints.is_read_only);
  out.key("destructiveHint").boolean(hints.is_destructive).key("idempotentHint").boolean(hints.is_idempotent);
  out.key("openWorldHint").boolean(hints.is_open_world).end().end();
}

}  // namespace

std::span<const ToolRow> tool_rows() {
  return kRows;
}

const ToolRow& row(Tool tool) {
  return kRows[static_cast<size_t>(tool)];
}

std::string_view name(Tool tool) {
  return row(tool).name;
}

std::optional<Tool> tool_named(std::string_view name) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const ToolRow& each) { return each.name == name; });
  return found == kRows.end() ? std::nullopt : std::optional(found->tool);
}

std::vector<Definition> definitions() {
  std::vector<Definition> all;
  for (const ToolRow& each : kRows) {
    json::Writer out;
    write_definition(out, each);
    all.push_back({each.name, out.take()});
  }
  return all;
}

std::string_view instructions() {
  return "Use thinking_completion to ask another model, with its thinking set by `thinking` and its cost capped by `max_cost_usd`; each call "
         "costs real money, which its receipt states. plan_request tells the cost beforehand for free, list_models what each model's thinking "
         "allows. If your host gives up on long calls, set `max_wait_s` and fetch the rest with get_result; cancel_stream stops a call and "
         "its bill. budget_status and usage_report tell what may still be spent and what was. A refused call says how to mend it; nothing "
         "was spent on it.";
}

Result<json::Value> check(Tool tool, const json::Value& arguments) {
  const ToolRow& of = row(tool);
  const std::array input{of.shared, of.own};
  if (of.shared.empty()) return check(input, arguments);
  return check(input, arguments, {.hints = kHints, .inner_names = ask_fields(), .inside = "options"});
}

}  // namespace orthink::tools

#include "orthink/tools/tool_result.h"

#include <utility>

#include "orthink/base/limits.h"
#include "orthink/chat/answer.h"
#include "orthink/chat/document.h"
#include "orthink/think/words.h"
#include "orthink/tools/wording.h"
#include "orthink/wire/json.h"

namespace orthink::tools {
namespace {

constexpr json::ParseLimits kLineLimits{.bytes_max = limits::kAnswerBytesMax * 2, .members_max = limits::kAskMembersMax * 10};

struct Parts {
  std::string says{};        // the first text; empty: none
  std::string note{};        // the text after it; empty: none
  std::string structured{};  // JSON
  std::string twin{};        // JSON; empty: the same as structured
  bool is_error = false;
};

std::string result(const Parts& parts) {
  json::Writer out;
  out.object().key("content").array();
  if (!parts.says.empty()) out.object().key("type").string("text").key("text").string(parts.says).end();
  if (!parts.note.empty()) out.object().key("type").string("text").key("text").string(parts.note).end();
  const std::string& twin = parts.twin.empty() ? parts.structured : parts.twin;
  out.object().key("type").string("text").key("text").string(twin).end();
  out.end().key("structuredContent").raw(parts.structured);
  if (parts.is_error) out.key("isError").boolean(true);
  return out.end().take();
}

const json::Value* member_of(const json::Value* object, std::string_view key) {
  return object != nullptr && object->is_object() ? object->find(key) : nullptr;
}

std::string text_of(const json::Value* value) {
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

// The message and remedy of an `error` object in the words of this interface.
void reword(json::Value& error) {
  for (const std::string_view key : {"message", "remedy"}) {
    json::Value* value = error.find(key);
    if (value != nullptr && value->is_string()) *value = json::Value::string(as_arguments(seen_text(value->text())));
  }
}

json::Value error_value(const Error& error) {
  json::Writer out;
  write_error(out, error);
  Result<json::Value> value = json::parse(out.text());
  if (!value) return json::Value::object();
  reword(*value);
  return *value;
}

// At most the cap, whole characters.
std::string_view capped(std::string_view text) {
  if (text.size() <= limits::kToolTextBytesMax) return text;
  size_t end = limits::kToolTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string list_of_calls(const json::Value& calls) {
  std::string out = "The model calls";
  for (const json::Member& call : calls.members()) {
    const json::Value* function = member_of(&call.value, "function");
    out += (&call == &calls.members().front() ? " " : ", ") + text_of(member_of(function, "name")) + "(" +
           text_of(member_of(function, "arguments")) + ")";
  }
  return out + ".";
}

std::optional<Outcome> outcome_named(std::string_view text) {
  for (const Outcome each : {Outcome::answered, Outcome::tool_calls, Outcome::truncated, Outcome::thinking_used_all, Outcome::empty, Outcome::filtered}) {
    if (name(each) == text) return each;
  }
  return std::nullopt;
}

// What the receipt says of the call, at hand at the top.
void write_receipt(json::Writer& out, const json::Value& receipt) {
  const json::Value* cost = member_of(&receipt, "cost");
  for (const auto& [key, value] : {std::pair<std::string_view, const json::Value*>{"model", member_of(&receipt, "model")},
                                   {"provider", member_of(&receipt, "provider")},
                                   {"cost_usd", member_of(cost, "usd")}}) {
    out.key(key);
    if (value != nullptr) {
      out.value(*value);
    } else {
      out.null();
    }
  }
}

void write_head(json::Writer& out, std::string_view state, const std::optional<std::string_view>& stream_id, bool is_replayed = false) {
  out.object().key("state").string(state);
  if (stream_id) out.key("stream_id").string(*stream_id);
  if (is_replayed) out.key("replayed").boolean(true);
}

// How the call came to think otherwise than it was asked to; empty: it did not.
std::string lowered_text(const json::Value& receipt) {
  const json::Value* reasons = receipt.find("reasons");
  if (reasons == nullptr || !reasons->is_array()) return {};
  for (const json::Member& each : reasons->members()) {
    if (text_of(member_of(&each.value, "code")) == "fitted") return text_of(member_of(&each.value, "text"));
  }
  return {};
}

void warn(json::Value& receipt, std::string_view code, const std::string& text) {
  json::Value* warnings = receipt.find("warnings");
  if (text.empty() || warnings == nullptr || !warnings->is_array()) return;
  json::Value warning = json::Value::object();
  warning.set("code", json::Value::string(std::string(code)));
  warning.set("text", json::Value::string(text));
  warnings->push(std::move(warning));
}

// What a reader must not miss; also put among the warnings of the line's receipt.
std::string note_of(const Ended& ended, json::Value& line) {
  std::string note;
  const auto add = [&note](const std::string& text) {
    if (!text.empty()) note += (note.empty() ? "" : " ") + text;
  };
  if (ended.is_replayed) add("This is how the earlier call with the same idempotency_key ended: nothing was bought now, and cost_usd is what that call cost.");
  json::Value* receipt = line.find("receipt");
  if (receipt == nullptr || !receipt->is_object()) return note;
  const std::string lowered = as_arguments(lowered_text(*receipt));
  const std::string otherwise = text_of(member_of(receipt->find("think"), "contradiction"));
  warn(*receipt, "fitted", lowered);
  warn(*receipt, "thinking_contradicted", otherwise);
  add(lowered);
  add(otherwise);
  return note;
}

std::string failed(const Ended& ended, json::Value& line) {
  const std::string note = note_of(ended, line);
  json::Value* error = line.find("error");
  const json::Value* receipt = line.find("receipt");
  reword(*error);
  json::Writer out;
  write_head(out, "failed", ended.stream_id, ended.is_replayed);
  if (receipt != nullptr) write_receipt(out, *receipt);
  out.key("error").value(*error);
  if (receipt != nullptr) out.key("receipt").value(*receipt);
  return result({.says = spoken(*error), .note = note, .structured = out.end().take(), .twin = {}, .is_error = true});
}

class Completion {
 public:
  Completion(const Ended& ended, const json::Value& line, std::string note, Outcome outcome)
      : ended_(ended),
        line_(line),
        note_(std::move(note)),
        message_(line.find("message")),
        calls_(member_of(message_, "tool_calls")),
        text_(text_of(member_of(message_, "content"))),
        outcome_(outcome) {
    if (calls_ != nullptr && (!calls_->is_array() || calls_->members().empty())) calls_ = nullptr;
  }

  [[nodiscard]] std::string result() const {
    const bool is_empty = outcome_ == Outcome::thinking_used_all || outcome_ == Outcome::empty || outcome_ == Outcome::filtered;
    return tools::result({.says = says(is_empty), .note = note_, .structured = structured(true), .twin = structured(false), .is_error = is_empty});
  }

 private:
  [[nodiscard]] std::string says(bool is_empty) const {
    if (!text_.empty()) return std::string(capped(text_));
    if (is_empty || calls_ == nullptr) return as_arguments(advice(outcome_));
    return list_of_calls(*calls_);
  }

  [[nodiscard]] std::string structured(bool is_whole) const {
    json::Writer out;
    write_head(out, "done", ended_.stream_id, ended_.is_replayed);
    const std::string_view text = capped(text_);
    if (is_whole) out.key("text").string(text);
    if (text.size() < text_.size()) out.key("text_is_cut").boolean(true);
    out.key("outcome").string(name(outcome_));
    if (const json::Value* reason = line_.find("finish_reason")) out.key("finish_reason").value(*reason);
    const json::Value* receipt = line_.find("receipt");
    if (receipt != nullptr) write_receipt(out, *receipt);
    if (calls_ != nullptr) out.key("tool_calls").value(*calls_);
    if (is_whole && ended_.include.thinking) out.key("thinking").string(capped(ended_.thinking));
    const bool wants_message = ended_.include.message || calls_ != nullptr;
    if (is_whole && wants_message && message_ != nullptr && message_->is_object()) out.key("message").value(*message_);
    if (receipt != nullptr) out.key("receipt").value(*receipt);
    return out.end().take();
  }

  const Ended& ended_;
  const json::Value& line_;
  std::string note_;
  const json::Value* message_;
  const json::Value* calls_;
  std::string text_;
  Outcome outcome_;
};

// State and money of a call that has ended.
void write_how_ended(json::Writer& out, std::string_view last_line) {
  if (last_line.empty()) {
    out.key("state").string("failed").key("spent_usd").string("0").key("held_usd").string("0");
    return;
  }
  const Result<json::Value> line = json::parse(last_line, kLineLimits);
  const json::Value* whole = line ? &*line : nullptr;
  const json::Value* cost = member_of(member_of(whole, "receipt"), "cost");
  const std::string code = text_of(member_of(member_of(whole, "error"), "code"));
  out.key("state").string(code.empty() ? "done" : code == "cancelled" ? "cancelled" : "failed");
  for (const auto& [key, of] : {std::pair{"spent_usd", "usd"}, std::pair{"held_usd", "held_usd"}}) {
    const json::Value* value = member_of(cost, of);
    out.key(key).string_or_null(value != nullptr && value->is_string() ? std::optional(value->text()) : std::nullopt);
  }
}

std::string unreadable(std::string_view what) {
  return error_result(make_error(Errc::internal, "the end of the call cannot be read: " + std::string(what)));
}

}  // namespace

std::string error_result(const Error& error) {
  const json::Value value = error_value(error);
  json::Writer out;
  out.object().key("error").value(value).end();
  return result({.says = spoken(value), .structured = out.take(), .twin = {}, .is_error = true});
}

std::string result_of(const Ended& ended) {
  Result<json::Value> line = json::parse(ended.line, kLineLimits);
  if (!line) return unreadable(line.error().message);
  const std::string type = text_of(member_of(&*line, "type"));
  if (type == "error" && member_of(member_of(&*line, "error"), "code") != nullptr) return failed(ended, *line);
  const std::optional<Outcome> outcome = outcome_named(text_of(member_of(&*line, "outcome")));
  if (type != "complete" || !outcome) return unreadable("it is neither complete nor an error");
  std::string note = note_of(ended, *line);
  return Completion(ended, *line, std::move(note), *outcome).result();
}

std::string result_of(const Running& running) {
  json::Writer out;
  write_head(out, "running", running.stream_id);
  out.key("phase").string(running.phase).key("elapsed_ms").number(running.elapsed.ms());
  out.key("thinking_tokens").number(running.thinking_tokens).key("output_tokens").number(running.output_tokens);
  out.key("spent_usd").string(running.spent.to_decimal()).key("held_usd").string(running.held.to_decimal());
  const std::string says = "Still running (" + std::string(running.phase) + ", " + grouped(running.thinking_tokens) + " thinking and " +
                           grouped(running.output_tokens) + " answer tokens, " + dollars(running.spent) + " spent, " + dollars(running.held) +
                           " held). Call get_result with stream_id \"" + std::string(running.stream_id) + "\" for the answer.";
  return result({.says = says, .structured = out.end().take(), .twin = {}, .is_error = false});
}

std::string result_of(const Cancelled& cancelled) {
  json::Writer out;
  out.object().key("stream_id").string(cancelled.stream_id);
  const std::string id = "\"" + std::string(cancelled.stream_id) + "\"";
  if (cancelled.had_ended) {
    write_how_ended(out, cancelled.line);
    return result({.says = id + " had ended before; get_result has its result.", .structured = out.end().take()});
  }
  out.key("state").string("cancelling").key("spent_usd");
  write_usd(out, cancelled.spent);
  out.key("held_usd");
  write_usd(out, cancelled.held);
  return result({.says = id + " is being stopped; get_result tells what it cost in the end.", .structured = out.end().take()});
}

std::string result_of(const Health& health) {
  const bool is_ok = health.problems.empty();
  std::string says = is_ok ? "ok" : "degraded:";
  json::Writer out;
  out.object().key("status").string(is_ok ? "ok" : "degraded").key("version").string(health.version);
  out.key("uptime_s").number(health.uptime.us / 1'000'000).key("calls_running").number(health.calls_running).key("problems").array();
  for (const std::string& problem : health.problems) {
    out.string(problem);
    says += " " + problem;
  }
  return result({.says = says, .structured = out.end().end().take(), .twin = {}, .is_error = false});
}

std::string plan_result(std::string_view document) {
  Result<json::Value> plan = json::parse(document, kLineLimits);
  if (!plan || !plan->is_object()) return error_result(make_error(Errc::internal, "the plan cannot be read"));
  plan->erase("schema");
  if (json::Value* error = plan->find("error")) {
    reword(*error);
    if (json::Value* nearest = plan->find("nearest"); nearest != nullptr && nearest->is_object()) {
      for (json::Member& member : nearest->members()) {
        if (member.key == "think") member.key = "thinking";
      }
    }
    return result({.says = "Would be refused. " + spoken(*error), .structured = json::dump(*plan), .twin = {}, .is_error = false});
  }
  if (json::Value* body = plan->find("body"); body != nullptr && body->is_object()) body->erase("messages");
  const json::Value* think = plan->find("think");
  const json::Value* cost = plan->find("cost");
  const std::string worst = text_of(member_of(cost, "worst_usd"));
  const std::string expected = text_of(member_of(cost, "expected_usd"));
  const std::string says = "Would ask " + text_of(plan->find("model")) + " with thinking " + text_of(member_of(think, "sent")) + " (promise: " +
                           text_of(member_of(think, "promise")) + "), " + (worst.empty() ? "at a cost not known" : "for at most $" + worst) +
                           (expected.empty() ? "" : ", about $" + expected) + ". Nothing was sent.";
  return result({.says = says, .structured = json::dump(*plan), .twin = {}, .is_error = false});
}

std::string document_result(std::string_view says, std::string_view document) {
  return result({.says = std::string(says), .structured = std::string(document), .twin = {}, .is_error = false});
}

}  // namespace orthink::tools

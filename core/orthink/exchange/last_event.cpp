#include "orthink/exchange/last_event.h"

#include "orthink/base/limits.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

Error unreadable(std::string what) { return make_error(Errc::internal, "the end of a call that was kept cannot be read: " + what); }

std::optional<std::string> text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::optional(value->text()) : std::nullopt;
}

std::optional<Outcome> outcome_of(std::string_view text) {
  for (auto outcome = Outcome::answered;; outcome = static_cast<Outcome>(static_cast<uint8_t>(outcome) + 1)) {
    if (name(outcome) == text) return outcome;
    if (outcome == Outcome::filtered) return std::nullopt;
  }
}

std::optional<Error> error_of(const json::Value& object) {
  const std::string code = text_at(object, "code").value_or("");
  for (const ErrorRow& row : error_rows()) {
    if (row.code != code) continue;
    Error error = make_error(row.errc, text_at(object, "message").value_or(""), text_at(object, "remedy").value_or(""));
    error.provider = text_at(object, "provider");
    error.scope = text_at(object, "scope");
    error.resets_at = text_at(object, "resets_at");
    const json::Value* after = object.find("retry_after_ms");
    const std::optional<uint64_t> ms = after != nullptr ? after->as_u64() : std::nullopt;
    if (ms) error.retry_after = Duration::millis(static_cast<int64_t>(*ms));
    return error;
  }
  return std::nullopt;
}

}  // namespace

Result<LastEvent> read_last_event(std::string_view line) {
  const Result<json::Value> document = json::parse(line, {.bytes_max = limits::kAnswerBytesMax * 2});
  if (!document) return unreadable(document.error().message);
  LastEvent event;
  const std::optional<std::string> type = text_at(*document, "type");
  if (type == "error") {
    const json::Value* object = document->find("error");
    if (object != nullptr) event.error = error_of(*object);
    if (!event.error) return unreadable("it names no error that is known");
    return event;
  }
  const std::optional<Outcome> outcome = outcome_of(text_at(*document, "outcome").value_or(""));
  const json::Value* message = document->find("message");
  if (type != "complete" || !outcome || message == nullptr) return unreadable("it is neither complete nor an error");
  event.outcome = *outcome;
  event.text = text_at(*message, "content").value_or("");
  event.message = json::dump(*message);
  return event;
}

int exit_code(const Result<LastEvent>& event) {
  if (!event) return exit_code(event.error());
  return event->error ? exit_code(*event->error) : exit_code(event->outcome);
}

}  // namespace orthink

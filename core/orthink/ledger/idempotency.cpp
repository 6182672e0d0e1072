#include "orthink/ledger/idempotency.h"

#include <algorithm>
#include <utility>

#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::string_view kInFlight = "in_flight";
constexpr std::string_view kDone = "done";

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

}  // namespace

bool Claim::is_valid_key(std::string_view key) {
  return !key.empty() && key.size() <= kKeyBytesMax && std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// The length keeps a tenant's name from reaching into the key.
std::string Claim::document_key() const { return "i/" + std::to_string(tenant.size()) + ":" + tenant + "/" + key; }

std::string Claim::text(std::string_view state, const std::optional<std::string>& result) const {
  json::Writer out;
  out.object().key("v").number(uint64_t{1}).key("state").string(state).key("call").string(call_id).key("fingerprint").string(fingerprint);
  if (result) out.key("result").string(*result);
  out.end();
  return out.take();
}

DocumentWrite Claim::begin(Instant at) const {
  return {document_key(), DocumentWrite::Expects::absence, {}, text(kInFlight, std::nullopt), at + kKeptFor};
}

DocumentWrite Claim::finish(std::string_view result, Instant at) const {
  return {document_key(), DocumentWrite::Expects::anything, {}, text(kDone, std::string(result)), at + kKeptFor};
}

DocumentWrite Claim::give_back() const {
  return {document_key(), DocumentWrite::Expects::this_text, text(kInFlight, std::nullopt), std::nullopt, Instant::never()};
}

Found read_claim(std::string_view text, const Claim& claim) {
  const Result<json::Value> document = json::parse(text, {.bytes_max = limits::kAnswerBytesMax * 2});
  Found found;
  if (!document || !document->is_object()) return found;
  found.call_id = text_at(*document, "call");
  const std::string state = text_at(*document, "state");
  if (text_at(*document, "fingerprint") != claim.fingerprint) {
    found.kind = Found::Kind::mismatch;
  } else if (const json::Value* result = document->find("result"); state == kDone && result != nullptr && result->is_string()) {
    found.kind = Found::Kind::done;
    found.result = result->text();
  }
  return found;
}

std::optional<DocumentWrite> give_back_claim(std::string document_key, std::string text, std::string_view call_id) {
  const Result<json::Value> document = json::parse(text, {.bytes_max = limits::kAnswerBytesMax * 2});
  if (!document || text_at(*document, "call") != call_id || text_at(*document, "state") != kInFlight) return std::nullopt;
  return DocumentWrite{std::move(document_key), DocumentWrite::Expects::this_text, std::move(text), std::nullopt, Instant::never()};
}

Error refusal(const Found& found, const Claim& claim) {
  if (found.kind == Found::Kind::mismatch)
    return make_error(Errc::idempotency_mismatch, "the idempotency key \"" + claim.key + "\" was used for another question");
  return make_error(Errc::idempotency_in_flight, "the call " + found.call_id + " with the idempotency key \"" + claim.key +
                                                     "\" has not ended, or how it ended is not known");
}

}  // namespace orthink

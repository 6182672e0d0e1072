#include "orthink/ledger/reconcile.h"

#include <algorithm>
#include <array>

#include "orthink/ledger/ledger.h"
#include "orthink/wire/json.h"

namespace orthink::reconcile {
namespace {

constexpr Duration kOften = Duration::seconds(600);
constexpr Duration kAtAll = Duration::seconds(24 * 3600);
constexpr Duration kOftenMost = Duration::seconds(60);
constexpr Duration kSeldom = Duration::seconds(3600);
constexpr size_t kBodyBytesMax = size_t{1} << 20;
constexpr std::array<std::string_view, 3> kAgreements{"agreed", "disputed", "unknown"};

// A generation's id in a query: what is not unreserved (RFC 3986, 2.3) is percent-encoded.
std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain)
      out += c;
    else
      (out += '%') += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

Duration pause_after(uint32_t asks, Duration age) {
  if (age >= kOften) return kSeldom;
  return std::min(kOftenMost, Duration::seconds(int64_t{1} << std::min<uint32_t>(asks, 6)));
}

std::optional<Money> money_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const Result<Money> money = Money::parse(value->text(), Money::Rounding::half_even);
  if (!money) return std::nullopt;
  return *money;
}

std::optional<uint64_t> count_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value == nullptr ? std::nullopt : value->as_u64();
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

bool truth_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_boolean() && value->as_bool();
}

Verdict charge_bound(HoldRecord record, std::string why) {
  record.actual = record.bound;
  record.source = AmountSource::bound;
  record.is_flagged = true;
  return {Verdict::Kind::charged_bound, std::move(record), Instant::never(), std::move(why)};
}

Verdict ask_again(HoldRecord record, Instant now, std::string why) {
  const Duration age = now - record.created;
  if (age >= kAtAll) return charge_bound(std::move(record), "a day is over and the upstream still does not say what it cost: " + why);
  const Instant due = now + pause_after(record.asks, age);
  ++record.asks;
  return {Verdict::Kind::ask_again, std::move(record), due, std::move(why)};
}

}  // namespace

bool can_ask(const HoldRecord& record) { return !record.generation_id.empty(); }

http::Request request(const HoldRecord& record) {
  return {"GET", "/generation?id=" + encoded(record.generation_id), {{"accept", "application/json"}}, {}};
}

Result<Generation> read_generation(std::string_view body) {
  const Result<json::Value> document = json::parse(body, {.bytes_max = kBodyBytesMax});
  if (!document) return document.error();
  const json::Value* data = document->is_object() ? document->find("data") : nullptr;
  if (data == nullptr || !data->is_object()) return make_error(Errc::malformed_response, "the generation's document has no data");
  Generation generation;
  generation.cost = money_at(*data, "total_cost");
  const std::optional<Money> vendor = money_at(*data, "upstream_inference_cost");
  if (generation.cost && vendor && truth_at(*data, "is_byok")) generation.cost = generation.cost->plus(*vendor);
  generation.usage.state = UsageState::final_;
  generation.usage.prompt_tokens = count_at(*data, "native_tokens_prompt");
  generation.usage.completion_tokens = count_at(*data, "native_tokens_completion");
  generation.usage.thinking_tokens = count_at(*data, "native_tokens_reasoning");
  generation.usage.cached_tokens = count_at(*data, "native_tokens_cached");
  generation.model = text_at(*data, "model");
  generation.provider = text_at(*data, "provider_name");
  generation.is_cancelled = truth_at(*data, "cancelled");
  return generation;
}

Verdict judge(HoldRecord record, int status, std::string_view body, Instant now) {
  if (status == 0) return ask_again(std::move(record), now, "the upstream could not be reached");
  if (status == 404) return ask_again(std::move(record), now, "the upstream does not know the generation yet");
  if (status != 200) return ask_again(std::move(record), now, "the upstream answered " + std::to_string(status));
  Result<Generation> generation = read_generation(body);
  if (!generation) return ask_again(std::move(record), now, generation.error().message);
  if (!generation->cost) return ask_again(std::move(record), now, "the generation's document does not say what it cost");
  record.actual = NanoUsd::ceil(*generation->cost);
  record.source = AmountSource::provider;
  record.is_flagged = record.actual > record.bound;
  record.usage = generation->usage;
  if (!generation->model.empty()) record.model = generation->model;
  if (!generation->provider.empty()) record.provider = generation->provider;
  return {Verdict::Kind::settled, std::move(record), Instant::never(), "the upstream says what it cost"};
}

Verdict judge_nameless(HoldRecord record, Instant now) {
  if (now < record.deadline) {
    const Instant due = record.deadline;
    return {Verdict::Kind::ask_again, std::move(record), due, "the call may still be running"};
  }
  return charge_bound(std::move(record), "no generation was named, so nothing can be asked for");
}

StoreBatch batch(const Verdict& verdict, HoldState found, Instant now) {
  if (verdict.kind == Verdict::Kind::ask_again) return ledger::postpone(verdict.record, verdict.due, now);
  return ledger::settle(verdict.record, found, {}, now);
}

std::string_view name(Agreement agreement) { return kAgreements[static_cast<size_t>(agreement)]; }

Agreement compare(const HoldRecord& settled, const std::optional<Generation>& generation) {
  if (!generation || !generation->cost) return Agreement::unknown;
  return NanoUsd::ceil(*generation->cost) == settled.actual ? Agreement::agreed : Agreement::disputed;
}

}  // namespace orthink::reconcile

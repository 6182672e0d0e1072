#include "orthink/ledger/journal_line.h"

#include <array>
#include <optional>

#include "orthink/base/sha256.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::array kSources{AmountSource::none, AmountSource::provider, AmountSource::computed, AmountSource::bound};
constexpr size_t kMembers = 5;         // of every line
constexpr size_t kMembersOfFirst = 3;  // scopes, day and month
constexpr size_t kMembersOfEnd = 2;    // actual and source
constexpr size_t kSumDigits = 16;

Error unreadable(std::string what) { return make_error(Errc::internal, std::move(what)); }

std::string_view text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->text()) : std::string_view();
}

// A whole number of 0 to `max`.
bool read_number(const json::Value& object, std::string_view key, int64_t max, int64_t& number) {
  const json::Value* value = object.find(key);
  const std::optional<uint64_t> found = value == nullptr ? std::nullopt : value->as_u64();
  if (!found || *found > static_cast<uint64_t>(max)) return false;
  number = static_cast<int64_t>(*found);
  return true;
}

bool read_scopes(const json::Value& object, std::vector<Scope>& scopes) {
  const json::Value* list = object.find("scopes");
  if (list == nullptr || !list->is_array() || list->members().empty()) return false;
  for (const json::Member& member : list->members()) {
    if (!member.value.is_string()) return false;
    Result<Scope> scope = Scope::parse(member.value.text());
    if (!scope) return false;
    scopes.push_back(std::move(*scope));
  }
  return true;
}

bool read_source(const json::Value& object, AmountSource& source) {
  const std::string_view text = text_at(object, "source");
  for (const AmountSource each : kSources) {
    if (name(each) != text) continue;
    source = each;
    return true;
  }
  return false;
}

bool read_sum(const json::Value& object, std::string& sum) {
  sum = text_at(object, "sum");
  return sum.size() == kSumDigits && sum.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string record_sum(std::string_view record) { return hex(Sha256::of(record)).substr(0, kSumDigits); }

Result<JournalMove> JournalMove::parse(std::string_view line) {
  const Result<json::Value> document = json::parse(line);
  if (!document) return document.error();
  if (!document->is_object()) return unreadable("it is no object");
  JournalMove move;
  move.row = text_at(*document, "row");
  if (move.row.empty()) return unreadable("it names no row");
  const std::optional<HoldState> from = hold_state(text_at(*document, "from"));
  const std::optional<HoldState> to = hold_state(text_at(*document, "to"));
  if (!from || !to || *to == HoldState::none) return unreadable("its states are not two of the ledger's");
  move.from = *from;
  move.to = *to;
  const bool is_first = move.from == HoldState::none;
  const bool is_settled = move.to == HoldState::settled;
  const bool has_sum = (is_settled || move.to == HoldState::released) && document->find("sum") != nullptr;
  if (document->members().size() != kMembers + (is_first ? kMembersOfFirst : 0) + (is_settled ? kMembersOfEnd : 0) + (has_sum ? 1 : 0))
    return unreadable("it has more or fewer members than such a line has");
  if (!read_number(*document, "at", Instant::never().us, move.at.us)) return unreadable("its time is none");
  if (!read_number(*document, "bound", NanoUsd::kMax, move.bound.nano)) return unreadable("its bound is no amount");
  if (is_first && !(read_scopes(*document, move.scopes) && read_number(*document, "day", NanoUsd::kMax, move.day) &&
                    read_number(*document, "month", NanoUsd::kMax, move.month)))
    return unreadable("its scopes, day or month are wrong");
  if (is_settled && !(read_number(*document, "actual", NanoUsd::kMax, move.actual.nano) && read_source(*document, move.source)))
    return unreadable("its actual amount or the source of it is wrong");
  if (has_sum && !read_sum(*document, move.sum)) return unreadable("its sum is none");
  return move;
}

}  // namespace orthink

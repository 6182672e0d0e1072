#include "orthink/ledger/rederive.h"

#include <algorithm>

#include "orthink/base/money.h"
#include "orthink/ledger/ledger.h"

namespace orthink::ledger {

bool is_derived(std::string_view counter_key) {
  return counter_key.starts_with("c/") || counter_key.starts_with("h/") || counter_key.starts_with("x/");
}

void Rederived::count(const std::string& key, int64_t amount) {
  int64_t& value = counters_[key];
  value = amount > NanoUsd::kMax - value ? NanoUsd::kMax : value + amount;
}

Result<void> Rederived::add(HoldState state, std::string_view text) {
  if (state == HoldState::none || state == HoldState::released) return {};
  const Result<HoldRecord> record = HoldRecord::parse(text);
  if (!record) return record.error();
  const bool is_open = state != HoldState::settled;
  const int64_t amount = std::max<int64_t>(is_open ? record->bound.nano : record->actual.nano, 0);
  for (const Scope& scope : record->scopes) {
    for (const bool is_month : {false, true}) {
      const int64_t window = is_month ? record->month : record->day;
      count(committed_key(scope, is_month, window), amount);
      if (is_open) count(held_key(scope, is_month, window), amount);
      if (is_open && record->row > 1) count(retries_key(scope, is_month, window), amount);
    }
  }
  return {};
}

Counters Rederived::corrections(const Counters& found) const {
  Counters wrong;
  for (const auto& [key, value] : counters_) {
    const auto stands = found.find(key);
    if ((stands == found.end() ? 0 : stands->second) != value) wrong.emplace(key, value);
  }
  for (const auto& [key, value] : found)
    if (value != 0 && is_derived(key) && !counters_.contains(key)) wrong.emplace(key, 0);
  return wrong;
}

}  // namespace orthink::ledger

// A record with something in nearly every member, and texts changed in one place.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "orthink/ledger/record.h"

namespace orthink::test {

inline HoldRecord whole_record() {
  HoldRecord record;
  record.call_id = "call-4f";
  record.row = 2;
  record.attempt = 3;
  record.scopes = {Scope{}, {ScopeKind::tenant, "t"}, {ScopeKind::user, "a:b"}};
  record.day = 20'781;
  record.month = 682;
  record.bound = {13'100'000};
  record.actual = {250'000};
  record.source = AmountSource::provider;
  record.is_flagged = true;
  record.tokens_bound = 900;
  record.model = "m/\"x\"";
  record.provider = "P";
  record.generation_id = "gen-7";
  record.price_source = "catalogue";
  record.usage.state = UsageState::final_;
  record.usage.prompt_tokens = 0;
  record.usage.thinking_tokens = 40;
  record.created = Instant{1'795'521'600'123'456};  // 2026-11-24T12:00:00Z
  record.deadline = record.created + Duration::seconds(900);
  record.asks = 4;
  return record;
}

// `text` with the first `from`, which is in it, replaced.
inline std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string copy(text);
  const size_t at = copy.find(from);
  REQUIRE(at != std::string::npos);
  return copy.replace(at, from.size(), to);
}

}  // namespace orthink::test

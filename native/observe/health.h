// Health: what /healthz and /readyz answer.
//
//   HealthPage page = ready_page({.is_draining = draining, .store_problem = problem, .catalogue_age = age});
//   page.status; page.body;      // 503 {"ready":false,"reasons":["the server is stopping"],...}
//
// Alive says no more than that the process answers: whoever restarts on it must not do so because an upstream or a store is away.
// Ready says whether a paid call would be taken now, and if not, why: one sentence a reason, none of which holds a secret.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"

namespace orthink::observe {

struct HealthPage {
  int status = 200;
  std::string body;  // a JSON object and a line end
};
constexpr std::string_view kHealthType = "application/json";

HealthPage alive_page(Duration uptime);

struct ReadyFacts {
  bool is_draining = false;
  std::vector<std::string> problems{};       // each makes it not ready: no key, no ledger, a clock that is not believed
  std::optional<Duration> catalogue_age{};   // nothing: only the compiled-in one is known
  bool allows_stale_prices = false;
};
// Prices older than seven days are refused by paid calls (chat/prepare), so a catalogue that old makes it not ready; one that is missing
// does not, since the first call fetches it.
HealthPage ready_page(const ReadyFacts& facts);

}  // namespace orthink::observe

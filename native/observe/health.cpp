#include "native/observe/health.h"

#include "native/observe/redact.h"
#include "orthink/base/version.h"
#include "orthink/wire/json.h"

namespace orthink::observe {
namespace {

constexpr int kOk = 200;
constexpr int kUnavailable = 503;
constexpr Duration kPricesFresh = Duration::seconds(7 * 86'400);  // as chat/planner has it

std::string line_of(json::Writer& w) {
  return w.take() + "\n";
}

}  // namespace

HealthPage alive_page(Duration uptime) {
  json::Writer w;
  w.object().key("alive").boolean(true).key("version").string(version());
  w.key("uptime_s").number(uptime.us / 1'000'000).end();
  return {kOk, line_of(w)};
}

HealthPage ready_page(const ReadyFacts& facts) {
  std::vector<std::string> reasons;
  if (facts.is_draining) reasons.emplace_back("the server is stopping");
  for (const std::string& problem : facts.problems) reasons.push_back(redacted(problem));
  const bool is_stale = facts.catalogue_age && *facts.catalogue_age > kPricesFresh && !facts.allows_stale_prices;
  if (is_stale) reasons.emplace_back("the prices are more than seven days old and could not be fetched");
  json::Writer w;
  w.object().key("ready").boolean(reasons.empty()).key("reasons").array();
  for (const std::string& reason : reasons) w.string(reason);
  w.end().key("catalogue_age_s");
  if (facts.catalogue_age) {
    w.number(facts.catalogue_age->us / 1'000'000);
  } else {
    w.null();
  }
  w.key("version").string(version()).end();
  return {reasons.empty() ? kOk : kUnavailable, line_of(w)};
}

}  // namespace orthink::observe

#include "native/observe/health.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/wire/json.h"

namespace orthink::observe {
namespace {

json::Value parsed(const HealthPage& page) {
  REQUIRE(page.body.ends_with("}\n"));
  Result<json::Value> value = json::parse(std::string_view(page.body).substr(0, page.body.size() - 1));
  REQUIRE(value);
  return std::move(*value);
}

TEST_CASE("alive says that the process answers, and for how long") {
  const HealthPage page = alive_page(Duration::millis(61'900));
  CHECK(page.status == 200);
  CHECK(parsed(page).find("alive")->as_bool());
  CHECK(parsed(page).find("uptime_s")->as_u64() == 61);
}

TEST_CASE("ready where a paid call would be taken, else each reason") {
  const HealthPage ready = ready_page({.catalogue_age = Duration::seconds(3'600)});
  CHECK(ready.status == 200);
  CHECK(parsed(ready).find("ready")->as_bool());
  CHECK(parsed(ready).find("catalogue_age_s")->as_u64() == 3'600);
  CHECK(parsed(ready_page({})).find("catalogue_age_s")->is_null());

  const HealthPage not_ready =
      ready_page({.is_draining = true, .problems = {"no key", "store at redis://u:c4n4ry@h is away"}, .catalogue_age = Duration::seconds(8 * 86'400)});
  CHECK(not_ready.status == 503);
  CHECK_FALSE(parsed(not_ready).find("ready")->as_bool());
  CHECK(parsed(not_ready).find("reasons")->members().size() == 4);
  CHECK(not_ready.body.find("c4n4ry") == std::string::npos);
  CHECK(ready_page({.catalogue_age = Duration::seconds(8 * 86'400), .allows_stale_prices = true}).status == 200);
  CHECK(ready_page({.catalogue_age = Duration::seconds(7 * 86'400)}).status == 200);
}

}  // namespace
}  // namespace orthink::observe

#include "orthink/tools/discretion.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("what names files or settings of the server is for its operator, and is told others without them") {
  for (const Errc errc : {Errc::store_unavailable, Errc::key_missing, Errc::invalid_config, Errc::file_unreadable, Errc::insecure_url, Errc::internal,
                          Errc::clock_refused, Errc::connect_failed, Errc::connect_timeout, Errc::tls_failed, Errc::upstream_auth}) {
    REQUIRE(tools::is_for_operator(errc));
    const Error whole = make_error(errc, "cannot open /var/lib/orthink/ledger.db", "Run: chmod 600 '/var/lib/orthink/ledger.db'");
    const Error told = tools::discreet(whole);
    INFO(told.message);
    CHECK(tools::in_a_sentence(told).find('/') == std::string::npos);
    CHECK((told.message.starts_with("the server") || errc == Errc::internal));
    CHECK(told.code == whole.code);
    CHECK(told.kind == whole.kind);
    CHECK(told.retry == whole.retry);
  }
  for (const Errc errc : {Errc::invalid_argument, Errc::budget_refused, Errc::upstream_permission, Errc::connection_lost, Errc::rate_limited}) CHECK(!tools::is_for_operator(errc));
}

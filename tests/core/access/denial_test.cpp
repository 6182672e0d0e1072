#include "orthink/access/denial.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace orthink::access;

TEST_CASE("every denial has its own row, code and sentence") {
  std::set<std::string_view> codes;
  for (int i = 0; i <= static_cast<int>(Denial::keys_unavailable); ++i) {
    const auto denial = static_cast<Denial>(i);
    const DenialRow& why = row(denial);
    CHECK(why.denial == denial);
    CHECK(codes.insert(why.code).second);
    CHECK(why.sentence.ends_with('.'));
    CHECK(std::all_of(why.sentence.begin(), why.sentence.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }));
    CHECK((why.status == 400 || why.status == 401 || why.status == 403 || why.status == 503));
  }
}

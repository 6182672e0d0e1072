#include "orthink/mcp/revision.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink::mcp;

TEST_CASE("a revision is answered as asked where it is spoken, else with the newest of its era's handshake") {
  for (const Revision& revision : kRevisions)
    CHECK(negotiate(revision.name) == (revision.era == Era::legacy ? revision.name : kNewestLegacy));
  for (const char* unknown : {"", "2024-10-07", "2099-01-01", "1.0", "2025-11-25 "}) CHECK(negotiate(unknown) == "2025-11-25");
}

TEST_CASE("a name is modern by its date, known or not") {
  CHECK(is_modern_name("2026-07-28"));
  CHECK(is_modern_name("2099-12-31"));
  for (const char* other : {"2025-11-25", "2026-07-27", "", "draft", "2026-7-28", "2026-07-281", "2026/07/28", "x026-07-28"}) CHECK_FALSE(is_modern_name(other));
  CHECK(supported_json() == R"(["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"])");
}

// The plans of tests/golden/plan: one file per family and kind of refusal, over the compiled-in snapshot.
#include <catch2/catch_test_macros.hpp>

#include "orthink/chat/prepare.h"
#include "tests/support/golden.h"

using namespace orthink;
using namespace orthink::test;

TEST_CASE("plans come out as written") {
  const std::vector<std::string> files = golden_files("plan");
  CHECK(files.size() >= 40);
  for (const std::string& file : files) {
    DYNAMIC_SECTION(file.substr(file.rfind('/') + 1)) {
      check_golden(read_golden(file), [](const std::string&, const std::string& json, int64_t ms) -> std::vector<std::string> {
        const Result<Ask> ask = parse_ask(json);
        return {ask ? plan_document(*ask, Catalog::snapshot(), {.now = Instant::from_ms(ms)}) : plan_document(ask.error())};
      });
    }
  }
}

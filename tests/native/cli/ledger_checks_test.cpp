// What doctor says of a ledger that is missing, well, left by a dead process, or cannot be written.
#include "native/cli/ledger_checks.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "native/store/sqlite_database.h"
#include "native/store/store.h"
#include "native/system.h"
#include "tests/native/money/money.h"
#include "tests/native/temporary_folder.h"

using namespace orthink;
using namespace orthink::cli;

namespace {

std::vector<Check> checks_of(const std::string& url) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  std::vector<Check> checks;
  {
    Printer printer(Printer::Streams{.out_fd = nowhere, .err_fd = nowhere});
    check_ledger(test::config({{"ORTHINK_STORE", url}}), printer, checks);
  }
  ::close(nowhere);
  return checks;
}

Check check_of(const std::string& url, std::string_view what) {
  for (const Check& check : checks_of(url))
    if (check.what == what) return check;
  FAIL("no check of " << what);
  return {};
}

std::unique_ptr<Store> opened(const std::string& url) {
  Result<std::unique_ptr<Store>> store = open_store(url);
  REQUIRE(store);
  return std::move(*store);
}

}  // namespace

TEST_CASE("a ledger that is not there is not made; what names no file is said to", "[ledger]") {
  const test::TemporaryFolder folder;
  const Check none = check_of("sqlite:" + folder.file("l"), "store");
  CHECK(none.verdict == Verdict::good);
  CHECK(none.text.starts_with("no ledger yet"));
  CHECK_FALSE(std::filesystem::exists(folder.file("l")));
  const Check memory = check_of("sqlite::memory:", "store");
  CHECK(memory.verdict == Verdict::bad);
  CHECK(memory.text == "sqlite::memory: names no file");
  CHECK_FALSE(std::filesystem::exists(":memory:"));
}

TEST_CASE("a store that can be read and not written is bad; what was tried leaves nothing", "[ledger]") {
  const test::TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.file("l");
  opened(url).reset();
  const Check well = check_of(url, "store");
  CHECK(well.verdict == Verdict::good);
  CHECK(well.text.ends_with("opens, is whole and can be written"));
  CHECK(opened(url)->documents("", Instant::zero())->empty());
  SqliteDatabase database(folder.file("l"), SQLITE_OPEN_READWRITE, "", Duration::seconds(5));
  REQUIRE(database.execute("CREATE TRIGGER full BEFORE INSERT ON documents BEGIN SELECT raise(ABORT, 'the disk is full'); END"));
  const Check full = check_of(url, "store");
  CHECK(full.verdict == Verdict::bad);
  CHECK(full.text.find("can be read but not written: the disk is full") != std::string::npos);
  CHECK(full.remedy.starts_with("No call is made until it can."));
}

TEST_CASE("what a dead process had sent is of unknown outcome, as what is known to be", "[ledger]") {
  const test::TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.file("l");
  const std::vector<Scope> scopes{Scope{}, {ScopeKind::user, "alice"}};
  const Instant at = now();
  {
    const std::unique_ptr<Store> store = opened(url);
    for (const char* call : {"call-1", "call-2", "call-3"}) {
      const HoldRecord record = test::record(call, scopes, at, {2'000});
      REQUIRE(store->apply(ledger::reserve(record, test::unlimited(scopes), "gone", at)).verdict == StoreReply::Verdict::applied);
      if (record.call_id == "call-3") continue;
      REQUIRE(store->apply(ledger::mark_sent(record, "gone", at)).verdict == StoreReply::Verdict::applied);
      if (record.call_id == "call-1")
        REQUIRE(store->apply(ledger::leave_unknown(record, at, at)).verdict == StoreReply::Verdict::applied);
    }
  }
  const Check outcomes = check_of(url, "outcomes");
  CHECK(outcomes.verdict == Verdict::unsure);
  CHECK(outcomes.text.starts_with("2 calls of unknown outcome, $0.000004 held"));
  CHECK((*opened(url)->row("call-2/1"))->state == HoldState::sent);
}

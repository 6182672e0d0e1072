#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "native/store/memory_store.h"
#include "native/system.h"
#include "orthink/ledger/batch_json.h"
#include "orthink/wire/json.h"
#include "tests/native/store/store_contract.h"

namespace orthink::test {
namespace {

// The state of each row and its record; null: there is none.
void check_rows(Store& store, const json::Value& rows) {
  for (const json::Member& row : rows.members()) {
    INFO(row.key);
    const auto kept = store.row(row.key);
    REQUIRE(kept);
    REQUIRE(kept->has_value() == row.value.is_object());
    if (!*kept) continue;
    CHECK(name((*kept)->state) == row.value.find("state")->text());
    CHECK((*kept)->record == row.value.find("record")->text());
  }
}

void check_counters(Store& store, const json::Value& counters) {
  for (const json::Member& counter : counters.members()) {
    INFO(counter.key);
    const auto values = store.counters({counter.key});
    REQUIRE(values);
    CHECK(values->at(0) == std::stoll(counter.value.text()));
  }
}

void check_documents(Store& store, const json::Value& documents) {
  for (const json::Member& document : documents.members()) {
    INFO(document.key);
    const auto kept = store.document(document.key, Instant{1'000});
    REQUIRE(kept);
    CHECK(kept->value_or("(none)") == (document.value.is_null() ? "(none)" : document.value.text()));
  }
}

void check(Store& store, const json::Value& golden) {
  for (const json::Member& step : golden.find("steps")->members()) {
    const Result<StoreBatch> batch = read_batch(*step.value.find("batch"));
    const Result<StoreReply> expected = read_reply(*step.value.find("reply"));
    REQUIRE(batch);
    REQUIRE(expected);
    CHECK(reply_json(store.apply(*batch)) == reply_json(*expected));
  }
  if (const json::Value* rows = golden.find("rows")) check_rows(store, *rows);
  if (const json::Value* counters = golden.find("counters")) check_counters(store, *counters);
  if (const json::Value* documents = golden.find("documents")) check_documents(store, *documents);
}

}  // namespace

void check_contract(const std::function<std::unique_ptr<Store>()>& make) {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(ORTHINK_SOURCE_DIR "/tests/golden/store")) paths.insert(entry.path());
  REQUIRE(paths.size() >= 5);
  for (const std::filesystem::path& path : paths) {
    const Result<std::string> bytes = read_file(path.string(), size_t{1} << 20);
    REQUIRE(bytes);
    const Result<json::Value> golden = json::parse(*bytes);
    REQUIRE(golden);
    INFO(path.filename().string() << ": " << golden->find("what")->text());
    const std::unique_ptr<Store> store = make();
    check(*store, *golden);
  }
}

TEST_CASE("the memory store keeps the contract of stores") {
  check_contract([] { return std::make_unique<MemoryStore>(); });
}

}  // namespace orthink::test

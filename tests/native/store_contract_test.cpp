// The contract of native/store.h as data: tests/golden/store/*.json, batches with the answers they must get.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "native/memory_store.h"
#include "native/system.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::array kStates{HoldState::none,    HoldState::reserved, HoldState::sent,
                             HoldState::settled, HoldState::released, HoldState::unknown};

HoldState state_named(const std::string& text) {
  for (const HoldState state : kStates)
    if (name(state) == text) return state;
  FAIL("no such state: " << text);
  return HoldState::none;
}

std::string_view name_of(StoreReply::Verdict verdict) {
  switch (verdict) {
    case StoreReply::Verdict::applied:
      return "applied";
    case StoreReply::Verdict::guard_failed:
      return "guard_failed";
    case StoreReply::Verdict::row_conflict:
      return "row_conflict";
    case StoreReply::Verdict::unavailable:
      return "unavailable";
  }
  return "";
}

int64_t integer(const json::Value& holder, const char* key) {
  const json::Value* value = holder.find(key);
  return value == nullptr ? 0 : std::stoll(value->text());
}
std::string text(const json::Value& holder, const char* key) {
  const json::Value* value = holder.find(key);
  return value == nullptr ? "" : value->text();
}
bool truth(const json::Value& holder, const char* key) {
  const json::Value* value = holder.find(key);
  return value != nullptr && value->as_bool();
}

StoreBatch batch_of(const json::Value& value) {
  StoreBatch batch;
  batch.ticket = static_cast<uint64_t>(integer(value, "ticket"));
  batch.is_durable = truth(value, "durable");
  if (const json::Value* rows = value.find("rows"))
    for (const json::Member& row : rows->members())
      batch.rows.push_back({text(row.value, "key"), state_named(text(row.value, "from")), state_named(text(row.value, "to")),
                            NanoUsd{integer(row.value, "bound_nano")}, NanoUsd{integer(row.value, "actual_nano")},
                            truth(row.value, "exact"), text(row.value, "generation_id")});
  if (const json::Value* additions = value.find("additions"))
    for (const json::Member& addition : additions->members())
      batch.additions.push_back({text(addition.value, "key"), integer(addition.value, "add_nano"), integer(addition.value, "limit_nano")});
  return batch;
}

// Any store that can be asked for a row and a counter afterwards.
template <class AnyStore>
void check(AnyStore& store, const json::Value& golden) {
  for (const json::Member& step : golden.find("steps")->members()) {
    const StoreReply reply = store.apply(batch_of(*step.value.find("batch")));
    const json::Value& expected = *step.value.find("reply");
    INFO("ticket " << reply.ticket);
    CHECK(reply.ticket == static_cast<uint64_t>(integer(expected, "ticket")));
    CHECK(name_of(reply.verdict) == text(expected, "verdict"));
    CHECK(reply.failed_key == text(expected, "failed_key"));
  }
  if (const json::Value* rows = golden.find("rows"))
    for (const json::Member& row : rows->members()) {
      INFO(row.key);
      const auto kept = store.row(row.key);
      REQUIRE(kept.has_value() == row.value.is_object());
      if (!kept) continue;
      CHECK(name(kept->state) == text(row.value, "state"));
      CHECK(kept->bound.nano == integer(row.value, "bound_nano"));
      CHECK(kept->actual.nano == integer(row.value, "actual_nano"));
      CHECK(kept->is_exact == truth(row.value, "exact"));
      CHECK(kept->generation_id == text(row.value, "generation_id"));
    }
  if (const json::Value* counters = golden.find("counters"))
    for (const json::Member& counter : counters->members()) {
      INFO(counter.key);
      CHECK(store.counter(counter.key) == std::stoll(counter.value.text()));
    }
}

TEST_CASE("the memory store keeps the contract of stores") {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(ORTHINK_SOURCE_DIR "/tests/golden/store")) paths.insert(entry.path());
  REQUIRE(paths.size() >= 3);
  for (const std::filesystem::path& path : paths) {
    const Result<std::string> bytes = read_file(path.string(), size_t{1} << 20);
    REQUIRE(bytes);
    const Result<json::Value> golden = json::parse(*bytes);
    REQUIRE(golden);
    INFO(path.filename().string() << ": " << golden->find("what")->text());
    MemoryStore store;
    check(store, *golden);
  }
}

}  // namespace
}  // namespace orthink

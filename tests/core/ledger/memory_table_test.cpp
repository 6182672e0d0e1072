// The reference table where the contract of stores (tests/golden/store) says nothing: what it shows of itself, and its largest numbers.
#include "orthink/ledger/memory_table.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/money.h"

using namespace orthink;
using Verdict = StoreReply::Verdict;

namespace {

StoreBatch with(DocumentWrite document, Instant at = {}) {
  StoreBatch batch;
  batch.at = at;
  batch.documents.push_back(std::move(document));
  return batch;
}

using Expects = DocumentWrite::Expects;

}  // namespace

TEST_CASE("a document that is not as expected is shown as it is") {
  MemoryTable table;
  StoreReply reply = table.apply(with({"d", Expects::this_text, "a", "b", Instant::never()}));
  CHECK(reply.verdict == Verdict::document_conflict);
  CHECK(reply.found_text.empty());
  REQUIRE(table.apply(with({"d", Expects::absence, {}, "a", Instant{10}})).verdict == Verdict::applied);
  reply = table.apply(with({"d", Expects::absence, {}, "b", Instant::never()}));
  CHECK(reply.found_text == "a");
  CHECK(table.apply(with({"d", Expects::this_text, "b", "c", Instant::never()})).verdict == Verdict::document_conflict);
  CHECK(table.apply(with({"d", Expects::this_text, "a", "c", Instant::never()}, Instant{10})).verdict == Verdict::document_conflict);
  REQUIRE(table.apply(with({"d", Expects::this_text, "a", std::nullopt, Instant::never()})).verdict == Verdict::applied);
  CHECK(table.documents().empty());
}

TEST_CASE("a batch sees what it has taken away itself") {
  MemoryTable table;
  REQUIRE(table.apply(with({"d", Expects::absence, {}, "a", Instant::never()})).verdict == Verdict::applied);
  StoreBatch batch = with({"d", Expects::this_text, "a", std::nullopt, Instant::never()});
  batch.documents.push_back({"d", Expects::absence, {}, "b", Instant::never()});
  REQUIRE(table.apply(batch).verdict == Verdict::applied);
  CHECK(table.documents().at("d").text == "b");
}

TEST_CASE("a counter stays within what every store can hold") {
  MemoryTable table;
  StoreBatch batch;
  batch.additions = {{"c", NanoUsd::kMax, std::nullopt}};
  REQUIRE(table.apply(batch).verdict == Verdict::applied);
  batch.additions = {{"c", 1, std::nullopt}};
  CHECK(table.apply(batch).found_value == NanoUsd::kMax);
  batch.additions = {{"c", -NanoUsd::kMax, std::nullopt}, {"c", -NanoUsd::kMax, std::nullopt}, {"c", -1, std::nullopt}};
  CHECK(table.apply(batch).verdict == Verdict::guard_failed);
  CHECK(table.counter("c") == NanoUsd::kMax);
  CHECK(table.counter("never") == 0);
}

TEST_CASE("an account without lines has an empty journal") {
  MemoryTable table;
  CHECK(table.journal("a").empty());
  StoreBatch batch;
  batch.journal = {{"a", "one"}, {"a", "two"}};
  table.apply(batch);
  CHECK(table.journal("a") == std::vector<std::string>{"one", "two"});
}

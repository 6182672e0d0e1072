// Batches and replies as JSON: whole and least ones there and back, and everything that is of another form refused.
#include "orthink/ledger/batch_json.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/core/ledger/records.h"

using namespace orthink;
using test::changed;
using Verdict = StoreReply::Verdict;

namespace {

const std::string kBatch =
    R"({"ticket":7,"at_us":1795521600000000,"durable":true,"marks":[{"key":"clock","value":5,"slack":300}],)"
    R"("documents":[{"key":"d","expects":"anything","text":"new"},{"key":"e","expects":"absence","text":"t","expires_us":9},)"
    R"({"key":"f","expects":"this_text","expected":"old"}],)"
    R"("rows":[{"key":"a/1","from":["sent","unknown"],"to":"settled","account":"tenant:t","epoch":"e1","created_us":3,"due_us":4,"record":"{}"},)"
    R"({"key":"b/1","from":["none"],"to":"reserved","account":"global","epoch":"","created_us":0,"record":""}],)"
    R"("additions":[{"key":"c","add":-9007199254740991},{"key":"n","add":1,"limit":9007199254740991}],)"
    R"("rates":[{"key":"r","cost_us":-1,"tolerance_us":60000000}],"journal":[{"account":"global","text":"line"}],"reads":["c","n"]})";

const std::string kReply = R"({"ticket":7,"verdict":"row_conflict","failed_key":"a/1","found_state":"sent","found_text":"t","found_value":-5,)"
                           R"("values":[1,-2]})";

Result<StoreBatch> batch_of(const std::string& text) {
  const Result<json::Value> document = json::parse(text);
  REQUIRE(document);
  return read_batch(*document);
}

Result<StoreReply> reply_of(const std::string& text) {
  const Result<json::Value> document = json::parse(text);
  REQUIRE(document);
  return read_reply(*document);
}

std::string text_of(const StoreBatch& batch) {
  json::Writer out;
  write_batch(out.object(), batch);
  out.end();
  return out.take();
}

using Changes = std::vector<std::pair<const char*, const char*>>;

}  // namespace

TEST_CASE("a batch with all that it can hold, there and back") {
  const Result<StoreBatch> batch = batch_of(kBatch);
  REQUIRE(batch);
  CHECK(text_of(*batch) == kBatch);
  CHECK(batch->ticket == 7);
  CHECK(batch->at == Instant{1'795'521'600'000'000});
  CHECK(batch->is_durable);
  CHECK(batch->marks.front().slack == 300);
  REQUIRE(batch->documents.size() == 3);
  CHECK(batch->documents[0].expires.is_never());
  CHECK(batch->documents[1].expires == Instant{9});
  CHECK_FALSE(batch->documents[2].text);
  CHECK(batch->documents[2].expected == "old");
  REQUIRE(batch->rows.size() == 2);
  CHECK(batch->rows[0].from == HoldStates(HoldState::sent).or_(HoldState::unknown));
  CHECK(batch->rows[0].from != HoldStates(HoldState::sent));
  CHECK(batch->rows[0].due == Instant{4});
  CHECK(batch->rows[1].due.is_never());
  CHECK(batch->additions[0].add == -NanoUsd::kMax);
  CHECK_FALSE(batch->additions[0].limit);
  CHECK(batch->additions[1].limit == NanoUsd::kMax);
  CHECK(batch->reads == std::vector<std::string>{"c", "n"});
}

TEST_CASE("the least batch: lists that are not there are empty, and what it is not said to be is not durable") {
  const Result<StoreBatch> batch = batch_of(R"({"ticket":1})");
  REQUIRE(batch);
  CHECK_FALSE(batch->is_durable);
  CHECK(text_of(*batch) == R"({"ticket":1,"at_us":0,"durable":false})");
  CHECK_FALSE(batch_of(text_of(*batch))->is_durable);
  CHECK(batch_of(R"({"ticket":1,"later":[]})"));
}

TEST_CASE("a batch of another form is refused, whichever of its members is wrong") {
  const Changes changes{
      {"\"ticket\":7,", ""},
      {"\"ticket\":7", "\"ticket\":\"7\""},
      {"\"at_us\":1795521600000000", "\"at_us\":1.5"},
      {"\"durable\":true", "\"durable\":1"},
      {"\"ticket\":7,\"at_us\":1795521600000000,\"durable\":true", "\"durable\":true"},
      {R"([{"key":"clock","value":5,"slack":300}])", "{}"},
      {R"({"key":"clock","value":5,"slack":300})", "5"},
      {"\"clock\"", "5"},
      {"\"value\":5", "\"value\":9007199254740992"},
      {"\"value\":5", "\"value\":-9007199254740992"},
      {"\"value\":5", "\"value\":99999999999999999999"},
      {"\"value\":5", "\"value\":5e0"},
      {"\"value\":5", "\"value\":\"\""},
      {"\"anything\"", "\"nothing\""},
      {"\"anything\"", "5"},
      {",\"expected\":\"old\"", ""},
      {"\"text\":\"new\"", "\"text\":null"},
      {"\"expires_us\":9", "\"expires_us\":null"},
      {R"("from":["sent","unknown"],)", ""},
      {R"(["sent","unknown"])", "[]"},
      {R"(["sent","unknown"])", "\"sent\""},
      {R"(["sent","unknown"])", R"(["sent","asleep"])"},
      {R"(["sent","unknown"])", "[5]"},
      {"\"settled\"", "\"asleep\""},
      {",\"account\":\"tenant:t\"", ""},
      {",\"created_us\":3", ""},
      {"\"record\":\"{}\"", "\"record\":{}"},
      {",\"add\":-9007199254740991", ""},
      {",\"cost_us\":-1", ""},
      {"\"text\":\"line\"", "\"text\":7"},
      {R"("reads":["c","n"])", R"("reads":["c",5])"},
      {R"("reads":["c","n"])", R"("reads":"c")"}};
  for (const auto& [from, to] : changes) {
    INFO(from << " -> " << to);
    const Result<StoreBatch> batch = batch_of(changed(kBatch, from, to));
    REQUIRE_FALSE(batch);
    CHECK(batch.error().errc == Errc::invalid_argument);
    CHECK(batch.error().message == "a batch has a member that is missing or of a wrong type");
  }
  for (const char* other : {"[]", "5", "null", "\"ticket\""}) CHECK_FALSE(batch_of(other));
}

TEST_CASE("replies of every verdict, there and back; what says nothing is left out") {
  const Result<StoreReply> reply = reply_of(kReply);
  REQUIRE(reply);
  CHECK(reply_json(*reply) == kReply);
  CHECK(reply->found_state == HoldState::sent);
  CHECK(reply->values == std::vector<int64_t>{1, -2});
  for (const Verdict verdict : {Verdict::applied, Verdict::clock_behind, Verdict::document_conflict, Verdict::row_conflict, Verdict::guard_failed,
                                Verdict::rate_limited, Verdict::unavailable}) {
    StoreReply least;
    least.verdict = verdict;
    const std::string text = R"({"ticket":0,"verdict":")" + std::string(name(verdict)) + "\"}";
    CHECK(reply_json(least) == text);
    REQUIRE(reply_of(text));
    CHECK(reply_of(text)->verdict == verdict);
    CHECK(reply_of(text)->found_state == HoldState::none);
  }
}

TEST_CASE("a reply of another form is refused: nothing of it is taken for an answer") {
  const Changes changes{{"\"ticket\":7,", ""},
                        {"\"verdict\":\"row_conflict\",", ""},
                        {"\"row_conflict\"", "\"maybe\""},
                        {"\"row_conflict\"", "true"},
                        {"\"failed_key\":\"a/1\"", "\"failed_key\":1"},
                        {"\"found_state\":\"sent\"", "\"found_state\":2"},
                        {"\"found_text\":\"t\"", "\"found_text\":[]"},
                        {"\"found_value\":-5", "\"found_value\":0.5"},
                        {"[1,-2]", "{\"a\":1,\"b\":\"x\"}"},
                        {"[1,-2]", "[1,\"2\"]"},
                        {"[1,-2]", "[1,9007199254740992]"}};
  for (const auto& [from, to] : changes) {
    INFO(from << " -> " << to);
    const Result<StoreReply> reply = reply_of(changed(kReply, from, to));
    REQUIRE_FALSE(reply);
    CHECK(reply.error().message == "a store reply has a member that is missing or of a wrong type");
  }
  CHECK_FALSE(reply_of("[]"));
}

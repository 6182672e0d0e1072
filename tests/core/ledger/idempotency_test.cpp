#include "orthink/ledger/idempotency.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/ledger/memory_table.h"

using namespace orthink;

namespace {

const Instant kNow{1'795'521'600'000'000};
const Claim kClaim{"t", "k-1", "f00", "call-1"};

StoreBatch with(DocumentWrite document, Instant at = kNow) {
  StoreBatch batch;
  batch.at = at;
  batch.documents.push_back(std::move(document));
  return batch;
}

}  // namespace

TEST_CASE("a key is taken once; while its call runs another is told so") {
  MemoryTable table;
  REQUIRE(table.apply(with(kClaim.begin(kNow))).verdict == StoreReply::Verdict::applied);
  Claim again = kClaim;
  again.call_id = "call-2";
  const StoreReply reply = table.apply(with(again.begin(kNow)));
  REQUIRE(reply.verdict == StoreReply::Verdict::document_conflict);
  const Found found = read_claim(reply.found_text, again);
  CHECK(found.kind == Found::Kind::in_flight);
  CHECK(found.call_id == "call-1");
  CHECK(refusal(found, again).errc == Errc::idempotency_in_flight);
}

TEST_CASE("what is done is replayed byte for byte for a day, then the key is free") {
  MemoryTable table;
  const std::string result = "{\"type\":\"complete\",\"text\":\"\\u0000 \\\"x\\\"\n\"}";
  table.apply(with(kClaim.begin(kNow)));
  REQUIRE(table.apply(with(kClaim.finish(result, kNow))).verdict == StoreReply::Verdict::applied);
  const Instant last{kNow.us + Claim::kKeptFor.us - 1};
  const StoreReply reply = table.apply(with(kClaim.begin(last), last));
  REQUIRE(reply.verdict == StoreReply::Verdict::document_conflict);
  const Found found = read_claim(reply.found_text, kClaim);
  REQUIRE(found.kind == Found::Kind::done);
  CHECK(found.result == result);
  const Instant later = kNow + Claim::kKeptFor;
  CHECK(table.apply(with(kClaim.begin(later), later)).verdict == StoreReply::Verdict::applied);
}

TEST_CASE("a dead process's key is given back by who knows the call's name alone, while it is that call's and in flight") {
  MemoryTable table;
  table.apply(with(kClaim.begin(kNow)));
  const std::string text = *kClaim.begin(kNow).text;
  const std::optional<DocumentWrite> write = give_back_claim(kClaim.document_key(), text, "call-1");
  REQUIRE(write);
  CHECK(table.apply(with(*write)).verdict == StoreReply::Verdict::applied);
  CHECK(table.apply(with(kClaim.begin(kNow))).verdict == StoreReply::Verdict::applied);
  CHECK_FALSE(give_back_claim(kClaim.document_key(), text, "call-2"));
  for (const std::string& other :
       {*kClaim.finish("{}", kNow).text, std::string("{"), std::string("[]"), std::string(R"({"call":"call-1"})")})
    CHECK_FALSE(give_back_claim(kClaim.document_key(), other, "call-1"));
}

TEST_CASE("another question under the same key is refused, whether the first has ended or not") {
  Claim other = kClaim;
  other.fingerprint = "f01";
  for (const DocumentWrite& stands : {kClaim.begin(kNow), kClaim.finish("{}", kNow)}) {
    const Found found = read_claim(*stands.text, other);
    CHECK(found.kind == Found::Kind::mismatch);
    CHECK(refusal(found, other).errc == Errc::idempotency_mismatch);
  }
}

TEST_CASE("a call that was not sent gives its key back; one that ended keeps it") {
  MemoryTable table;
  table.apply(with(kClaim.begin(kNow)));
  REQUIRE(table.apply(with(kClaim.give_back())).verdict == StoreReply::Verdict::applied);
  CHECK(table.documents().empty());
  table.apply(with(kClaim.begin(kNow)));
  table.apply(with(kClaim.finish("{}", kNow)));
  CHECK(table.apply(with(kClaim.give_back())).verdict == StoreReply::Verdict::document_conflict);
}

TEST_CASE("keys of tenants are apart, and a doubt buys nothing") {
  CHECK(Claim{"a", "b/c", {}, {}}.document_key() != Claim{"a/b", "c", {}, {}}.document_key());
  CHECK(read_claim("", kClaim).kind == Found::Kind::in_flight);
  CHECK(read_claim("[]", kClaim).kind == Found::Kind::in_flight);
  CHECK(Claim::is_valid_key("x"));
  CHECK_FALSE(Claim::is_valid_key(""));
  CHECK_FALSE(Claim::is_valid_key("a\nb"));
  CHECK_FALSE(Claim::is_valid_key("\xc3\xa4"));
  CHECK(Claim::is_valid_key(std::string(255, 'k')));
  CHECK_FALSE(Claim::is_valid_key(std::string(256, 'k')));
}

TEST_CASE("a claim whose members are of another type counts as in flight") {
  const std::string done = *kClaim.finish("{}", kNow).text;
  const auto changed = [&done](std::string_view from, std::string_view to) {
    std::string copy = done;
    const size_t at = copy.find(from);
    REQUIRE(at != std::string::npos);
    return copy.replace(at, from.size(), to);
  };
  REQUIRE(read_claim(done, kClaim).kind == Found::Kind::done);
  CHECK(read_claim(changed("\"result\":\"{}\"", "\"result\":5"), kClaim).kind == Found::Kind::in_flight);
  CHECK(read_claim(changed("\"result\"", "\"resort\""), kClaim).kind == Found::Kind::in_flight);
  CHECK(read_claim(changed("\"done\"", "\"gone\""), kClaim).kind == Found::Kind::in_flight);
  CHECK(read_claim(changed("\"call\":\"call-1\"", "\"call\":1"), kClaim).call_id.empty());
  CHECK(read_claim("{}", kClaim).kind == Found::Kind::mismatch);
}

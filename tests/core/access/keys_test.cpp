#include "orthink/access/keys.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/limits.h"

using namespace orthink;
using namespace orthink::access;

namespace {

const Instant kNow = Instant::from_ms(1'790'000'000'000);

AccessKey key(const std::string& name, const std::string& secret) {
  AccessKey key;
  key.name = name;
  key.sha256 = Sha256::of(secret);
  return key;
}
std::string entry(const std::string& more) { return R"({"keys":[{"name":"ci","sha256":")" + hex(Sha256::of("secret")) + "\"" + more + "}]}"; }
std::string_view code(const KeyTable& table, std::string_view presented, Instant now = kNow) {
  const Judged<Principal> found = table.find(now, presented);
  return found ? "admitted" : row(found.denial()).code;
}

}  // namespace

TEST_CASE("a key is ork_ and all of its 256 random bits") {
  CHECK(make_key({0, 0, 0, 0}) == "ork_" + std::string(64, '0'));
  CHECK(make_key({0x0123456789abcdef, 0xfedcba9876543210, UINT64_MAX, 1}) ==
        "ork_0123456789abcdeffedcba9876543210ffffffffffffffff0000000000000001");
}

TEST_CASE("who presents a key is who the table says") {
  KeyTable table;
  AccessKey made = key("ci", "secret");
  made.user = "alice";
  made.tenant = "acme";
  made.models = {"openai/*"};
  made.tools = {"plan_request"};
  made.limits.set(LimitKind::requests_per_minute, 5);
  REQUIRE(table.add(made));
  REQUIRE(table.add(key("other", "another")));
  const Judged<Principal> caller = table.find(kNow, "secret");
  REQUIRE(caller);
  CHECK(caller->id == "key:ci");
  CHECK(caller->user == "alice");
  CHECK(caller->tenant == "acme");
  CHECK(caller->key_name == "ci");
  REQUIRE(caller->limits);
  CHECK(caller->limits->get(LimitKind::requests_per_minute) == 5);
  CHECK(caller->models == made.models);
  CHECK(caller->tools == made.tools);
  CHECK(table.find(kNow, "another")->id == "key:other");
  CHECK_FALSE(table.find(kNow, "another")->limits);
}

TEST_CASE("what is no key of the table is nobody") {
  KeyTable table;
  CHECK(code(table, "secret") == "key_unknown");
  REQUIRE(table.add(key("ci", "secret")));
  for (const char* presented : {"", "secre", "secrets", "SECRET", "ci"}) CHECK(code(table, presented) == "key_unknown");
  CHECK(code(table, hex(Sha256::of("secret"))) == "key_unknown");
  CHECK(code(table, std::string(limits::kTokenBytesMax + 1, 'x')) == "key_unknown");
}

TEST_CASE("a key longer than any is unknown, even where its beginning would be one") {
  KeyTable table;
  const std::string longest(limits::kTokenBytesMax, 'x');
  REQUIRE(table.add(key("long", longest)));
  CHECK(code(table, longest) == "admitted");
  CHECK(code(table, longest + "y") == "key_unknown");
}

TEST_CASE("every one of a thousand keys is found, first and last too, and no more are taken") {
  KeyTable table;
  for (size_t i = 0; i < limits::kAccessKeysMax; ++i) REQUIRE(table.add(key("k" + std::to_string(i), "secret" + std::to_string(i))));
  for (size_t i = 0; i < limits::kAccessKeysMax; i += 37) CHECK(table.find(kNow, "secret" + std::to_string(i))->key_name == "k" + std::to_string(i));
  CHECK(table.find(kNow, "secret999")->key_name == "k999");
  CHECK(table.add(key("one-more", "x")).error().errc == Errc::too_large);
}

TEST_CASE("a key ends when it is said to, or when it is disabled") {
  KeyTable table;
  AccessKey made = key("ci", "secret");
  made.expires = kNow;
  REQUIRE(table.add(made));
  CHECK(code(table, "secret", Instant{kNow.us - 1}) == "admitted");
  CHECK(code(table, "secret") == "key_expired");
  REQUIRE(table.disable("ci", true));
  CHECK(code(table, "secret", Instant{kNow.us - 1}) == "key_disabled");
  REQUIRE(table.disable("ci", false));
  CHECK(code(table, "secret", Instant{kNow.us - 1}) == "admitted");
  CHECK_FALSE(table.disable("nobody", true));
  CHECK(table.remove("ci"));
  CHECK_FALSE(table.remove("ci"));
  CHECK(code(table, "secret", Instant{0}) == "key_unknown");
}

TEST_CASE("sums differ wherever a bit does") {
  const Sha256::Digest sum = Sha256::of("x");
  CHECK(same_digest(sum, sum));
  for (size_t bit = 0; bit < 256; ++bit) {
    Sha256::Digest other = sum;
    other[bit / 8] = static_cast<uint8_t>(other[bit / 8] ^ (1U << bit % 8));
    CHECK_FALSE(same_digest(sum, other));
  }
}

TEST_CASE("a table written is the table read") {
  KeyTable table;
  AccessKey made = key("ci", "secret");
  made.user = "Zo\xc3\xab";
  made.tenant = "acme";
  made.models = {"openai/*", "a/b"};
  made.tools = {"health"};
  made.limits.set(LimitKind::usd_per_day, 5'000'000'000);
  made.expires = kNow;
  made.is_disabled = true;
  REQUIRE(table.add(made));
  REQUIRE(table.add(key("b", "2")));
  const Result<KeyTable> again = KeyTable::parse(table.to_json());
  REQUIRE(again);
  CHECK(again->to_json() == table.to_json());
  CHECK(table.to_json() == "{\"keys\":[\n{\"name\":\"ci\",\"sha256\":\"" + hex(made.sha256) +
                               "\",\"user\":\"Zo\xc3\xab\",\"tenant\":\"acme\",\"models\":[\"openai/*\",\"a/b\"],\"tools\":[\"health\"],"
                               "\"limits\":{\"usd_per_day\":\"5\"},\"expires\":1790000000,\"disabled\":true},\n{\"name\":\"b\",\"sha256\":\"" +
                               hex(Sha256::of("2")) + "\"}\n]}\n");
  CHECK(KeyTable::parse(KeyTable().to_json())->keys().empty());
}

TEST_CASE("a table made wrong by hand is refused with the place") {
  REQUIRE(KeyTable::parse(entry("")));
  CHECK_FALSE(KeyTable::parse(entry(R"(,"disabled":false)"))->keys()[0].is_disabled);
  for (const char* more : {R"(,"user":"")", R"(,"user":7)", R"(,"user":"a\nb")", R"(,"tenant":null)", R"(,"models":"openai/*")", R"(,"models":[])",
                           R"(,"models":[""])", R"(,"models":[1])", R"(,"tools":["a\u0000"])", R"(,"limits":{"usd_per_day":5})", R"(,"limits":{"usd":"5"})",
                           R"(,"limits":[])", R"(,"expires":"2027")", R"(,"expires":-1)", R"(,"expires":1e9)", R"(,"expires":253402300800)",
                           R"(,"disabled":1)", R"(,"disabld":true)", R"(,"sha256":"00")"}) {
    INFO(more);
    const Result<KeyTable> table = KeyTable::parse(entry(more));
    REQUIRE_FALSE(table);
    CHECK(table.error().errc == Errc::invalid_config);
    CHECK_FALSE(table.error().remedy.empty());
  }
  std::string patterns = "\"m\"";
  for (int i = 1; i < 1000; ++i) patterns += ",\"m\"";
  CHECK(KeyTable::parse(entry(",\"models\":[" + patterns + "]")));
  CHECK_FALSE(KeyTable::parse(entry(",\"models\":[\"m\"," + patterns + "]")));
  CHECK(KeyTable::parse(entry(R"(,"user":")" + std::string(257, 'u') + "\"")).error().errc == Errc::invalid_config);
  const std::string sum = hex(Sha256::of("secret"));
  std::string upper = sum;
  for (char& c : upper)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  for (const std::string& text :
       {std::string("x"), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"), std::string(R"({"keys":[7]})"), std::string(R"({"keys":[{}]})"),
        std::string(R"({"keys":[],"version":2})"), std::string(R"({"keys":[{"name":"a"}]})"), R"({"keys":[{"sha256":")" + sum + "\"}]}",
        R"({"keys":[{"name":"a b","sha256":")" + sum + "\"}]}", R"({"keys":[{"name":"a","sha256":")" + upper + "\"}]}",
        R"({"keys":[{"name":"a","sha256":")" + sum.substr(1) + "g\"}]}", R"({"keys":[{"name":"a","sha256":"g)" + sum.substr(1) + "\"}]}",
        R"({"keys":[{"name":"a","sha256":"/)" + sum.substr(1) + "\"}]}", std::string(R"({"keys":[{"name":"a","sha256":7}]})"), R"({"keys":[{"name":7,"sha256":")" + sum + "\"}]}",
        R"({"keys":[{"name":"a","sha256":")" + sum + R"("},{"name":"a","sha256":")" + hex(Sha256::of("2")) + "\"}]}",
        R"({"keys":[{"name":"a","sha256":")" + sum + R"("},{"name":"b","sha256":")" + sum + "\"}]}"}) {
    INFO(text);
    const Result<KeyTable> table = KeyTable::parse(text);
    REQUIRE_FALSE(table);
    CHECK(table.error().errc == Errc::invalid_config);
  }
}

TEST_CASE("names that would not do as a scope or a word are refused") {
  KeyTable table;
  for (const char* name : {"", "a b", "a:b", "a/b", "\xc3\xab", "a\n"}) CHECK(table.add(key(name, name)).error().errc == Errc::invalid_argument);
  CHECK(table.add(key(std::string(65, 'n'), "x")).error().errc == Errc::invalid_argument);
  CHECK(table.add(key(std::string(64, 'n'), "x")));
  CHECK(table.add(key("A.b_c-9", "y")));
}

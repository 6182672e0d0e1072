#include "orthink/ledger/record.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/core/ledger/records.h"

using namespace orthink;

namespace {

HoldRecord full() {
  HoldRecord record = test::whole_record();
  record.bound = {NanoUsd::kMax};
  record.claim = "i/1:t/k-1";
  return record;
}

std::string changed(std::string_view from, std::string_view to) { return test::changed(full().to_json(), from, to); }

}  // namespace

TEST_CASE("a record and its text, the whole and the least") {
  const std::string text = full().to_json();
  const Result<HoldRecord> read = HoldRecord::parse(text);
  REQUIRE(read);
  CHECK(read->to_json() == text);
  CHECK(read->bound.nano == NanoUsd::kMax);
  CHECK(read->usage.prompt_tokens == 0);
  CHECK_FALSE(read->usage.completion_tokens);
  CHECK(read->claim == "i/1:t/k-1");
  CHECK(read->key() == "call-4f/2");
  CHECK(read->account() == "tenant:t");
  HoldRecord least;
  least.call_id = "c";
  least.scopes = {Scope{}};
  least.deadline = Instant::never();
  CHECK(least.account() == "global");
  CHECK(least.to_json().find("claim") == std::string::npos);
  const Result<HoldRecord> again = HoldRecord::parse(least.to_json());
  REQUIRE(again);
  CHECK(again->to_json() == least.to_json());
  CHECK(again->deadline.is_never());
}

TEST_CASE("a record that is not whole, or of another version, is refused; unknown members are not") {
  const std::string text = full().to_json();
  CHECK(HoldRecord::parse(changed("{\"v\":1,", "{\"v\":1,\"later\":[],")));
  for (const auto& [from, to] :
       std::initializer_list<std::pair<const char*, const char*>>{{"\"v\":1", "\"v\":2"},
                                                                  {"\"call\":\"call-4f\"", "\"call\":1"},
                                                                  {"\"call\":\"call-4f\"", "\"call\":\"\""},
                                                                  {"\"bound\":9007199254740991", "\"bound\":9007199254740992"},
                                                                  {"\"bound\":9007199254740991", "\"bound\":-1"},
                                                                  {"\"day\":20781,", ""},
                                                                  {"\"global\"", "\"globe\""},
                                                                  {"\"source\":\"provider\"", "\"source\":\"guessed\""},
                                                                  {"\"state\":\"final\"", "\"state\":\"maybe\""},
                                                                  {"\"thinking\":40", "\"thinking\":\"40\""},
                                                                  {"\"claim\":\"i/1:t/k-1\"", "\"claim\":7"},
                                                                  {"\"actual\":250000,", ""}}) {
    INFO(from << " -> " << to);
    CHECK_FALSE(HoldRecord::parse(changed(from, to)));
  }
  for (size_t size = 0; size < text.size(); ++size) CHECK_FALSE(HoldRecord::parse(std::string_view(text).substr(0, size)));
}

TEST_CASE("a record of other types is refused; a flag that is none counts as not set") {
  constexpr std::string_view kScopes = R"(["global","tenant:t","user:a:b"])";
  for (const std::string& wrong : {std::string("[]"), changed(kScopes, "[]"), changed(kScopes, "5"), changed(kScopes, R"(["global",5])"),
                                   changed("\"scopes\"", "\"skopes\""), changed(R"("usage":{)", R"("usage":[],"was":{)")}) {
    INFO(wrong);
    CHECK_FALSE(HoldRecord::parse(wrong));
  }
  for (const std::string& unset : {changed(R"("flagged":true)", R"("flagged":1)"), changed(R"("flagged":true)", R"("flagged":false)")})
    CHECK_FALSE(HoldRecord::parse(unset)->is_flagged);
}

#include "orthink/ledger/record.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

namespace {

HoldRecord full() {
  HoldRecord record;
  record.call_id = "call-1";
  record.row = 2;
  record.attempt = 3;
  record.scopes = {Scope{}, {ScopeKind::tenant, "t"}, {ScopeKind::user, "a:b"}};
  record.day = 20'000;
  record.month = 682;
  record.bound = {NanoUsd::kMax};
  record.actual = {7};
  record.source = AmountSource::computed;
  record.is_flagged = true;
  record.tokens_bound = 9;
  record.model = "m/\"x\"";
  record.provider = "P";
  record.generation_id = "gen-1";
  record.price_source = "catalogue";
  record.usage.state = UsageState::final_;
  record.usage.prompt_tokens = 0;
  record.usage.thinking_tokens = 5;
  record.created = {1};
  record.deadline = {2};
  record.asks = 4;
  return record;
}

}  // namespace

TEST_CASE("a record and its text, the whole and the least") {
  const std::string text = full().to_json();
  const Result<HoldRecord> read = HoldRecord::parse(text);
  REQUIRE(read);
  CHECK(read->to_json() == text);
  CHECK(read->bound.nano == NanoUsd::kMax);
  CHECK(read->usage.prompt_tokens == 0);
  CHECK_FALSE(read->usage.completion_tokens);
  CHECK(read->key() == "call-1/2");
  CHECK(read->account() == "tenant:t");
  HoldRecord least;
  least.call_id = "c";
  least.scopes = {Scope{}};
  least.deadline = Instant::never();
  CHECK(least.account() == "global");
  const Result<HoldRecord> again = HoldRecord::parse(least.to_json());
  REQUIRE(again);
  CHECK(again->to_json() == least.to_json());
  CHECK(again->deadline.is_never());
}

TEST_CASE("a record that is not whole, or of another version, is refused; unknown members are not") {
  const std::string text = full().to_json();
  const auto changed = [&text](std::string_view from, std::string_view to) {
    std::string copy = text;
    const size_t at = copy.find(from);
    REQUIRE(at != std::string::npos);
    return copy.replace(at, from.size(), to);
  };
  CHECK(HoldRecord::parse(changed("{\"v\":1,", "{\"v\":1,\"later\":[],")));
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{{"\"v\":1", "\"v\":2"},
                                                                                           {"\"call\":\"call-1\"", "\"call\":1"},
                                                                                           {"\"call\":\"call-1\"", "\"call\":\"\""},
                                                                                           {"\"bound\":9007199254740991", "\"bound\":9007199254740992"},
                                                                                           {"\"bound\":9007199254740991", "\"bound\":-1"},
                                                                                           {"\"day\":20000,", ""},
                                                                                           {"\"global\"", "\"globe\""},
                                                                                           {"\"source\":\"computed\"", "\"source\":\"guessed\""},
                                                                                           {"\"state\":\"final\"", "\"state\":\"maybe\""},
                                                                                           {"\"thinking\":5", "\"thinking\":\"5\""},
                                                                                           {"\"actual\":7,", ""}}) {
    INFO(from << " -> " << to);
    CHECK_FALSE(HoldRecord::parse(changed(from, to)));
  }
  for (size_t size = 0; size < text.size(); ++size) CHECK_FALSE(HoldRecord::parse(std::string_view(text).substr(0, size)));
}

TEST_CASE("a record of other types is refused; a flag that is none counts as not set") {
  const std::string text = full().to_json();
  const auto changed = [&text](std::string_view from, std::string_view to) {
    std::string copy = text;
    const size_t at = copy.find(from);
    REQUIRE(at != std::string::npos);
    return copy.replace(at, from.size(), to);
  };
  constexpr std::string_view kScopes = R"(["global","tenant:t","user:a:b"])";
  for (const std::string& wrong : {std::string("[]"), changed(kScopes, "[]"), changed(kScopes, "5"), changed(kScopes, R"(["global",5])"),
                                   changed("\"scopes\"", "\"skopes\""), changed(R"("usage":{)", R"("usage":[],"was":{)")}) {
    INFO(wrong);
    CHECK_FALSE(HoldRecord::parse(wrong));
  }
  for (const std::string& unset : {changed(R"("flagged":true)", R"("flagged":1)"), changed(R"("flagged":true)", R"("flagged":false)")})
    CHECK_FALSE(HoldRecord::parse(unset)->is_flagged);
}

#include "orthink/chat/upstream_error.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "orthink/wire/json.h"

using namespace orthink;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr Instant kNow{784'111'777'000'000};

Error error(int status, std::string_view body, std::vector<http::Header> headers = {}) {
  return error_from_response({status, std::move(headers)}, body, kNow);
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace

TEST_CASE("each status has its meaning", "[upstream_error]") {
  const std::map<int, Errc> expected{
      {301, Errc::redirected},
      {400, Errc::upstream_bad_request},
      {401, Errc::upstream_auth},
      {402, Errc::upstream_payment},
      {403, Errc::upstream_permission},
      {404, Errc::upstream_not_found},
      {408, Errc::upstream_timeout},
      {409, Errc::upstream_bad_request},
      {410, Errc::upstream_not_found},
      {412, Errc::upstream_bad_request},
      {413, Errc::upstream_too_large},
      {422, Errc::upstream_bad_request},
      {429, Errc::upstream_rate_limited},
      {500, Errc::upstream_internal},
      {502, Errc::upstream_internal},
      {503, Errc::upstream_unavailable},
      {504, Errc::upstream_timeout},
      {520, Errc::upstream_unknown_status},
      {524, Errc::upstream_timeout},
      {529, Errc::upstream_overloaded},
  };
  for (auto [status, errc] : expected) {
    CAPTURE(status);
    for (std::string body : {std::string(), std::string("<html>no</html>"), std::string(R"({"error":{"message":"no"}})"),
                             std::string(R"({"error":"no"})"), R"({"error":{"message":"no","code":)" + std::to_string(status) + "}}",
                             R"({"error":{"message":"no","code":")" + std::to_string(status) + "\"}}"}) {
      Error got = error(status, body);
      CHECK(got.errc == errc);
      CHECK(got.http_status == status);
      CHECK_FALSE(got.message.empty());
    }
  }
}

TEST_CASE("error_type says more than the number", "[upstream_error]") {
  auto typed = [](int status, const char* type) {
    return error(status, std::string(R"({"error":{"code":)") + std::to_string(status) + R"(,"message":"m","metadata":{"error_type":")" +
                             type + "\"}}}")
        .errc;
  };
  CHECK(typed(400, "context_length_exceeded") == Errc::upstream_context_length);
  CHECK(typed(400, "refusal") == Errc::upstream_moderation);
  CHECK(typed(400, "image_too_large") == Errc::upstream_bad_request);
  CHECK(typed(503, "provider_overloaded") == Errc::upstream_overloaded);
  CHECK(typed(500, "server") == Errc::upstream_internal);
  CHECK(typed(429, "a_type_of_next_year") == Errc::upstream_rate_limited);
  CHECK(error(400, R"({"error":{"message":"m"},"error_type":"context_length_exceeded"})").errc == Errc::upstream_context_length);
}

TEST_CASE("each limit of the upstream has its own name, remedy and scope", "[upstream_error]") {
  const auto limited = [](int status, const std::string& source) {
    return error(status, R"({"error":{"code":)" + std::to_string(status) + R"(,"message":"no","metadata":{"limit_source":")" + source + "\"}}}");
  };
  const struct {
    int status;
    const char* source;
    Errc errc;
    Retry retry;
  } rows[] = {
      {402, "openrouter_in_flight_budget", Errc::upstream_in_flight_budget, Retry::after},
      {402, "openrouter_credits", Errc::upstream_payment, Retry::changed},
      {402, "openrouter_key_limit", Errc::upstream_key_limit, Retry::after},
      {403, "openrouter_guardrail_budget", Errc::upstream_key_limit, Retry::after},
      {403, "openrouter_workspace_budget", Errc::upstream_key_limit, Retry::after},
      {403, "a_limit_of_next_year", Errc::upstream_key_limit, Retry::after},
      {402, "a_limit_of_next_year", Errc::upstream_payment, Retry::changed},
      {429, "openrouter_free_tier_daily", Errc::upstream_free_tier, Retry::after},
      {429, "upstream_provider_shared_pool", Errc::upstream_rate_limited, Retry::after},
      {400, "openrouter_credits", Errc::upstream_bad_request, Retry::changed},
  };
  std::set<std::string> remedies;
  for (const auto& row : rows) {
    CAPTURE(row.status, row.source);
    const Error found = limited(row.status, row.source);
    CHECK(found.errc == row.errc);
    CHECK(found.retry == row.retry);
    CHECK(found.scope == row.source);
    remedies.insert(found.remedy);
  }
  CHECK(remedies.size() == 6);
}

TEST_CASE("402 and 403 are told apart by reason and limit_source", "[upstream_error]") {
  Error flight = error(
      402,
      R"({"error":{"code":402,"message":"busy","metadata":{"reason":"in_flight_budget_exhausted","limit_source":"openrouter_in_flight_budget"}}})",
      {{"retry-after", "7"}});
  CHECK(flight.errc == Errc::upstream_in_flight_budget);
  CHECK(flight.retry == Retry::after);
  CHECK(flight.retry_after == Duration::seconds(7));
  CHECK(flight.scope == "openrouter_in_flight_budget");
  CHECK(
      error(402,
            R"({"error":{"code":402,"message":"dear","metadata":{"reason":"weight_exceeds_budget","limit_source":"openrouter_credits"}}})")
          .errc == Errc::upstream_call_too_dear);
  Error capped = error(
      403,
      R"({"error":{"code":403,"message":"Budget limit exceeded","metadata":{"limit_source":"openrouter_key_limit","resets_at":"2026-12-01T00:00:00Z"}}})");
  CHECK(capped.errc == Errc::upstream_key_limit);
  CHECK(capped.scope == "openrouter_key_limit");
  CHECK(capped.resets_at == "2026-12-01T00:00:00Z");
  CHECK(error(403, R"({"error":{"code":403,"message":"Key limit exceeded"}})").errc == Errc::upstream_key_limit);
  CHECK(error(403, R"({"error":{"code":403,"message":"no","metadata":{"limit_source":"openrouter_workspace_budget"}}})").errc ==
        Errc::upstream_key_limit);
  Error moderated = error(
      403,
      R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence","hate"],"flagged_input":"x","provider_name":"OpenAI"}}})");
  CHECK(moderated.errc == Errc::upstream_moderation);
  CHECK(moderated.message == "flagged: violence, hate");
  CHECK(moderated.provider == "OpenAI");
}

TEST_CASE("the real reason is dug out of metadata.raw", "[upstream_error]") {
  auto raw = [](const std::string& json) {
    return error(400, R"({"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":)" + json + "}}}")
        .message;
  };
  CHECK(raw(R"("{\"error\":{\"message\":\"slow down\"}}")") == "Provider returned error: slow down");
  CHECK(raw(R"({"error":{"message":"slow down"}})") == "Provider returned error: slow down");
  CHECK(raw(R"("plain prose")") == "Provider returned error: plain prose");
  CHECK(raw(R"("[{\"msg\":\"first\"}]")") == "Provider returned error: first");
  CHECK(raw(R"("{\"detail\":\"{\\\"message\\\":\\\"deep\\\"}\"}")") == "Provider returned error: deep");
  CHECK(raw(R"("{broken")") == "Provider returned error: {broken");
  CHECK(raw("null") == "Provider returned error");
  CHECK(raw("12") == "Provider returned error");
}

TEST_CASE("availability errors carry no code", "[upstream_error]") {
  Error busy = error(
      503,
      R"({"error":{"message":"later","error_type":"provider_overloaded","http_status":503,"availability":{"code":"temporarily_unavailable","retryable":true,"retry_after":12}}})");
  CHECK(busy.errc == Errc::upstream_unavailable);
  CHECK(busy.retry_after == Duration::seconds(12));
  CHECK(error(404, R"({"error":{"message":"gone","availability":{"code":"model_deprecated"}}})").errc == Errc::upstream_not_found);
  CHECK(error(403, R"({"error":{"message":"here not","availability":{"code":"region_restricted"}}})").errc == Errc::upstream_permission);
}

TEST_CASE("Retry-After in seconds, as a date, or from the rate limit's reset", "[upstream_error]") {
  auto wait = [](std::vector<http::Header> headers, std::string_view body = "") {
    return error(429, body, std::move(headers)).retry_after;
  };
  CHECK(wait({{"Retry-After", "30"}}) == Duration::seconds(30));
  CHECK(wait({{"Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT"}}) == Duration::seconds(60));
  CHECK(wait({{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}) == Duration{});
  CHECK(wait({{"Retry-After", "Mon, 07 Nov 1994 08:49:37 GMT"}}) == Duration::seconds(86400));
  CHECK(wait({{"X-RateLimit-Reset", "784111780000"}}) == Duration::seconds(3));
  CHECK(wait({}, R"({"error":{"code":429,"message":"m","metadata":{"headers":{"X-RateLimit-Reset":"784111780000"}}}})") ==
        Duration::seconds(3));
  for (const char* bad :
       {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT", "99999999999999999999999"})
    CHECK_FALSE(wait({{"Retry-After", bad}}));
  CHECK(wait({{"Retry-After", "9999999999"}}) == Duration::seconds(366LL * 86400));
}

TEST_CASE("errors under status 200", "[upstream_error]") {
  Error lost = error_from_object(R"({"code":502,"message":"Provider disconnected"})", 200);
  CHECK(lost.errc == Errc::midstream_error);
  CHECK(lost.http_status == 502);
  CHECK(lost.retry == Retry::same);
  CHECK(error_from_object(R"({"code":400,"message":"This endpoint's maximum context length is 8"})", 200).errc ==
        Errc::upstream_context_length);
  CHECK(error_from_object(R"({"code":429,"message":"slow"})", 200).errc == Errc::upstream_rate_limited);
  CHECK(error_from_object(R"({"message":"?","code":"server_error"})", 200).errc == Errc::midstream_error);
  CHECK(error_from_object(R"("just words")", 200).message == "just words");
  CHECK(error_from_object("null", 200).errc == Errc::midstream_error);
  CHECK(error_from_object("{", 200).errc == Errc::midstream_error);
  CHECK(error(200, R"({"error":{"code":502,"message":"late"}})").errc == Errc::midstream_error);
}

TEST_CASE("hostile error bodies end in a clear error", "[upstream_error]") {
  for (const char* body :
       {R"({"error":[]})", R"({"error":null})", R"({"error":12})", R"({"error":{}})",
        R"({"error":{"message":{"a":1},"code":{},"metadata":[]}})",
        R"({"error":{"metadata":{"raw":{"error":{"error":{"error":{"error":{"error":{"error":"x"}}}}}}}}})", "[]", "{}", "\xff\xfe"}) {
    CAPTURE(body);
    Error got = error(400, body);
    CHECK(got.errc == Errc::upstream_bad_request);
    CHECK_FALSE(got.message.empty());
  }
  CHECK(error(500, std::string(3'000'000, '{')).message.size() < 300);
  CHECK(error(400, R"({"error":{"message":")" + std::string(10'000, 'x') + "\"}}").message.size() == limits::kErrorTextMax);
  CHECK(error(400, "{\"error\":{\"message\":\"a\\u001b[31mb\"}}").message == "a\xef\xbf\xbd[31mb");
}

TEST_CASE("recorded error bodies", "[upstream_error][recordings]") {
  const char* folder = std::getenv("ORTHINK_RECORDINGS");
  if (folder == nullptr) SKIP("ORTHINK_RECORDINGS is not set");
  struct Expected {
    Errc errc;
    std::string_view part;
    std::string_view provider;
  };
  const std::map<std::string, Expected> expected{
      {"or-err-400-context-length", {Errc::upstream_context_length, "maximum context length is 200000", ""}},
      {"or-err-400-model-id", {Errc::upstream_not_found, "nonexistent/model is not a valid model ID", ""}},
      {"or-err-400-models-list-first-invalid", {Errc::upstream_not_found, "nonexistent/fake-model is not a valid model ID", ""}},
      {"or-err-400-provider-raw-json-schema",
       {Errc::upstream_bad_request, "error: Invalid schema for response_format 'invalid_schema'", "Azure"}},
      {"or-err-400-provider-raw-notfound", {Errc::upstream_bad_request, "error: not found", "AtlasCloud"}},
      {"or-err-400-temperature-range", {Errc::upstream_bad_request, "at most 2, received 5", ""}},
      {"or-err-401-missing-auth", {Errc::upstream_auth, "Missing Authentication header", ""}},
      {"or-err-404-generation", {Errc::upstream_not_found, "not found", ""}},
      {"or-err-429-upstream-raw", {Errc::upstream_rate_limited, "temporarily rate-limited upstream", "Google"}},
  };
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string file = entry.path().filename();
    if (!file.starts_with("or-err-") || !file.ends_with(".response.json")) continue;
    std::string recording = file.substr(0, file.size() - std::string_view(".response.json").size());
    CAPTURE(recording);
    Result<json::Value> meta = json::parse(bytes_of(entry.path().parent_path() / (recording + ".meta.json")));
    REQUIRE(meta);
    auto status = static_cast<int>(*meta->find("status")->as_u64());
    Error got = error(status, bytes_of(entry.path()));
    auto want = expected.find(recording);
    REQUIRE(want != expected.end());
    CHECK(got.errc == want->second.errc);
    CHECK(got.message.find(want->second.part) != std::string::npos);
    CHECK(got.provider.value_or("") == want->second.provider);
    CHECK(got.http_status == status);
    ++seen;
  }
  CHECK(seen == expected.size());
}

#include "native/catalogue_cache.h"

#include <catch2/catch_test_macros.hpp>
#include <mutex>

#include "native/connection_probe.h"
#include "native/system.h"
#include "tests/native/raw_server.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

constexpr std::string_view kModels =
    R"({"data":[{"id":"a/one","name":"One","context_length":1000,"pricing":{"prompt":"0.000001","completion":"0.000002"},)"
    R"("top_provider":{"max_completion_tokens":500},"supported_parameters":["max_tokens"],"architecture":{"input_modalities":["text"]}}]})";

std::string response(int status, std::string_view body, std::string_view extra = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + std::string(extra) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

struct Place {
  explicit Place(std::string answer_) : answer(std::move(answer_)) {}

  void answers(std::string with) {
    const std::lock_guard lock(mutex);
    answer = std::move(with);
  }
  std::string now_answered() {
    const std::lock_guard lock(mutex);
    return answer;
  }

  std::mutex mutex;
  std::string answer;
  test::TemporaryFolder folder;
  test::RawServer server{[this](test::Connection& c) {
    while (!c.read_request().empty()) c.write(now_answered());
  }};
  Config config = *load_config(ConfigSources{"",
                                             "",
                                             [this](const std::string& name) -> std::optional<std::string> {
                                               if (name == "ORTHINK_BASE_URL") return server.url();
                                               return std::nullopt;
                                             },
                                             {}});
  std::unique_ptr<HttpClient> client = std::move(*HttpClient::create(server.url(), Secret("k")));

  size_t requests() {
    client.reset();
    server.stop();
    return server.requests().size();
  }
};

const Instant kNow = Instant::from_ms(1'790'000'000'000);
constexpr Duration kDay = Duration::seconds(86'400);

TEST_CASE("the catalogue is fetched once a day and kept with its instant") {
  Place place(response(200, kModels));
  CHECK(offline_catalogue(place.config, place.folder.path()).source == Catalogue::Source::snapshot);
  const Result<Catalogue> first = current_catalogue(place.config, place.folder.path(), *place.client, kNow);
  REQUIRE(first);
  CHECK(first->source == Catalogue::Source::fetched);
  CHECK(first->catalog.size() == 1);
  const Result<Catalogue> second = current_catalogue(place.config, place.folder.path(), *place.client, kNow + Duration::seconds(86'399));
  REQUIRE(second);
  CHECK(second->source == Catalogue::Source::cache);
  CHECK(second->catalog.fetched_at() == kNow);
  CHECK(second->catalog.find("a/one"));
  CHECK(offline_catalogue(place.config, place.folder.path()).source == Catalogue::Source::cache);
  const Result<Catalogue> third = current_catalogue(place.config, place.folder.path(), *place.client, kNow + kDay);
  REQUIRE(third);
  CHECK(third->source == Catalogue::Source::fetched);
  CHECK(refresh_catalogue(place.config, place.folder.path(), *place.client, kNow + kDay)->source == Catalogue::Source::fetched);
  CHECK(place.requests() == 3);
}

TEST_CASE("a fetch that fails falls back on the cache with a warning, or is the error") {
  Place place(response(200, kModels));
  REQUIRE(current_catalogue(place.config, place.folder.path(), *place.client, kNow));
  place.answers(response(503, R"({"error":{"message":"down","code":503}})"));
  const Result<Catalogue> stale = current_catalogue(place.config, place.folder.path(), *place.client, kNow + kDay + kDay);
  REQUIRE(stale);
  CHECK(stale->source == Catalogue::Source::cache);
  CHECK(stale->warning);
  const test::TemporaryFolder empty;
  const Result<Catalogue> none = current_catalogue(place.config, empty.path(), *place.client, kNow);
  REQUIRE_FALSE(none);
  CHECK(none.error().http_status == 503);

  Place elsewhere(response(404, R"({"error":{"code":404,"message":"Not Found"}})"));
  const Result<Catalogue> nowhere = current_catalogue(elsewhere.config, elsewhere.folder.path(), *elsewhere.client, kNow);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind == Kind::upstream_error);
  CHECK(nowhere.error().remedy.find("ORTHINK_BASE_URL") != std::string::npos);
}

TEST_CASE("a cache of another upstream, or one that cannot be read, is as if absent") {
  Place place(response(200, kModels));
  const std::string path = catalogue_path(place.folder.path(), place.server.url());
  for (const std::string& bad :
       {std::string("http://127.0.0.1:1/api/v1\nx"), place.server.url() + "\nnonsense", std::string(""), std::string("\n")}) {
    REQUIRE(write_file(path, bad, 0644));
    CHECK(offline_catalogue(place.config, place.folder.path()).source == Catalogue::Source::snapshot);
  }
}

TEST_CASE("upstreams have files of their own") {
  const std::string one = catalogue_path("/c", "https://openrouter.ai/api/v1");
  CHECK(one.starts_with("/c/models-openrouter.ai-"));
  CHECK(one != catalogue_path("/c", "https://openrouter.ai/api/v2"));
  CHECK(catalogue_path("/c", "http://127.0.0.1:1/x") == catalogue_path("/c", "http://[::1]:2/y"));
  CHECK(catalogue_path("", "https://a").empty());
}

TEST_CASE("the probe reads what the key may spend and whose clock is off") {
  Place place(response(200, R"({"data":{"label":"sk-or-v1-abc...123","usage":25.5,"limit_remaining":74.5,"is_free_tier":false}})",
                       "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  const Result<ConnectionProbe> probe = probe_connection(*place.client, now() + Duration::seconds(20));
  REQUIRE(probe);
  CHECK(probe->label == "sk-or-v1-abc...123");
  CHECK(probe->usage->to_decimal() == "25.5");
  CHECK(probe->limit_remaining->to_decimal() == "74.5");
  CHECK(probe->is_free_tier == false);
  const Instant then = Instant::from_ms(784'111'777'000);  // RFC 9110's own example
  const int64_t off = (*probe->clock_ahead - (wall_now() - then)).us;
  CHECK(off > -20'000'000);
  CHECK(off < 20'000'000);
}

TEST_CASE("a key that is not accepted is said so") {
  Place place(response(401, R"({"error":{"message":"No auth credentials found","code":401}})"));
  const Result<ConnectionProbe> probe = probe_connection(*place.client, now() + Duration::seconds(20));
  REQUIRE_FALSE(probe);
  CHECK(probe.error().errc == Errc::upstream_auth);
}

}  // namespace
}  // namespace orthink

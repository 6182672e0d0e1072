// The file: a first line with the base URL it came from, then the compact text of catalog/catalog.
#include "native/catalogue_cache.h"

#include <array>
#include <cstdio>
#include <utility>

#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/chat/upstream_error.h"

namespace orthink {
namespace {

constexpr Duration kFreshFor = Duration::seconds(24 * 60 * 60);
constexpr Duration kFetchDeadline = Duration::seconds(30);

// FNV-1a, 64 bits: tells file names apart, nothing more.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::optional<Catalog> read_cache(const std::string& path, const std::string& base_url) {
  if (path.empty() || !file_facts(path)) return std::nullopt;
  Result<std::string> bytes = read_file(path, limits::kModelsBytesMax);
  if (!bytes) return std::nullopt;
  const size_t line = bytes->find('\n');
  if (line == std::string::npos || bytes->compare(0, line, base_url) != 0) return std::nullopt;
  bytes->erase(0, line + 1);
  Result<Catalog> catalog = Catalog::from_compact(std::move(*bytes));
  if (!catalog || catalog->size() == 0) return std::nullopt;
  return std::move(*catalog);
}

struct Fetched {
  Catalog catalog;
  std::optional<Duration> clock_ahead;
};

Result<Fetched> fetch(HttpClient& client, Instant now, int stop_fd) {
  const Result<HttpResponse> response = get(client, "/models", orthink::now() + kFetchDeadline, limits::kModelsBytesMax, stop_fd);
  if (!response) return response.error();
  if (response->head.status == 404) {  // no model was asked for: it is the address that is wrong
    Error error = make_error(Errc::upstream_unknown_status, "GET /models answered 404: there is no list of models",
                             "Check that ORTHINK_BASE_URL names the upstream's API, such as https://openrouter.ai/api/v1.");
    error.http_status = 404;
    return error;
  }
  if (response->head.status != 200) return error_from_response(response->head, response->body, now);
  Result<Catalog> catalog = Catalog::from_models_document(response->body, now);
  if (!catalog) return catalog.error();
  if (catalog->size() == 0) return make_error(Errc::malformed_response, "GET /models answered no models");
  return Fetched{std::move(*catalog), clock_ahead(response->head)};
}

Catalogue keep(Fetched fetched, const std::string& path, const std::string& base_url) {
  Catalogue kept{std::move(fetched.catalog), Catalogue::Source::fetched, path, {}, fetched.clock_ahead};
  if (path.empty()) return kept;
  if (auto ok = write_file(path, base_url + "\n" + kept.catalog.to_compact(), 0644); !ok) {
    kept.warning = "The catalogue could not be kept: " + ok.error().message + ".";
  }
  return kept;
}

}  // namespace

std::string catalogue_path(const std::string& cache_folder, const std::string& base_url) {
  if (cache_folder.empty()) return {};
  if (is_loopback(base_url)) return cache_folder + "/models-loopback.txt";
  const size_t begin = base_url.find("://") + 3;
  const std::string host = base_url.substr(begin, base_url.find_first_of(":/", begin) - begin);
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash_of(base_url)));
  return cache_folder + "/models-" + host + "-" + hex.data() + ".txt";
}

Catalogue offline_catalogue(const Config& config, const std::string& cache_folder) {
  const std::string path = catalogue_path(cache_folder, config.base_url());
  if (std::optional<Catalog> cached = read_cache(path, config.base_url())) return {std::move(*cached), Catalogue::Source::cache, path, {}, {}};
  return {Catalog::snapshot(), Catalogue::Source::snapshot, path, {}, {}};
}

Result<Catalogue> current_catalogue(const Config& config, const std::string& cache_folder, HttpClient& client, Instant now, int stop_fd) {
  const std::string path = catalogue_path(cache_folder, config.base_url());
  std::optional<Catalog> cached = read_cache(path, config.base_url());
  if (cached && now - cached->fetched_at() < kFreshFor) return Catalogue{std::move(*cached), Catalogue::Source::cache, path, {}, {}};
  Result<Fetched> fetched = fetch(client, now, stop_fd);
  if (fetched) return keep(std::move(*fetched), path, config.base_url());
  if (!cached || fetched.error().errc == Errc::cancelled) return fetched.error();
  return Catalogue{std::move(*cached), Catalogue::Source::cache, path,
                   "The catalogue could not be renewed: " + fetched.error().message + ".", {}};
}

Result<Catalogue> refresh_catalogue(const Config& config, const std::string& cache_folder, HttpClient& client, Instant now, int stop_fd) {
  Result<Fetched> fetched = fetch(client, now, stop_fd);
  if (!fetched) return fetched.error();
  return keep(std::move(*fetched), catalogue_path(cache_folder, config.base_url()), config.base_url());
}

}  // namespace orthink

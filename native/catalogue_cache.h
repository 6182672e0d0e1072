// The catalogue on disk: one compact file an upstream in the cache folder, with the instant it was fetched.
//
// Younger than a day it is used as it is; older it is fetched again before a paid call; when that fails it still serves up to seven
// days with a warning (chat/prepare refuses older ones). Planning never fetches: cache file, else the compiled-in snapshot.
// Thread rule: pure functions over files.
#pragma once

#include <optional>
#include <string>

#include "native/config.h"
#include "native/http_client.h"
#include "orthink/catalog/catalog.h"

namespace orthink {

struct Catalogue {
  Catalog catalog;
  enum class Source : uint8_t { fetched, cache, snapshot } source = Source::snapshot;
  std::string path;                    // of the cache file; empty when there is no cache folder
  std::optional<std::string> warning;  // a sentence: fetching failed, the cache could not be written
  std::optional<Duration> clock_ahead; // fetched: our clock minus the upstream's, where it told its own
};

// The file for an upstream: "models-openrouter.ai-<hash>.txt"; all loopback upstreams share one.
std::string catalogue_path(const std::string& cache_folder, const std::string& base_url);

// For planning and listing: the cache file if it can be read, else the snapshot.
Catalogue offline_catalogue(const Config& config, const std::string& cache_folder);
// For a paid call. The Error is the fetch's when there is no cache to fall back on.
Result<Catalogue> current_catalogue(const Config& config, const std::string& cache_folder, HttpClient& client, Instant now,
                                    int stop_fd = -1);
// `models --refresh`: fetches and writes whatever the age.
Result<Catalogue> refresh_catalogue(const Config& config, const std::string& cache_folder, HttpClient& client, Instant now,
                                    int stop_fd = -1);

}  // namespace orthink

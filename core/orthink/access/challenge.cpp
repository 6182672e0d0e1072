#include "orthink/access/challenge.h"

#include <algorithm>

#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";
constexpr std::string_view kRetrySeconds = "60";

// A quoted-string (RFC 9110 section 5.6.4); what no header may hold is left out.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// "https://host/mcp" into "https://host" and "/mcp".
std::pair<std::string_view, std::string_view> origin_and_path(std::string_view uri) {
  const size_t scheme = uri.find("://");
  const size_t slash = uri.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (slash == std::string_view::npos) return {uri, {}};
  return {uri.substr(0, slash), uri.substr(slash)};
}

}  // namespace

Challenge challenge_of(Denial denial, const ResourceFacts& facts, const std::vector<std::string>& scopes) {
  const DenialRow& why = row(denial);
  Challenge challenge;
  challenge.status = why.status;
  if (why.status == 503) {
    challenge.headers.push_back({"Retry-After", std::string(kRetrySeconds)});
  } else {
    std::string value = "Bearer realm=\"orthink\"";
    if (!why.error.empty()) value += ", error=" + quoted(why.error) + ", error_description=" + quoted(why.sentence);
    if (const std::string needed = joined(scopes.empty() ? facts.scopes : scopes); !needed.empty()) value += ", scope=" + quoted(needed);
    if (const std::string url = metadata_url(facts); !url.empty()) value += ", resource_metadata=" + quoted(url);
    challenge.headers.push_back({"WWW-Authenticate", std::move(value)});
  }
  challenge.headers.push_back({"Content-Type", "application/json"});
  challenge.headers.push_back({"Cache-Control", "no-store"});
  const std::string_view error = why.error.empty() ? why.code : why.error;
  challenge.body = json::Writer().object().key("error").string(error).key("error_description").string(why.sentence).end().take();
  return challenge;
}

std::string metadata_url(const ResourceFacts& facts) {
  if (facts.resource.empty() || facts.issuers.empty()) return {};
  const auto [origin, path] = origin_and_path(facts.resource);
  return std::string(origin) + std::string(kWellKnown) + std::string(path == "/" ? "" : path);
}

std::vector<std::string> metadata_paths(const ResourceFacts& facts) {
  const std::string url = metadata_url(facts);
  if (url.empty()) return {};
  std::vector<std::string> paths{std::string(kWellKnown)};
  std::string own = url.substr(url.find(kWellKnown));
  if (own != kWellKnown) paths.push_back(std::move(own));
  return paths;
}

std::string metadata_json(const ResourceFacts& facts) {
  json::Writer out;
  out.object().key("resource").string(facts.resource).key("authorization_servers").array();
  for (const std::string& issuer : facts.issuers) out.string(issuer);
  out.end();
  if (!facts.scopes.empty()) {
    out.key("scopes_supported").array();
    for (const std::string& scope : facts.scopes) out.string(scope);
    out.end();
  }
  out.key("bearer_methods_supported").array().string("header").end();
  return out.key("resource_name").string("orthink").end().take();
}

Judged<std::string_view> bearer_of(std::string_view header) {
  constexpr std::string_view kScheme = "Bearer";
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  const size_t end = std::min(header.find(' '), header.size());
  if (!http::same_name(header.substr(0, end), kScheme)) return Denial::no_credentials;
  header.remove_prefix(end);
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  const bool is_plain = std::all_of(header.begin(), header.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ',' && c != '"'; });
  if (header.empty() || !is_plain) return Denial::malformed_header;
  return header;
}

}  // namespace orthink::access

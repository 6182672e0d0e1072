#include "orthink/mcp/origin.h"

#include <algorithm>

#include "orthink/base/loopback.h"

namespace orthink::mcp {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "name:port" without its port; nothing where it is neither a name nor a name with a port.
std::optional<std::string_view> without_port(std::string_view host) {
  const size_t from = host.starts_with('[') ? host.find(']') : 0;
  if (from == std::string_view::npos) return std::nullopt;
  const size_t colon = host.find(':', from);
  if (colon == std::string_view::npos) return host;
  if (!is_port(host.substr(colon + 1))) return std::nullopt;
  return host.substr(0, colon);
}

bool is_own_host(std::string_view host, const std::vector<std::string>& own) {
  const std::optional<std::string_view> bare = without_port(host);
  if (!bare || bare->empty()) return false;
  const std::string name = lower(*bare);
  return is_loopback_host(name) ||
         std::any_of(own.begin(), own.end(), [&](const std::string& other) { return lower(other) == name; });
}

bool is_own_origin(std::string_view origin, const std::vector<std::string>& own_hosts, const std::vector<std::string>& own_origins) {
  if (std::any_of(own_origins.begin(), own_origins.end(), [&](const std::string& other) { return lower(other) == lower(origin); })) return true;
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return is_own_host(origin.substr(scheme.size()), own_hosts);
  return false;
}

}  // namespace

std::optional<std::string> origin_fault(std::string_view host, std::optional<std::string_view> origin, const std::vector<std::string>& own_hosts,
                                        const std::vector<std::string>& own_origins) {
  if (!is_own_host(host, own_hosts)) return "this server does not answer under the name in the Host header";
  if (origin && !is_own_origin(*origin, own_hosts, own_origins)) return "pages of this Origin may not call this server";
  return std::nullopt;
}

}  // namespace orthink::mcp

#include "orthink/base/loopback.h"

#include <algorithm>

namespace orthink {
namespace {

bool is_octet(std::string_view text) {
  if (text.empty() || text.size() > 3) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_loopback_quad(std::string_view host) {
  int parts = 0;
  while (true) {
    const size_t dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    if (!is_octet(part) || (parts == 0 && part != "127")) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || is_loopback_quad(host);
}

}  // namespace orthink

// Requests and response heads as plain values; no transport.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"

namespace orthink::http {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;         // "POST"
  std::string path;           // "/chat/completions", appended to the base URL by the host
  std::vector<Header> headers;  // without the key: the host adds it on its way out
  std::string body;
};

struct Head {
  int status = 0;
  std::vector<Header> headers;

  // First value of `name`, compared without case; empty view when absent. Dies with this Head.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

// ASCII case folded comparison of header names.
bool same_name(std::string_view a, std::string_view b);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7); the two obsolete forms are not read.
std::optional<Instant> parse_date(std::string_view text);

}  // namespace orthink::http

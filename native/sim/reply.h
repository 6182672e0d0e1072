// Reply: one whole HTTP answer as plain data, and the error bodies OpenRouter words (OpenRouter's documentation).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/wire/http.h"

namespace orthink::sim {

struct Reply {
  int status = 200;
  std::vector<http::Header> headers;
  std::string content_type = "application/json";
  std::string body;
};

// What stands under error.metadata; empty fields are left out.
struct ErrorDetail {
  bool provider_is_null = false;      // "provider_name":null: refused before any provider was asked
  std::string provider{};
  std::string raw{};                  // the provider's own words, usually JSON in a string
  std::string error_type{};
  std::string reason{};
  std::string limit_source{};
  std::string remedy_hint{};
  std::string scope{};
  std::string resets_at{};
  std::vector<std::string> moderation_reasons{};
  std::string flagged_input{};
};

// {"error":{"message":...,"code":N,"metadata":{...}},"user_id":"user_simulated"}
std::string error_body(int code, std::string_view message, const ErrorDetail& detail = {});
Reply error_reply(int status, std::string_view message, const ErrorDetail& detail = {});
// 400 "Provider returned error", as a provider words it.
Reply provider_refusal(std::string_view provider, std::string_view message, std::string_view parameter);

}  // namespace orthink::sim

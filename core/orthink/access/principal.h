// Principal: who calls, and what they may.
//
//   Principal caller = Principal::local();
//   if (!caller.may_use_tool("thinking_completion")) refuse();
//   if (!caller.may_use_model("openai/gpt-5-mini")) refuse();
//
// Made by whoever checked a credential (access/keys, access/claims); it holds no credential itself, so that it may be logged.
// Thread rule: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/ledger/scope.h"

namespace orthink::access {

struct Principal {
  std::string id;        // "local", "key:NAME", "jwt:ISSUER#SUBJECT": unique among all that may call, printable
  std::string user;      // who is charged; empty: whom the call itself names, else the default of the configuration
  std::string tenant;    // whose money it is; empty: whom the call itself names
  std::string key_name;  // of a bearer key: the scope key:NAME; else empty
  std::optional<Limits> limits;     // of the scope key:NAME, beside those that the store knows
  std::vector<std::string> models;  // ids, or "openai/*" for all that begin so; empty: every model
  std::vector<std::string> tools;   // empty: every tool
  std::vector<std::string> scopes;  // granted by a token; empty for keys and local callers

  // Who runs the program on this machine: everything.
  static Principal local();
  [[nodiscard]] bool is_local() const;

  [[nodiscard]] bool may_use_tool(std::string_view tool) const;
  // A variant of a model ("openai/gpt-5:floor") is its own id: "openai/gpt-5*" allows both.
  [[nodiscard]] bool may_use_model(std::string_view model) const;
};

// `id` is a pattern's own text, or begins as a pattern does that ends in '*'. A '*' elsewhere is a character like any other.
bool matches_any(const std::vector<std::string>& patterns, std::string_view id);

}  // namespace orthink::access

// Menu: an offer with its answers written out once, so that a request for a list costs a copy.
//
//   Result<Menu> menu = Menu::open(std::move(offer));
//
// Thread rule: immutable once opened; shared by all threads.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/mcp/call.h"
#include "orthink/mcp/headers.h"
#include "orthink/mcp/offer.h"

namespace orthink::mcp {

class Menu {
 public:
  // Refuses an offer whose definitions are no JSON objects, whose tool names are not 1 to 64 of A-Z a-z 0-9 _ - . or stand twice, and
  // x-mcp-header where the specification does not allow it.
  static Result<Menu> open(Offer offer);

  [[nodiscard]] const Offer& offer() const { return offer_; }
  [[nodiscard]] std::string initialize(std::string_view revision) const;
  [[nodiscard]] const std::string& discover() const { return discover_; }
  // The result of a list method; nothing for a cursor that we did not give. REQUIRES: method is one of the four lists.
  [[nodiscard]] std::optional<std::string> list(std::string_view method, Era era, const Caller& caller, std::optional<std::string_view> cursor) const;

  struct Tool {
    std::vector<HeaderParam> header_params;
  };
  // Null: no such tool, or not for this caller.
  [[nodiscard]] const Tool* find_tool(std::string_view name, const Caller& caller) const;

  // A result object as a modern client wants it: with resultType, serverInfo and, where `cache` is given, the cache hint.
  [[nodiscard]] std::string modern_result(std::string_view result_json, std::string_view result_type, const CacheHint* cache) const;

 private:
  // Pages of one list in both eras.
  struct List {
    std::string_view method, key;
    std::vector<std::string> legacy, modern;
  };
  explicit Menu(Offer offer) : offer_(std::move(offer)) {}
  void write_out();
  [[nodiscard]] std::string capabilities() const;
  [[nodiscard]] const std::vector<Offered>& entries(std::string_view method) const;
  [[nodiscard]] std::string page(const List& list, const std::vector<const Offered*>& entries, size_t from, Era era, const CacheHint& hint) const;

  Offer offer_;
  std::string server_info_, discover_;
  std::array<List, 4> lists_{};
  std::unordered_map<std::string, Tool> tools_;
};

}  // namespace orthink::mcp

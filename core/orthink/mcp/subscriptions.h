// Subscription: one subscriptions/listen request of a modern client: which changes it is told of (specification 2026-07-28, "Subscriptions").
// Thread rule: a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orthink/mcp/call.h"
#include "orthink/mcp/offer.h"
#include "orthink/wire/json.h"

namespace orthink::mcp {

class Subscription {
 public:
  static constexpr size_t kUrisMax = 1'000;

  // Grants what of `wanted` (params.notifications) the offer has. `id` is the request's, as JSON.
  Subscription(std::string id, const json::Value& wanted, const Offer& offer);

  [[nodiscard]] const std::string& id() const { return id_; }
  // Nothing was granted: there will be no notification.
  [[nodiscard]] bool is_empty() const;
  // The first message.
  [[nodiscard]] std::string acknowledged() const;
  // A notification, or nothing where this change was not asked for.
  [[nodiscard]] std::optional<std::string> told(const news::Changed& change) const;

 private:
  std::string id_;
  bool tools_ = false, prompts_ = false, resources_ = false;
  std::vector<std::string> uris_;
};

// The same notification for a legacy client.
std::string legacy_change(const news::Changed& change);

}  // namespace orthink::mcp

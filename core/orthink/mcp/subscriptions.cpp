#include "orthink/mcp/subscriptions.h"

#include <algorithm>

#include "orthink/mcp/envelope.h"
#include "orthink/mcp/message.h"

namespace orthink::mcp {
namespace {

bool is_wanted(const json::Value& wanted, std::string_view key) {
  const json::Value* value = wanted.find(key);
  return value && value->is_boolean() && value->as_bool();
}

std::string_view method_of(news::Changed::What what) {
  switch (what) {
    case news::Changed::What::tools:
      return "notifications/tools/list_changed";
    case news::Changed::What::prompts:
      return "notifications/prompts/list_changed";
    case news::Changed::What::resources:
      return "notifications/resources/list_changed";
    case news::Changed::What::resource:
      return "notifications/resources/updated";
  }
  return {};
}

void write_meta(json::Writer& params, const std::string& id) {
  params.key("_meta").object().key(std::string(kMetaPrefix) + "subscriptionId").raw(id).end();
}

}  // namespace

Subscription::Subscription(std::string id, const json::Value& wanted, const Offer& offer) : id_(std::move(id)) {
  if (offer.lists_change) {
    tools_ = is_wanted(wanted, "toolsListChanged");
    prompts_ = is_wanted(wanted, "promptsListChanged");
    resources_ = is_wanted(wanted, "resourcesListChanged");
  }
  const json::Value* uris = offer.can_subscribe ? wanted.find("resourceSubscriptions") : nullptr;
  if (!uris || !uris->is_array()) return;
  for (const json::Member& uri : uris->members())
    if (uri.value.is_string() && uris_.size() < kUrisMax) uris_.push_back(uri.value.text());
}

bool Subscription::is_empty() const {
  return !tools_ && !prompts_ && !resources_ && uris_.empty();
}

std::string Subscription::acknowledged() const {
  json::Writer params;
  params.object();
  write_meta(params, id_);
  params.key("notifications").object();
  if (tools_) params.key("toolsListChanged").boolean(true);
  if (prompts_) params.key("promptsListChanged").boolean(true);
  if (resources_) params.key("resourcesListChanged").boolean(true);
  if (!uris_.empty()) {
    params.key("resourceSubscriptions").array();
    for (const std::string& uri : uris_) params.string(uri);
    params.end();
  }
  params.end().end();
  return write_notification("notifications/subscriptions/acknowledged", params.text());
}

std::optional<std::string> Subscription::told(const news::Changed& change) const {
  using What = news::Changed::What;
  const bool is_mine = (change.what == What::tools && tools_) || (change.what == What::prompts && prompts_) ||
                       (change.what == What::resources && resources_) ||
                       (change.what == What::resource && std::find(uris_.begin(), uris_.end(), change.uri) != uris_.end());
  if (!is_mine) return std::nullopt;
  json::Writer params;
  params.object();
  write_meta(params, id_);
  if (change.what == What::resource) params.key("uri").string(change.uri);
  params.end();
  return write_notification(method_of(change.what), params.text());
}

std::string legacy_change(const news::Changed& change) {
  if (change.what != news::Changed::What::resource) return write_notification(method_of(change.what), {});
  json::Writer params;
  params.object().key("uri").string(change.uri).end();
  return write_notification(method_of(change.what), params.text());
}

}  // namespace orthink::mcp

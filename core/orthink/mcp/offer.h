// Offer: what a server offers, as plain data. Menu (menu.h) writes the answers to it once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orthink::mcp {

struct Offered {
  std::string name;   // of a tool or prompt; uri of a resource; uriTemplate of a template
  std::string json;   // its definition: the member of tools/list, prompts/list, resources/list or resources/templates/list
};

// How long an answer may be kept, and by whom (modern only; section "Caching" of 2026-07-28).
struct CacheHint {
  uint64_t ttl_ms = 0;
  bool is_public = false;
};

struct Offer {
  std::string name;              // serverInfo
  std::string title;             // empty = none, as every text below
  std::string version;
  std::string description;
  std::string website_url;
  std::string icons_json;        // an array
  std::string instructions;
  std::vector<Offered> tools, prompts, resources, templates;
  bool has_completions = false;
  bool has_logging = false;
  bool lists_change = false;     // list_changed notifications, and subscriptions to them
  bool can_subscribe = false;    // to single resources
  size_t page_size = 0;          // entries of a page of a list; 0 = all on one
  CacheHint lists{3'600'000, true};
  CacheHint reads{0, false};     // resources/read
};

// Who asks, as far as this room cares.
struct Caller {
  std::string id = "local";             // binds request states and sessions
  std::vector<std::string> tools;       // the only ones it sees and may call; empty = all
  [[nodiscard]] bool may_use_tool(std::string_view tool) const;
};

}  // namespace orthink::mcp

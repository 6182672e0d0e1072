#include "orthink/mcp/menu.h"

#include <algorithm>
#include <charconv>

#include "orthink/mcp/envelope.h"
#include "orthink/mcp/revision.h"

namespace orthink::mcp {
namespace {

constexpr size_t kToolNameMax = 64;

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kToolNameMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
  });
}

Error bad_offer(std::string_view what, const std::string& name) {
  return make_error(Errc::invalid_argument, std::string(what) + " \"" + name + "\"");
}

void write_text(json::Writer& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.key(key).string(text);
}

std::string server_info(const Offer& offer) {
  json::Writer out;
  out.object().key("name").string(offer.name);
  write_text(out, "title", offer.title);
  out.key("version").string(offer.version);
  write_text(out, "description", offer.description);
  write_text(out, "websiteUrl", offer.website_url);
  if (!offer.icons_json.empty()) out.key("icons").raw(offer.icons_json);
  out.end();
  return out.take();
}

void write_cache(std::string& out, const CacheHint& hint) {
  out += R"("ttlMs":)";
  out += std::to_string(hint.ttl_ms);
  out += hint.is_public ? R"(,"cacheScope":"public")" : R"(,"cacheScope":"private")";
}

// Cursors are page numbers; clients must not read them.
std::optional<size_t> page_number(std::string_view cursor) {
  if (!cursor.starts_with("page-")) return std::nullopt;
  cursor.remove_prefix(5);
  size_t number = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
  if (error != std::errc() || end != cursor.data() + cursor.size() || number == 0) return std::nullopt;
  return number;
}

}  // namespace

bool Caller::may_use_tool(std::string_view tool) const {
  return tools.empty() || std::find(tools.begin(), tools.end(), tool) != tools.end();
}

Result<Menu> Menu::open(Offer offer) {
  Menu menu(std::move(offer));
  for (const Offered& tool : menu.offer_.tools) {
    if (!is_tool_name(tool.name)) return bad_offer("no tool may have the name", tool.name);
    const Result<json::Value> definition = json::parse(tool.json);
    const json::Value* schema = definition && definition->is_object() ? definition->find("inputSchema") : nullptr;
    if (!schema) return bad_offer("no input schema in the definition of the tool", tool.name);
    Result<std::vector<HeaderParam>> params = header_params(*schema);
    if (!params) return params.error();
    if (!menu.tools_.emplace(tool.name, Tool{std::move(*params)}).second) return bad_offer("two tools have the name", tool.name);
  }
  for (const auto* list : {&menu.offer_.prompts, &menu.offer_.resources, &menu.offer_.templates})
    for (const Offered& entry : *list)
      if (const Result<json::Value> definition = json::parse(entry.json); !definition || !definition->is_object())
        return bad_offer("no JSON object defines", entry.name);
  menu.write_out();
  return menu;
}

void Menu::write_out() {
  server_info_ = server_info(offer_);
  lists_ = {List{"tools/list", "tools", {}, {}}, List{"prompts/list", "prompts", {}, {}}, List{"resources/list", "resources", {}, {}},
            List{"resources/templates/list", "resourceTemplates", {}, {}}};
  for (List& list : lists_) {
    std::vector<const Offered*> all;
    for (const Offered& entry : entries(list.method)) all.push_back(&entry);
    const size_t step = offer_.page_size > 0 ? offer_.page_size : all.size() + 1;
    for (size_t from = 0; from == 0 || from < all.size(); from += step) {
      list.legacy.push_back(page(list, all, from, Era::legacy, offer_.lists));
      list.modern.push_back(page(list, all, from, Era::modern, offer_.lists));
    }
  }
  json::Writer out;
  out.object().key("supportedVersions").raw(supported_json()).key("capabilities").raw(capabilities());
  write_text(out, "instructions", offer_.instructions);
  out.end();
  discover_ = modern_result(out.text(), "complete", &offer_.lists);
}

std::string Menu::capabilities() const {
  json::Writer out;
  out.object();
  const auto list = [&](std::string_view key, bool is_there, bool can_subscribe) {
    if (!is_there) return;
    out.key(key).object();
    if (can_subscribe) out.key("subscribe").boolean(true);
    if (offer_.lists_change) out.key("listChanged").boolean(true);
    out.end();
  };
  if (offer_.has_logging) out.key("logging").object().end();
  if (offer_.has_completions) out.key("completions").object().end();
  list("prompts", !offer_.prompts.empty(), false);
  list("resources", !offer_.resources.empty() || !offer_.templates.empty(), offer_.can_subscribe);
  list("tools", !offer_.tools.empty(), false);
  out.end();
  return out.take();
}

std::string Menu::initialize(std::string_view revision) const {
  json::Writer out;
  out.object().key("protocolVersion").string(revision).key("capabilities").raw(capabilities()).key("serverInfo").raw(server_info_);
  write_text(out, "instructions", offer_.instructions);
  out.end();
  return out.take();
}

const std::vector<Offered>& Menu::entries(std::string_view method) const {
  if (method == "tools/list") return offer_.tools;
  if (method == "prompts/list") return offer_.prompts;
  return method == "resources/list" ? offer_.resources : offer_.templates;
}

std::string Menu::page(const List& list, const std::vector<const Offered*>& all, size_t from, Era era, const CacheHint& hint) const {
  const size_t step = offer_.page_size > 0 ? offer_.page_size : all.size() + 1;
  std::string out = "{\"";
  out.append(list.key).append("\":[");
  for (size_t i = from; i < all.size() && i < from + step; ++i) {
    if (i > from) out += ',';
    out += all[i]->json;
  }
  out += ']';
  if (from + step < all.size()) out += ",\"nextCursor\":\"page-" + std::to_string(from / step + 1) + '"';
  out += '}';
  return era == Era::legacy ? out : modern_result(out, "complete", &hint);
}

std::optional<std::string> Menu::list(std::string_view method, Era era, const Caller& caller, std::optional<std::string_view> cursor) const {
  const List& list = *std::find_if(lists_.begin(), lists_.end() - 1, [method](const List& other) { return other.method == method; });
  size_t number = 0;
  if (cursor) {
    const std::optional<size_t> given = page_number(*cursor);
    if (!given) return std::nullopt;
    number = *given;
  }
  if (caller.tools.empty() || list.method != "tools/list") {
    const std::vector<std::string>& pages = era == Era::legacy ? list.legacy : list.modern;
    return number < pages.size() ? std::optional(pages[number]) : std::nullopt;
  }
  std::vector<const Offered*> mine;
  for (const Offered& tool : offer_.tools)
    if (caller.may_use_tool(tool.name)) mine.push_back(&tool);
  const size_t step = offer_.page_size > 0 ? offer_.page_size : mine.size() + 1;
  if (number > 0 && number * step >= mine.size()) return std::nullopt;
  return page(list, mine, number * step, era, CacheHint{offer_.lists.ttl_ms, false});
}

const Menu::Tool* Menu::find_tool(std::string_view name, const Caller& caller) const {
  const auto tool = tools_.find(std::string(name));
  return tool != tools_.end() && caller.may_use_tool(name) ? &tool->second : nullptr;
}

std::string Menu::modern_result(std::string_view result_json, std::string_view result_type, const CacheHint* cache) const {
  // The work seldom writes members that stand here too; then they are taken apart, else the text is wrapped as it is.
  std::string inner(result_json);
  std::string meta = "{\"" + std::string(kMetaPrefix) + "serverInfo\":" + server_info_ + '}';
  bool has_cache = false;
  const bool is_plain = inner == "{}" || (inner.starts_with("{\"") && inner.ends_with('}'));
  if (!is_plain || inner.find("\"_meta\"") != std::string::npos || inner.find("\"ttlMs\"") != std::string::npos) {
    Result<json::Value> parsed = json::parse(inner);
    json::Value value = parsed && parsed->is_object() ? std::move(*parsed) : json::Value::object();
    has_cache = value.find("ttlMs") != nullptr;
    if (const json::Value* own = value.find("_meta"); own && own->is_object()) {
      json::Value merged = *own;
      if (Result<json::Value> info = json::parse(server_info_)) merged.set(std::string(kMetaPrefix) + "serverInfo", std::move(*info));
      meta = json::dump(merged);
      value.erase("_meta");
    }
    inner = json::dump(value);
  }
  std::string out;
  out.reserve(inner.size() + meta.size() + 80);
  out.append("{\"resultType\":\"").append(result_type).append("\",");
  out.append(inner, 1, inner.size() - 2);
  if (inner.size() > 2) out += ',';
  if (cache && !has_cache) {
    write_cache(out, *cache);
    out += ',';
  }
  return out.append("\"_meta\":").append(meta).append("}");
}

}  // namespace orthink::mcp

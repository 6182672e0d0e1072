#include <algorithm>
#include <array>

#include "native/access/keys_file.h"
#include "native/cli/verbs.h"
#include "native/catalogue_cache.h"
#include "native/config.h"
#include "native/money/when.h"
#include "native/system.h"
#include "orthink/access/principal.h"
#include "orthink/chat/ask.h"
#include "orthink/ledger/window.h"
#include "orthink/tools/tool_table.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

using access::AccessKey;
using access::KeyTable;

enum class Action : uint8_t { list, add, remove, disable, enable };
constexpr std::array<std::string_view, 5> kActions{"list", "add", "remove", "disable", "enable"};

constexpr std::pair<Flag, LimitKind> kLimitFlags[] = {{Flag::usd_per_day, LimitKind::usd_per_day},
                                                      {Flag::usd_per_month, LimitKind::usd_per_month},
                                                      {Flag::requests_per_minute, LimitKind::requests_per_minute},
                                                      {Flag::requests_per_day, LimitKind::requests_per_day},
                                                      {Flag::tokens_per_minute, LimitKind::tokens_per_minute}};
constexpr Flag kAddFlags[] = {Flag::user, Flag::tenant, Flag::usd_per_day, Flag::usd_per_month, Flag::requests_per_minute,
                              Flag::requests_per_day, Flag::tokens_per_minute, Flag::allow_models, Flag::allow_tools, Flag::expires};

Error wrong(std::string message, std::string remedy) { return make_error(Errc::invalid_argument, std::move(message), std::move(remedy)); }

Result<Limits> limits_of(const Typed& typed) {
  Limits limits;
  for (const auto& [flag, kind] : kLimitFlags) {
    const std::optional<std::string_view> text = typed.text(flag);
    if (!text) continue;
    if (Result<void> set = limits.set_text(kind, *text); !set) return wrong(std::string(row(flag).name) + ": " + set.error().message, set.error().remedy);
  }
  return limits;
}

Result<std::vector<std::string>> patterns_of(const Typed& typed, Flag flag) {
  std::vector<std::string> patterns;
  const std::optional<std::string_view> text = typed.text(flag);
  if (!text) return patterns;
  std::string_view rest = *text;
  for (;;) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (comma == 0) return wrong(std::string(row(flag).name) + " has an empty name in its list", "Separate names by one comma, without blanks.");
    patterns.emplace_back(rest.substr(0, comma));
    if (comma == rest.size()) return patterns;
    rest.remove_prefix(comma + 1);
  }
}

Result<void> check_tools(const std::vector<std::string>& patterns) {
  std::vector<std::string_view> names;
  for (const tools::ToolRow& tool : tools::tool_rows()) names.push_back(tool.name);
  for (const std::string& pattern : patterns) {
    const auto fits = [&pattern](std::string_view tool) { return access::matches_any({pattern}, tool); };
    if (std::any_of(names.begin(), names.end(), fits)) continue;
    const std::string_view close = closest_name(pattern, names);
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    return wrong("--allow-tools: there is no tool \"" + harmless(pattern) + "\"",
                 close.empty() ? "There are " + all + "." : "Did you mean " + std::string(close) + "?");
  }
  return {};
}

// Those that fit no model known now: not wrong, since models come and go.
void warn_of_models(const std::vector<std::string>& patterns, const Config& config, Printer& printer) {
  if (patterns.empty()) return;
  const Catalogue known = offline_catalogue(config, folders().cache);
  const std::vector<ModelCard> cards = known.catalog.all();
  for (const std::string& pattern : patterns) {
    const auto fits = [&pattern](const ModelCard& card) { return access::matches_any({pattern}, card.id); };
    if (known.catalog.find(pattern) || std::any_of(cards.begin(), cards.end(), fits)) continue;
    const std::vector<std::string> close = known.catalog.suggest(pattern);
    printer.talk(printer.styled_err(Style::yellow, "warning: ") + "--allow-models: \"" + harmless(pattern) + "\" fits no model that is known" +
                 (close.empty() ? "" : "; did you mean " + harmless(close.front()) + "?"));
  }
}

// What when_of reads as an age lies as far ahead here.
Result<std::optional<Instant>> end_of(const Typed& typed, Instant at) {
  const std::optional<std::string_view> text = typed.text(Flag::expires);
  if (!text) return std::optional<Instant>();
  const Result<Instant> when = when_of(*text, at);
  if (!when) return wrong("--expires: " + when.error().message, "Write a time from now such as 90d, 12h or 2w, or a day such as 2027-01-31.");
  const bool is_age = text->find('-') == std::string_view::npos;
  const Instant end = is_age ? at + (at - *when) : *when;
  if (end <= at) return wrong("--expires lies in the past", "Write a time from now such as 90d, or a day that is still to come.");
  return std::optional(Instant{end.us / 1'000'000 * 1'000'000});
}

Result<AccessKey> key_of(const Typed& typed, const std::string& name) {
  AccessKey key;
  key.name = name;
  for (const auto& [flag, kind, target] : {std::tuple(Flag::user, ScopeKind::user, &key.user), std::tuple(Flag::tenant, ScopeKind::tenant, &key.tenant)}) {
    if (!typed.has(flag)) continue;
    *target = std::string(*typed.text(flag));
    if (Result<Scope> scope = Scope::parse(std::string(orthink::name(kind)) + ":" + *target); !scope)
      return wrong(std::string(row(flag).name) + ": " + scope.error().message, "Give a name of 1 to 256 bytes without control characters.");
  }
  Result<Limits> limits = limits_of(typed);
  if (!limits) return limits.error();
  key.limits = std::move(*limits);
  for (const auto& [flag, target] : {std::pair(Flag::allow_models, &key.models), std::pair(Flag::allow_tools, &key.tools)}) {
    Result<std::vector<std::string>> patterns = patterns_of(typed, flag);
    if (!patterns) return patterns.error();
    *target = std::move(*patterns);
  }
  if (Result<void> good = check_tools(key.tools); !good) return good.error();
  Result<std::optional<Instant>> end = end_of(typed, wall_now());
  if (!end) return end.error();
  key.expires = *end;
  return key;
}

int add(const Config& config, const std::string& name, const Typed& typed, Printer& printer) {
  const std::string& path = config.text("auth_keys_file");
  Result<AccessKey> key = key_of(typed, name);
  if (!key) return printer.fail(key.error(), typed.json());
  warn_of_models(key->models, config, printer);
  const std::string secret = access::make_key({entropy64(), entropy64(), entropy64(), entropy64()});
  key->sha256 = Sha256::of(secret);
  if (Result<void> kept = access::change_keys(path, [&](KeyTable& table) { return table.add(*key); }); !kept) return printer.fail(kept.error(), typed.json());
  if (typed.json()) {
    json::Writer out;
    out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("name").string(name).key("key").string(secret).key("path").string(path);
    printer.line(out.end().take());
    return 0;
  }
  printer.talk("This is the only time the key of " + name + " is shown; " + harmless(path) + " keeps its sum. A running server takes it up at SIGHUP.");
  printer.line(secret);
  return 0;
}

// remove, disable and enable.
int change(Action action, const std::string& path, const std::string& name, const Typed& typed, Printer& printer) {
  const Result<void> done = access::change_keys(path, [&](KeyTable& table) -> Result<void> {
    if (action == Action::remove ? table.remove(name) : table.disable(name, action == Action::disable)) return {};
    std::vector<std::string_view> names;
    for (const AccessKey& key : table.keys()) names.push_back(key.name);
    const std::string_view close = closest_name(name, names);
    return wrong("there is no key named \"" + harmless(name) + "\"",
                 close.empty() ? "`orthink access list` shows those there are." : "Did you mean " + std::string(close) + "?");
  });
  if (!done) return printer.fail(done.error(), typed.json());
  const std::string_view what = action == Action::remove ? "removed" : action == Action::disable ? "disabled" : "enabled";
  if (typed.json()) {
    json::Writer out;
    out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("name").string(name).key("done").string(what);
    printer.line(out.end().take());
  } else {
    printer.line(name + ": " + std::string(what) + ". A running server takes it up at SIGHUP.");
  }
  return 0;
}

std::string joined(const std::vector<std::string>& words, std::string_view none) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out.empty() ? std::string(none) : out;
}

std::string state_of(const AccessKey& key, Instant at) {
  if (key.is_disabled) return "disabled";
  if (!key.expires) return "valid";
  return (*key.expires <= at ? "expired " : "until ") + window::iso_text(*key.expires);
}

std::string listed_json(const KeyTable& table, const std::string& path, Instant at) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("path").string(path).key("keys").array();
  for (const AccessKey& key : table.keys()) {
    out.object().key("name").string(key.name);
    out.key("user").string_or_null(key.user.empty() ? std::nullopt : std::optional(key.user));
    out.key("tenant").string_or_null(key.tenant.empty() ? std::nullopt : std::optional(key.tenant));
    for (const auto& [name, words] : {std::pair("models", &key.models), std::pair("tools", &key.tools)}) {
      out.key(name).array();
      for (const std::string& word : *words) out.string(word);
      out.end();
    }
    out.key("limits").raw(key.limits.to_json());
    out.key("expires").string_or_null(key.expires ? std::optional(window::iso_text(*key.expires)) : std::nullopt);
    out.key("valid").boolean(!key.is_disabled && (!key.expires || at < *key.expires)).end();
  }
  return out.end().end().take();
}

int list(const std::string& path, const Typed& typed, Printer& printer) {
  const Result<KeyTable> table = access::read_keys(path);
  if (!table) return printer.fail(table.error(), typed.json());
  const Instant at = wall_now();
  if (typed.json()) {
    printer.line(listed_json(*table, path, at));
    return 0;
  }
  if (table->keys().empty()) printer.talk("There is no key yet; `orthink access add NAME` makes one.");
  for (const AccessKey& key : table->keys()) {
    printer.line(printer.styled_out(Style::bold, key.name) + "  " + state_of(key, at));
    if (!key.user.empty()) printer.line("  user    " + harmless(key.user));
    if (!key.tenant.empty()) printer.line("  tenant  " + harmless(key.tenant));
    printer.line("  models  " + harmless(joined(key.models, "every")));
    printer.line("  tools   " + harmless(joined(key.tools, "every")));
    if (!key.limits.empty()) printer.line("  limits  " + key.limits.to_json());
  }
  return 0;
}

struct Wish {
  Action action = Action::list;
  std::string name;
};

Result<Wish> wish_of(const Typed& typed) {
  Wish wish;
  const std::vector<std::string>& words = typed.words();
  const auto* action = std::find(kActions.begin(), kActions.end(), words[0]);
  if (action == kActions.end()) {
    const std::string_view close = closest_name(words[0], {kActions.begin(), kActions.end()});
    return wrong("there is no `orthink access " + harmless(words[0]) + "`",
                 close.empty() ? "It is one of list, add, remove, disable and enable." : "Did you mean orthink access " + std::string(close) + "?");
  }
  wish.action = static_cast<Action>(action - kActions.begin());
  const bool has_name = words.size() > 1;
  const std::string typed_action(kActions[static_cast<size_t>(wish.action)]);
  if (wish.action == Action::list && has_name) return wrong("`orthink access list` takes no name", "It shows every key.");
  if (wish.action != Action::list && !has_name)
    return wrong("`orthink access " + typed_action + "` does not say which key", "Write its name after " + typed_action + ".");
  if (has_name) wish.name = words[1];
  for (const Flag flag : kAddFlags)
    if (wish.action != Action::add && typed.has(flag))
      return wrong(std::string(row(flag).name) + " is for `orthink access add` alone", "Remove the key and add it anew with what it may do.");
  return wish;
}

}  // namespace

int run_access(const Typed& typed, Printer& printer) {
  const Result<Wish> wish = wish_of(typed);
  if (!wish) return printer.fail(wish.error(), typed.json());
  const Result<Config> config = load_config();
  if (!config) return printer.fail(config.error(), typed.json());
  const std::string& path = config->text("auth_keys_file");
  switch (wish->action) {
    case Action::list:
      return list(path, typed, printer);
    case Action::add:
      return add(*config, wish->name, typed, printer);
    case Action::remove:
    case Action::disable:
    case Action::enable:
      return change(wish->action, path, wish->name, typed, printer);
  }
  return 0;
}

}  // namespace orthink::cli

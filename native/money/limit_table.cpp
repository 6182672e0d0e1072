#include "native/money/limit_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "native/system.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;
using Expects = DocumentWrite::Expects;

constexpr std::string_view kFolder = "limits/";
constexpr std::string_view kEveryone = "*";
// Two who change one document at once come through one after the other; more turns than this mean a store that lies.
constexpr int kTurnsMax = 1000;

// What a document says: of each limit a number, "lifted" (null), or nothing.
struct Words {
  Limits limits;
  std::array<bool, kLimitKinds.size()> is_said{};

  [[nodiscard]] bool says(LimitKind kind) const { return is_said[static_cast<size_t>(kind)]; }
  void say(LimitKind kind, std::optional<int64_t> limit) {
    limits.set(kind, limit);
    is_said[static_cast<size_t>(kind)] = true;
  }
};

std::string document_key(const Scope& scope) {
  return std::string(kFolder) + scope.to_text();
}

Result<Words> parse_words(const std::string& key, const std::string& text) {
  const auto unreadable = [&](const Error& why) {
    return unusable_store("the limits at " + key + " cannot be read: " + why.message,
                          "Set them anew with orthink budget set.");
  };
  const Result<json::Value> document = json::parse(text);
  if (!document) return unreadable(document.error());
  const Result<Limits> limits = Limits::parse(text);
  if (!limits) return unreadable(limits.error());
  Words words{*limits, {}};
  for (const LimitKind kind : kLimitKinds) words.is_said[static_cast<size_t>(kind)] = document->find(name(kind)) != nullptr;
  return words;
}

std::string to_json(const Words& words) {
  json::Writer out;
  out.object();
  for (const LimitKind kind : kLimitKinds) {
    if (!words.says(kind)) continue;
    out.key(name(kind));
    const std::optional<int64_t>& limit = words.limits.get(kind);
    if (!limit)
      out.null();
    else if (is_money(kind))
      out.string(NanoUsd{*limit}.to_money().to_decimal());
    else
      out.number(*limit);
  }
  return out.end().take();
}

Result<Words> read_words(Store& store, const Scope& scope) {
  const std::string key = document_key(scope);
  const Result<std::optional<std::string>> text = store.document(key, Instant::zero());
  if (!text) return text.error();
  return *text ? parse_words(key, **text) : Words{};
}

Limits configured(const Config& config, const Scope& scope) {
  Limits limits;
  if (scope.kind != ScopeKind::user) return limits;
  if (const auto day = config.daily_limit()) limits.set(LimitKind::usd_per_day, day->nano);
  if (const auto month = config.monthly_limit()) limits.set(LimitKind::usd_per_month, month->nano);
  return limits;
}

// One document replaced if it is still as it was read.
DocumentWrite replacement(const std::string& key, const std::optional<std::string>& found, std::optional<std::string> text) {
  return {key, found ? Expects::this_text : Expects::absence, found.value_or(""), std::move(text), Instant::never()};
}

}  // namespace

Result<ledger::ScopeList> limits_of(Store& store, const Config& config, const std::vector<Scope>& scopes) {
  ledger::ScopeList list;
  for (const Scope& scope : scopes) {
    const Result<Words> own = read_words(store, scope);
    if (!own) return own.error();
    const Scope everyone{scope.kind, std::string(kEveryone)};
    const bool is_one_of_many = scope.kind != ScopeKind::global && scope.id != everyone.id;
    const Result<Words> shared = is_one_of_many ? read_words(store, everyone) : Words{};
    if (!shared) return shared.error();
    Limits limits = configured(config, scope);
    for (const LimitKind kind : kLimitKinds) {
      if (own->says(kind))
        limits.set(kind, own->limits.get(kind));
      else if (shared->says(kind))
        limits.set(kind, shared->limits.get(kind));
    }
    list.push_back({scope, limits});
  }
  return list;
}

Result<void> change_limits(Store& store, const Scope& scope, const std::vector<LimitChange>& changes) {
  const std::string key = document_key(scope);
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    const Result<std::optional<std::string>> found = store.document(key, Instant::zero());
    if (!found) return found.error();
    std::optional<std::string> text;
    if (!changes.empty()) {
      Result<Words> words = *found ? parse_words(key, **found) : Words{};
      if (!words) words = Words{};  // what cannot be read is replaced, as its remedy says
      for (const LimitChange& change : changes) words->say(change.kind, change.limit);
      text = to_json(*words);
    }
    const Result<Instant> at = store.now();
    if (!at) return at.error();
    StoreBatch batch;
    batch.at = *at;
    batch.is_durable = true;
    batch.documents.push_back(replacement(key, *found, std::move(text)));
    const StoreReply reply = store.apply(batch);
    if (reply.verdict == Verdict::applied) return {};
    if (reply.verdict != Verdict::document_conflict) return not_taken(reply, "the change");
  }
  return make_error(Errc::store_unavailable, "the limits at " + key + " changed each time they were looked at");
}

// The counter of blocks may be raised at any time by a settlement, and two may clear it at once: a document that each clearing
// replaces lets only one of them take away what it saw.
Result<bool> clear_block(Store& store, const Scope& scope) {
  const std::string key = "cleared/" + scope.to_text();
  const std::vector<std::string> counters(1, ledger::blocked_key(scope));
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    const Result<std::optional<std::string>> found = store.document(key, Instant::zero());
    if (!found) return found.error();
    const Result<std::vector<int64_t>> blocks = store.counters(counters);
    if (!blocks) return blocks.error();
    if (blocks->front() <= 0) return false;
    const Result<Instant> at = store.now();
    if (!at) return at.error();
    StoreBatch batch;
    batch.at = *at;
    batch.is_durable = true;
    batch.documents.push_back(replacement(key, *found, random_id("cleared-")));
    batch.additions.push_back({counters.front(), -blocks->front(), std::nullopt});
    const StoreReply reply = store.apply(batch);
    if (reply.verdict == Verdict::applied) return true;
    if (reply.verdict != Verdict::document_conflict) return not_taken(reply, "the change");
  }
  return make_error(Errc::store_unavailable, "the block of " + scope.to_text() + " changed each time it was looked at");
}

Result<std::vector<Scope>> known_scopes(Store& store) {
  const Result<Instant> now = store.now();
  if (!now) return now.error();
  std::set<Scope> scopes;
  scopes.emplace();  // global
  const auto add = [&](std::string_view text) {
    if (Result<Scope> scope = Scope::parse(text)) scopes.insert(std::move(*scope));
  };
  const Result<Store::Texts> documents = store.documents(kFolder, *now);
  if (!documents) return documents.error();
  for (const auto& [key, text] : *documents) add(std::string_view(key).substr(kFolder.size()));
  // Committed money of this month lies at c/SCOPE/mN; today's is part of it. A block at b/SCOPE.
  const std::string month = "/m" + std::to_string(window::month_of(*now));
  const Result<void> counted = store.all_counters([&](const std::string& key, int64_t value) {
    const std::string_view text = key;
    if (text.starts_with("c/") && text.ends_with(month) && text.size() > month.size() + 2)
      add(text.substr(2, text.size() - month.size() - 2));
    if (text.starts_with("b/") && value > 0) add(text.substr(2));
    return true;
  });
  if (!counted) return counted.error();
  std::vector<Scope> list(scopes.begin(), scopes.end());
  std::stable_sort(list.begin(), list.end(), [](const Scope& a, const Scope& b) {
    return std::pair(a.kind != ScopeKind::global, a.to_text()) < std::pair(b.kind != ScopeKind::global, b.to_text());
  });
  return list;
}

}  // namespace orthink

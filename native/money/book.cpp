#include "native/money/book.h"

#include <utility>

#include "native/money/epoch.h"
#include "native/money/limit_table.h"
#include "native/money/recovery.h"
#include "native/system.h"
#include "orthink/base/sha256.h"

namespace orthink {
namespace {

// Ids come from callers: one that no scope can have is charged under its sum instead.
Scope scope_of(ScopeKind kind, const std::string& id) {
  const Scope scope{kind, id};
  if (Scope::parse(scope.to_text())) return scope;
  return {kind, "sha256-" + hex(Sha256::of(id)).substr(0, 32)};
}

Error never_compared() {
  return make_error(Errc::clock_refused, "this machine's clock was not compared with the upstream's since it started",
                    "Run orthink again while the upstream can be reached: its time decides.");
}

}  // namespace

Error no_folder_for_ledger() {
  return unusable_store("there is no folder for the ledger",
                        "Set HOME or XDG_STATE_HOME, or name a store with ORTHINK_STORE.");
}

std::vector<Scope> payers(const Config& config, const Ask& ask, const std::string& key_id) {
  std::vector<Scope> scopes(1);  // global
  if (!ask.tenant.empty()) scopes.push_back(scope_of(ScopeKind::tenant, ask.tenant));
  scopes.push_back(scope_of(ScopeKind::user, ask.user.empty() ? config.user() : ask.user));
  if (!key_id.empty()) scopes.push_back(scope_of(ScopeKind::key, key_id));
  if (!ask.session.empty()) scopes.push_back(scope_of(ScopeKind::session, ask.session));
  return scopes;
}

Result<std::unique_ptr<Book>> Book::open(const Config& config, const BookOptions& options) {
  if (config.store().empty()) return no_folder_for_ledger();
  Result<std::unique_ptr<Store>> store = open_store(config.store());
  if (!store) return store.error();
  BookOptions own = options;
  if (config.store() == "memory:") own.clock = BookOptions::Clock::cannot_be_proven;
  return open(config, std::move(*store), own);
}

Result<std::unique_ptr<Book>> Book::open(const Config& config, std::unique_ptr<Store> store, const BookOptions& options) {
  const std::optional<Duration>& ahead_of_upstream = options.ahead_of_upstream;
  if (ahead_of_upstream)
    if (auto ok = clock_guard::check_upstream(*ahead_of_upstream); !ok) return ok.error();
  const Result<clock_guard::Reading> reading = clock_guard::read(*store);
  if (!reading) return reading.error();
  const Result<bool> is_anchored = clock_guard::is_anchored(*store, *reading);
  if (!is_anchored) return is_anchored.error();
  const bool is_proven = *is_anchored || ahead_of_upstream;
  if (!is_proven && options.clock == BookOptions::Clock::must_be_proven) return never_compared();
  const bool is_kept = is_proven || options.clock == BookOptions::Clock::cannot_be_proven;
  Result<clock_guard::Anchor> anchor = clock_guard::Anchor{reading->wall, reading->since_boot};
  if (is_kept) anchor = clock_guard::check(*store, *reading);
  if (!anchor && anchor.error().errc == Errc::clock_refused && ahead_of_upstream) anchor = clock_guard::anchor_anew(*store, *reading);
  if (!anchor) return anchor.error();
  if (auto found = recover(*store, epoch::Epoch::own()); !found) return found.error();
  Result<std::string> id = epoch::begin(*store);
  if (!id) return id.error();
  std::unique_ptr<Book> book(new Book(config, std::move(store), *anchor));
  book->epoch_ = std::move(*id);
  return book;
}

// A document that cannot be removed is that of a dead process soon.
Book::~Book() {
  static_cast<void>(epoch::end(*store_, epoch_));
}

Result<LedgerOptions> Book::options_for(const std::vector<Scope>& payers) {
  return options_for(payers, config_);
}

Result<LedgerOptions> Book::options_for(const std::vector<Scope>& payers, const Config& config) {
  const Result<Instant> wall = store_->now();
  if (!wall) return wall.error();
  if (auto ok = clock_guard::check(anchor_, *wall, since_boot()); !ok) return ok.error();
  Result<ledger::ScopeList> limits = limits_of(*store_, config, payers);
  if (!limits) return limits.error();
  LedgerOptions options;
  options.scopes = std::move(*limits);
  options.epoch = epoch_;
  options.warn_percent = config.warn_percent();
  options.slice_tokens = config.slice_tokens();
  return options;
}

Result<Duration> Book::clock_ahead() {
  const Result<int64_t> latest = store_->mark("clock");
  if (!latest) return latest.error();
  const Result<Instant> wall = store_->now();
  if (!wall) return wall.error();
  // Farther behind than the slack: the reservation refuses it.
  const bool is_behind = Instant{*latest} > *wall && Instant{*latest} <= *wall + ledger::kClockSlack;
  return (is_behind ? Instant{*latest} : *wall) - now();
}

}  // namespace orthink

#include "native/money/book.h"

#include <utility>

#include "native/money/limit_table.h"
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

}  // namespace

std::vector<Scope> payers(const Config& config, const Ask& ask, const std::string& key_id) {
  std::vector<Scope> scopes{Scope{}};
  if (!ask.tenant.empty()) scopes.push_back(scope_of(ScopeKind::tenant, ask.tenant));
  scopes.push_back(scope_of(ScopeKind::user, ask.user.empty() ? config.user() : ask.user));
  if (!key_id.empty()) scopes.push_back(scope_of(ScopeKind::key, key_id));
  if (!ask.session.empty()) scopes.push_back(scope_of(ScopeKind::session, ask.session));
  return scopes;
}

Result<std::unique_ptr<Book>> Book::open(const Config& config) {
  if (config.store().empty()) {
    return make_error(Errc::store_unavailable, "there is no folder for the ledger",
                      "Set HOME or XDG_STATE_HOME, or name a store with ORTHINK_STORE.");
  }
  Result<std::unique_ptr<Store>> store = open_store(config.store());
  if (!store) return store.error();
  return std::unique_ptr<Book>(new Book(config, std::move(*store)));
}

Book::Book(const Config& config, std::unique_ptr<Store> store)
    : config_(config), store_(std::move(store)), epoch_(random_id("epoch-")) {}

Book::~Book() = default;

Result<LedgerOptions> Book::options_for(const std::vector<Scope>& payers) {
  Result<ledger::ScopeList> limits = limits_of(*store_, config_, payers);
  if (!limits) return limits.error();
  LedgerOptions options;
  options.scopes = std::move(*limits);
  options.epoch = epoch_;
  options.warn_percent = config_.warn_percent();
  return options;
}

}  // namespace orthink

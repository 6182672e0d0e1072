#include "native/serve/ledger_looks.h"

#include <algorithm>
#include <vector>

#include "native/money/limit_table.h"
#include "native/money/look.h"
#include "native/money/when.h"
#include "native/system.h"
#include "orthink/ledger/budget.h"
#include "orthink/tools/tool_result.h"

namespace orthink::serve {
namespace {

// The scopes a bound caller may see, most narrow first.
std::vector<Scope> own_scopes(const access::Principal& caller) {
  std::vector<Scope> scopes;
  if (!caller.key_name.empty()) scopes.push_back({ScopeKind::key, caller.key_name});
  if (!caller.user.empty()) scopes.push_back({ScopeKind::user, caller.user});
  if (!caller.tenant.empty()) scopes.push_back({ScopeKind::tenant, caller.tenant});
  return scopes;
}

bool contains(const std::vector<Scope>& scopes, const Scope& scope) { return std::find(scopes.begin(), scopes.end(), scope) != scopes.end(); }

// Of a caller with a key, what that key bought; else what was charged to both their user and their tenant, as far as they have them.
bool is_own(const HoldRecord& record, const std::vector<Scope>& own) {
  if (own.empty()) return false;
  if (own.front().kind == ScopeKind::key) return contains(record.scopes, own.front());
  return std::all_of(own.begin(), own.end(), [&](const Scope& scope) { return contains(record.scopes, scope); });
}

Result<std::optional<Instant>> time_of(const json::Value& arguments, std::string_view name) {
  const json::Value* typed = arguments.find(name);
  if (typed == nullptr) return std::optional<Instant>();
  Result<Instant> when = when_of(typed->text(), now());
  if (!when) {
    Error error = when.error();
    error.message = std::string(name) + ": " + error.message;
    return error;
  }
  return std::optional(*when);
}

Result<std::string> report_of(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off) {
  const Result<std::optional<Instant>> since = time_of(arguments, "since");
  if (!since) return since.error();
  const Result<std::optional<Instant>> until = time_of(arguments, "until");
  if (!until) return until.error();
  if (*since && *until && **since >= **until)
    return make_error(Errc::invalid_argument, "nothing lies between since and until", "Give until a later time than since.");
  const Result<std::shared_ptr<Store>> store = desk.store();
  if (!store) return store.error();
  const Result<Instant> at = (*store)->now();
  if (!at) return at.error();
  const json::Value* by = arguments.find("by");
  const ReportOptions options{*since, *until, report_by(by != nullptr ? by->text() : "model").value_or(ReportBy::model), *at};
  Report report(options);
  const std::vector<Scope> own = own_scopes(caller);
  const auto counts = [&](const HoldRecord& record) { return caller.is_local() || is_own(record, own); };
  if (const Result<RowsRead> read = read_rows(**store, options, report, counts, is_off); !read) return read.error();
  return report.json();
}

Result<std::vector<Scope>> scopes_of(Store& store, const Config& config, const access::Principal& caller, const json::Value& arguments) {
  const std::vector<Scope> own = own_scopes(caller);
  if (const json::Value* named = arguments.find("scope")) {
    Result<Scope> scope = Scope::parse(named->text());
    if (!scope) return scope.error();
    if (!caller.is_local() && !contains(own, *scope))
      return make_error(Errc::invalid_argument, "you may not see " + scope->to_text(), "Leave scope out for all you may see.");
    return std::vector{*scope};
  }
  if (!caller.is_local()) return own;
  Result<std::vector<Scope>> known = known_scopes(store);
  if (!known) return known;
  const Scope mine{ScopeKind::user, config.user()};  // who calls without naming a user
  if (!contains(*known, mine)) known->push_back(mine);
  return known;
}

Result<std::string> standing(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off) {
  const Result<std::shared_ptr<Store>> store = desk.store();
  if (!store) return store.error();
  const std::shared_ptr<const Config> config = desk.config();
  const Result<std::vector<Scope>> scopes = scopes_of(**store, *config, caller, arguments);
  if (!scopes) return scopes.error();
  if (is_off()) return make_error(Errc::cancelled, "the look into the ledger was called off");
  const Result<std::vector<budget::ScopeState>> states = standing_of(**store, *config, *scopes);
  if (!states) return states.error();
  return budget::json(*states);
}

Result<std::string> shown(std::string_view says, const Result<std::string>& document) {
  return document ? tools::document_result(says, *document) : document;
}

}  // namespace

Result<std::string> usage_report(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off) {
  return shown("Calls, tokens and dollars as the ledger has them; what is not known is null, never 0.",
               report_of(desk, caller, arguments, is_off));
}

Result<std::string> budget_status(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off) {
  return shown("Where each limit stands: spent, held for calls under way or of unknown outcome, and left.",
               standing(desk, caller, arguments, is_off));
}

}  // namespace orthink::serve

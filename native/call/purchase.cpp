#include "native/call/purchase.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "native/observe/call_watch.h"
#include "native/system.h"
#include "orthink/chat/fingerprint.h"
#include "orthink/exchange/dossier.h"

namespace orthink {
namespace {

constexpr int kFitsMax = 3;

ExchangeOptions options_of(const Config& config, const Ask& ask, const PurchaseOptions& purchase) {
  ExchangeOptions options;
  options.call_id = purchase.call_id.empty() ? random_id("call-") : purchase.call_id;
  options.entropy = entropy64();
  options.deadlines.connect = config.connect_deadline();
  options.deadlines.first_token = config.first_token_deadline();
  options.deadlines.idle = config.idle_deadline();
  options.deadlines.call = ask.deadline.value_or(config.call_deadline());
  options.prepare.now = now();
  options.prepare.thinking_tokens_max = config.max_thinking_tokens();
  options.prepare.call_deadline = options.deadlines.call;
  options.prepare.is_paid = true;
  options.prepare.allows_stale_prices = config.allows_stale_prices();
  options.retry = {config.attempts(), config.retry_base(), config.retry_cap()};
  options.witness = open_dossier;
  return options;
}

// The scopes that pay, in the ledger's order; the payer stands behind the upstream key.
Result<LedgerOptions> ledger_of(const Till& till, const Ask& ask, const std::optional<ScopeLimits>& payer) {
  std::vector<Scope> scopes = payers(*till.config, ask, till.upstream.key_id);
  if (payer) {
    const auto is_session = [](const Scope& scope) { return scope.kind == ScopeKind::session; };
    scopes.insert(std::find_if(scopes.begin(), scopes.end(), is_session), payer->scope);
  }
  Result<LedgerOptions> ledger = till.book->options_for(scopes, *till.config);
  if (!ledger || !payer) return ledger;
  for (ScopeLimits& each : ledger->scopes)
    if (each.scope == payer->scope) each.limits = tighter(each.limits, payer->limits);
  return ledger;
}

// Stands between the call and its audience: finds out what a limit left, and shows nothing of a turn that is asked again.
class Watch : public Audience {
 public:
  Watch(const Exchange& exchange, const ledger::ScopeList& limits, const Ask& ask, const LessOptions& less, const Spelling* spelling,
        TurnAudience& audience)
      : exchange_(exchange), limits_(limits), ask_(ask), less_options_(less), spelling_(spelling), audience_(audience) {}

  void see(const Exchange& exchange, const Output& out) override {
    if (less_) return;
    if (const auto* replay = std::get_if<output::Replay>(&out)) replayed_ = replay->line;
    audience_.see(exchange, out);
  }
  void stored(const StoreBatch& batch, const StoreReply& reply) override {
    if (const std::optional<ShortOf> by = short_of(batch, reply, limits_, exchange_.prepared())) {
      if (ask_.fits) less_ = less_for(ask_, *by, less_options_);
      if (!less_) audience_.set_remedy(remedy_for(ask_, *by, less_options_, spelling_));
    }
    audience_.stored(batch, reply);
  }
  Instant rest(const Exchange& exchange, Instant now) override { return audience_.rest(exchange, now); }

  std::optional<Ask> take_less() { return std::exchange(less_, std::nullopt); }
  std::string take_replayed() { return std::move(replayed_); }

 private:
  const Exchange& exchange_;
  const ledger::ScopeList& limits_;
  const Ask& ask_;
  const LessOptions& less_options_;
  const Spelling* spelling_;
  TurnAudience& audience_;
  std::optional<Ask> less_;
  std::string replayed_;
};

struct Turn {
  std::optional<Error> refused;
  std::optional<Exchange> exchange;
  std::string replayed;
  std::optional<Ask> less;  // a limit stood against it, and this asks for what would have passed
};

Turn turn_of(const Till& till, const Ask& ask, const PurchaseOptions& purchase, const std::string& asked, Customer& customer) {
  Turn turn;
  ExchangeOptions options = options_of(*till.config, ask, purchase);
  const Result<LedgerOptions> ledger = ledger_of(till, ask, purchase.payer);
  const Result<Duration> ahead = ledger ? till.book->clock_ahead() : Result<Duration>(ledger.error());
  if (!ahead) {
    if (purchase.telemetry != nullptr) purchase.telemetry->refused(ahead.error().errc);
    turn.refused = ahead.error();
    return turn;
  }
  options.ledger = *ledger;
  if (purchase.idempotency_key) options.idempotency = Claim{purchase.claim_space.value_or(ask.tenant), *purchase.idempotency_key, asked, options.call_id};
  NativeWorld world(*till.upstream.client, purchase.signals, *ahead, purchase.cancellation);
  const PrepareOptions planning = options.prepare;
  const LessOptions less{till.catalogue->catalog, planning};
  Result<Exchange> exchange = Exchange::open(world.now(), ask, till.catalogue->catalog, std::move(options));
  if (!exchange) {
    if (purchase.telemetry != nullptr) purchase.telemetry->refused(exchange.error().errc);
    turn.refused = purchase.spelling != nullptr ? spelled(exchange.error(), ask, less, *purchase.spelling) : exchange.error();
    return turn;
  }
  turn.exchange = std::move(*exchange);
  const std::unique_ptr<TurnAudience> audience = customer.attend(*turn.exchange, world);
  Watch watch(*turn.exchange, ledger->scopes, ask, less, purchase.spelling, *audience);
  observe::CallWatch counted(purchase.telemetry, purchase.trace, till.config->carries_traceparent());
  drive(*turn.exchange, counted.over(world, *turn.exchange), counted.over(till.book->store()), watch);
  turn.less = watch.take_less();
  if (!turn.less) counted.ended(*turn.exchange);
  turn.replayed = watch.take_replayed();
  return turn;
}

}  // namespace

Error TurnAudience::shown_error(const Exchange& exchange) const {
  Error error = *exchange.error();
  if (!remedy_.empty()) error.remedy = remedy_;
  return error;
}

bool Bought::is_cancelled() const {
  return exchange && exchange->error() && exchange->error()->errc == Errc::cancelled;
}

Bought buy(Desk& desk, const Ask& ask, const PurchaseOptions& options, Customer& customer) {
  Bought bought;
  const int stop_fd = options.signals != nullptr ? options.signals->fd() : options.cancellation != nullptr ? options.cancellation->fd() : -1;
  Result<Till> till = desk.open(stop_fd);
  if (!till) {
    if (options.telemetry != nullptr) options.telemetry->refused(till.error().errc);
    bought.refused = till.error();
    return bought;
  }
  const std::string asked = options.idempotency_key ? fingerprint(ask) : std::string();
  Turn turn = turn_of(*till, ask, options, asked, customer);
  // What is left may shrink while it is asked for: others spend too.
  for (int again = 0; turn.less && again < kFitsMax; ++again) {
    const Ask less = *turn.less;
    PurchaseOptions next = options;
    next.call_id.clear();  // the refused one's is taken
    turn = turn_of(*till, less, next, asked, customer);
  }
  if (turn.less) {
    if (options.telemetry != nullptr) options.telemetry->refused(turn.exchange->error()->errc);
    bought.refused = *turn.exchange->error();
    return bought;
  }
  bought.refused = std::move(turn.refused);
  bought.exchange = std::move(turn.exchange);
  bought.replayed = std::move(turn.replayed);
  bought.till = std::move(*till);
  return bought;
}

}  // namespace orthink

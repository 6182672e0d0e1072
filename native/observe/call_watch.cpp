#include "native/observe/call_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "native/observe/timed_store.h"
#include "native/system.h"
#include "orthink/chat/upstream_error.h"

namespace orthink::observe {
namespace {

constexpr int kGoodStatusEnd = 400;

http::Request with_trace(http::Request request, const TraceContext& trace) {
  request.headers.push_back({"traceparent", traceparent_text(trace)});
  if (!trace.state.empty()) request.headers.push_back({"tracestate", trace.state});
  return request;
}

}  // namespace

struct CallWatch::State {
  Telemetry& telemetry;
  const TraceContext trace;
  const bool carries_traceparent;
  const Instant began = now();
  Duration waited{};         // in World::wait
  int64_t held_nano_usd = 0;  // as telemetry was told
  bool is_fault_told = false;  // of the leg that is open
  bool has_ended = false;
  std::unique_ptr<WatchedWorld> world{};
  std::optional<TimedStore> store{};

  void hold(int64_t nano_usd) {
    if (nano_usd != held_nano_usd) telemetry.hold_changed(nano_usd - held_nano_usd);
    held_nano_usd = nano_usd;
  }
  void hear(const Input& input) {
    if (const auto* head = std::get_if<input::Head>(&input); head != nullptr && head->head.status >= kGoodStatusEnd) {
      telemetry.upstream_fault(head->head.find("x-provider-name"), error_from_response(head->head, "", now()).errc);
      is_fault_told = true;
    } else if (const auto* lost = std::get_if<input::Lost>(&input)) {
      using Where = input::Lost::Where;
      const bool was_connected = lost->where == Where::sending || lost->where == Where::waiting || lost->where == Where::body;
      const Errc code = lost->where == Where::tls ? Errc::tls_failed : was_connected ? Errc::connection_lost : Errc::connect_failed;
      telemetry.upstream_fault("", code);
      is_fault_told = true;
    }
  }
};

class CallWatch::WatchedWorld : public World {
 public:
  WatchedWorld(World& world, const Exchange& exchange, State& state) : world_(world), exchange_(exchange), state_(state) {}
  Instant now() override { return world_.now(); }
  void send(const output::SendHttp& out) override {
    state_.is_fault_told = false;
    if (!state_.carries_traceparent || !state_.trace.is_valid()) return world_.send(out);
    world_.send({out.leg, with_trace(out.request, state_.trace), out.connect_by});
  }
  void close(uint32_t leg) override { world_.close(leg); }
  Input wait(Instant until) override {
    const std::optional<Money>& held = exchange_.receipt().held;
    state_.hold(held ? NanoUsd::ceil(*held).nano : 0);
    const Instant began = orthink::now();
    Input input = world_.wait(until);
    state_.waited = state_.waited + (orthink::now() - began);
    state_.hear(input);
    return input;
  }

 private:
  World& world_;
  const Exchange& exchange_;
  State& state_;
};

CallWatch::CallWatch(Telemetry* telemetry, const TraceContext& parent, bool carries_traceparent) {
  if (telemetry == nullptr || !telemetry->is_on()) return;
  const TraceContext own = parent.is_valid() ? telemetry->begin_child(parent) : telemetry->begin_trace("", "");
  state_.reset(new State{*telemetry, own, carries_traceparent});
  telemetry->call_began();
}

CallWatch::~CallWatch() {
  if (!state_ || state_->has_ended) return;
  state_->hold(0);
  state_->telemetry.call_set_aside();
}

World& CallWatch::over(World& world, const Exchange& exchange) {
  if (!state_) return world;
  state_->world = std::make_unique<WatchedWorld>(world, exchange, *state_);
  return *state_->world;
}

Store& CallWatch::over(Store& store) {
  if (!state_) return store;
  return state_->store.emplace(store, state_->telemetry);
}

void CallWatch::ended(const Exchange& exchange) {
  if (!state_ || std::exchange(state_->has_ended, true)) return;
  const bool is_replayed = exchange.is_replayed();
  const std::optional<Error> error = is_replayed ? std::nullopt : exchange.error();
  const std::optional<Outcome> outcome = is_replayed || error ? std::nullopt : std::optional(exchange.outcome());
  CallFacts facts = facts_of(exchange.receipt(), outcome, error);
  facts.trace = state_->trace;
  facts.is_replayed = is_replayed;
  facts.began = state_->began;
  facts.ended = now();
  facts.overhead = std::max(facts.ended - facts.began - state_->waited, Duration{});
  const bool is_upstreams = error && error->blame == Blame::remote && facts.attempts > 0;
  if (is_upstreams && !state_->is_fault_told) state_->telemetry.upstream_fault(facts.provider, error->errc);
  state_->hold(0);
  const std::optional<Money>& held = exchange.receipt().held;
  if (held && !is_replayed) state_->telemetry.left_held(NanoUsd::ceil(*held));
  state_->telemetry.call_ended(std::move(facts));
}

}  // namespace orthink::observe

#include "native/observe/telemetry.h"

#include <utility>

#include "native/observe/instruments.h"
#include "native/observe/metrics.h"
#include "native/observe/prometheus.h"

namespace orthink::observe {

struct Telemetry::State {
  Registry registry;
  Instruments instruments{registry};
};

Telemetry::Telemetry() = default;
Telemetry::~Telemetry() = default;

Result<std::unique_ptr<Telemetry>> Telemetry::open(const TelemetryOptions&) {
  auto telemetry = std::make_unique<Telemetry>();
  telemetry->state_ = std::make_unique<State>();
  return telemetry;
}

void Telemetry::know_models(std::function<bool(std::string_view id)> knows) {
  if (state_) state_->instruments.know_models(std::move(knows));
}

TraceContext Telemetry::begin_trace(std::string_view traceparent, std::string_view tracestate) {
  std::optional<TraceContext> parent = parse_traceparent(traceparent);
  if (!parent) return {};
  parent->state = checked_tracestate(tracestate);
  return *parent;
}

TraceContext Telemetry::begin_child(const TraceContext& parent) {
  return parent;
}

void Telemetry::call_began() {
  if (state_) state_->instruments.running.add(1);
}

void Telemetry::call_ended(CallFacts facts) {
  if (!state_) return;
  state_->instruments.running.add(-1);
  state_->instruments.count(facts);
}

void Telemetry::request_ended(RequestFacts facts) {
  if (state_) state_->instruments.count(facts);
}

void Telemetry::refused(Errc reason) {
  if (state_) state_->instruments.refusal(reason);
}

void Telemetry::upstream_fault(std::string_view provider, Errc code) {
  if (state_) state_->instruments.fault(provider, code);
}

void Telemetry::http_answered(int status, std::optional<Duration> overhead) {
  if (state_) state_->instruments.http(status, overhead);
}

void Telemetry::http_refused(std::string_view reason) {
  if (state_) state_->instruments.http_refusal(reason);
}

void Telemetry::stream_opened() {
  if (state_) state_->instruments.streams_open.add(1);
}

void Telemetry::stream_closed() {
  if (state_) state_->instruments.streams_open.add(-1);
}

void Telemetry::connections_open(int64_t count) {
  if (state_) state_->instruments.connections_open.set(count);
}

void Telemetry::ledger_took(Duration time) {
  if (state_) state_->instruments.ledger_micros.observe(static_cast<uint64_t>(time.us < 0 ? 0 : time.us));
}

void Telemetry::held(NanoUsd now) {
  if (state_) state_->instruments.held_nano_usd.set(now.nano);
}

void Telemetry::hold_changed(int64_t nano_usd) {
  if (state_) state_->instruments.held_nano_usd.add(nano_usd);
}

void Telemetry::key_reloaded() {
  if (state_) state_->instruments.key_reloads.add();
}

std::string Telemetry::prometheus() {
  if (!state_) return {};
  state_->instruments.read_process();
  return prometheus_text(state_->registry.collect());
}

bool Telemetry::flush(Instant) {
  return true;
}

}  // namespace orthink::observe

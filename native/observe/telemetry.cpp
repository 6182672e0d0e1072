#include "native/observe/telemetry.h"

#include <atomic>
#include <utility>

#include "native/observe/exporter.h"
#include "native/observe/instruments.h"
#include "native/observe/log.h"
#include "native/observe/metrics.h"
#include "native/observe/otel_options.h"
#include "native/observe/prometheus.h"
#include "native/system.h"

namespace orthink::observe {

struct Telemetry::State {
  Registry registry;
  Instruments instruments{registry};
  OtelOptions otel;
  std::atomic<uint64_t> ids{entropy64()};
  std::unique_ptr<Exporter> exporter;  // null: nothing is exported

  [[nodiscard]] bool traces() const { return exporter && otel.traces.is_on(); }
  [[nodiscard]] bool takes(const TraceContext& trace) const { return traces() && trace.is_valid() && trace.is_sampled; }

  // Numbers that do not repeat and look random (splitmix64 over a seed from the system): 2 ns where a system call takes 200.
  uint64_t new_id() {
    uint64_t z = ids.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return z == 0 ? 1 : z;
  }
  [[nodiscard]] bool samples(const TraceContext& trace) const {
    return otel.sampled_below == UINT64_MAX || trace.trace_low < otel.sampled_below;
  }
  std::vector<Metric> collect() {
    instruments.probe();
    return registry.collect();
  }
};

Telemetry::Telemetry() = default;
Telemetry::~Telemetry() = default;

Result<std::unique_ptr<Telemetry>> Telemetry::open(const TelemetryOptions& options) {
  auto telemetry = std::make_unique<Telemetry>();
  telemetry->state_ = std::make_unique<State>();
  State& state = *telemetry->state_;
  state.otel = read_otel(options.variables);
  if (options.log != nullptr) {
    for (const std::string& warning : state.otel.warnings) options.log->write(LogLevel::warn, "telemetry_setting", {{"detail", warning}});
  }
  if (!state.otel.is_on()) return telemetry;
  const ExporterSources sources{[&state] { return state.collect(); }, &state.instruments.dropped, &state.instruments.exports, options.log};
  Result<std::unique_ptr<Exporter>> exporter = Exporter::create(state.otel, sources);
  if (!exporter) return exporter.error();
  state.exporter = std::move(*exporter);
  return telemetry;
}

void Telemetry::know_models(std::function<bool(std::string_view id)> knows) {
  if (state_) state_->instruments.know_models(std::move(knows));
}

void Telemetry::know_connections(std::function<int64_t()> count) {
  if (state_) state_->instruments.know_connections(std::move(count));
}

TraceContext Telemetry::begin_trace(std::string_view traceparent, std::string_view tracestate) {
  const bool is_heard = !state_ || state_->otel.carries_trace_context;
  std::optional<TraceContext> parent = is_heard ? parse_traceparent(traceparent) : std::nullopt;
  if (parent) parent->state = checked_tracestate(tracestate);
  if (!state_ || !state_->traces()) return parent.value_or(TraceContext{});
  if (parent) {
    TraceContext own = child_of(*parent, state_->new_id());
    if (!state_->otel.heeds_parent) own.is_sampled = state_->samples(own);
    return own;
  }
  TraceContext own{state_->new_id(), state_->new_id(), state_->new_id(), 0, false, ""};
  own.is_sampled = state_->samples(own);
  return own;
}

TraceContext Telemetry::begin_child(const TraceContext& parent) {
  if (!state_ || !state_->traces() || !parent.is_valid()) return parent;
  return child_of(parent, state_->new_id());
}

void Telemetry::call_began() {
  if (state_) state_->instruments.running.add(1);
}

void Telemetry::call_ended(CallFacts facts) {
  if (!state_) return;
  state_->instruments.running.add(-1);
  state_->instruments.count(facts);
  if (state_->takes(facts.trace)) state_->exporter->offer(std::move(facts));
}

void Telemetry::call_set_aside() {
  if (state_) state_->instruments.running.add(-1);
}

void Telemetry::request_ended(RequestFacts facts) {
  if (!state_) return;
  state_->instruments.count(facts);
  if (state_->takes(facts.trace)) state_->exporter->offer(std::move(facts));
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

void Telemetry::ledger_took(Duration time) {
  if (state_) state_->instruments.ledger_micros.observe(static_cast<uint64_t>(time.us < 0 ? 0 : time.us));
}

void Telemetry::left_held(NanoUsd amount) {
  if (state_ && amount.nano > 0) state_->instruments.left_held_nano_usd.add(static_cast<uint64_t>(amount.nano));
}

void Telemetry::hold_changed(int64_t nano_usd) {
  if (state_) state_->instruments.held_nano_usd.add(nano_usd);
}

void Telemetry::key_reloaded() {
  if (state_) state_->instruments.key_reloads.add();
}

std::string Telemetry::prometheus() {
  return state_ ? prometheus_text(state_->collect()) : std::string();
}

bool Telemetry::flush(Instant until) {
  return !state_ || !state_->exporter || state_->exporter->flush(until);
}

}  // namespace orthink::observe

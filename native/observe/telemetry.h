// Telemetry: what the program tells of itself: metrics that Prometheus reads, and metrics and traces that are sent to a collector.
//
//   Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({.variables = environment});
//   const TraceContext own = telemetry->begin_trace(traceparent, tracestate);
//   telemetry->call_began();
//   ...
//   CallFacts facts = facts_of(exchange.receipt(), outcome, error);
//   facts.trace = own;
//   telemetry->call_ended(std::move(facts));
//   telemetry->prometheus();                   // the page of /metrics
//   telemetry->flush(deadline);                // when the program drains
//
// A default-constructed one is off: every call of it does nothing and costs one comparison, so that no caller asks.
// Labels hold no text of a user: outcomes, reasons and codes are closed sets, models must stand in the catalogue, providers are counted
// by name up to a number, then as "other".
// Thread rule: any thread; nothing blocks but flush() and the destructor. The destructor waits for an export that is under way at most
// as long as its deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "native/config.h"
#include "native/observe/facts.h"
#include "native/observe/trace_context.h"
#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink::observe {

class Log;

struct TelemetryOptions {
  Environment variables;  // OTEL_*; empty: nothing is exported
  Log* log = nullptr;     // hears of exports that fail; may be null, else outlives the telemetry
};

class Telemetry {
 public:
  Telemetry();  // off
  // Errc::invalid_config for a collector's address that cannot be used.
  static Result<std::unique_ptr<Telemetry>> open(const TelemetryOptions& options);
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  [[nodiscard]] bool is_on() const { return state_ != nullptr; }
  // Whether a model is one of the catalogue's, asked once a name; until it is set none is. Called on any thread, and outlives every call.
  void know_models(std::function<bool(std::string_view id)> knows);

  // How many connections there are, asked for when metrics are collected. Called on any thread; empty: nobody knows any more.
  void know_connections(std::function<int64_t()> count);

  // The place in a trace of work that was asked for with these (of a request's _meta or headers; what is not well-formed is left out).
  // Without a collector: the asker's own place, so that it can be passed on; not valid where there was none.
  TraceContext begin_trace(std::string_view traceparent, std::string_view tracestate);
  // The place of work done for `parent`, likewise.
  TraceContext begin_child(const TraceContext& parent);

  void call_began();
  void call_ended(CallFacts facts);  // once for each call_began, or:
  void call_set_aside();             // it was asked again in another form, which counts instead
  void request_ended(RequestFacts facts);
  // A call that was refused before it began: the code of its error is the reason.
  void refused(Errc reason);
  // An answer of a provider that was an error, or none; `provider` empty: not known.
  void upstream_fault(std::string_view provider, Errc code);
  // One HTTP request answered; `overhead`: from its last byte to the first of the answer, for requests that wait for nobody.
  void http_answered(int status, std::optional<Duration> overhead);
  void http_refused(std::string_view reason);  // of a closed set: "host", "origin", "deadline", "too_large", ...
  void stream_opened();
  void stream_closed();
  void ledger_took(Duration time);  // one batch of the store
  void hold_changed(int64_t nano_usd);  // of what running calls hold
  void left_held(NanoUsd amount);       // by a call that ended without its cost being known
  void key_reloaded();

  // The page of /metrics; empty when off.
  [[nodiscard]] std::string prometheus();
  // Sends what waits. False when not all of it was taken by `until`.
  bool flush(Instant until);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orthink::observe

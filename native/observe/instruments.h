// Instruments: every metric the program has, in one table, and where facts are counted into them.
//
//   Registry registry;
//   Instruments instruments(registry);
//   instruments.count(call_facts, instruments.model_label(call_facts.request_model));
//
// Names and labels follow OpenTelemetry's conventions where there is one (gen_ai.*, mcp.*), and are "orthink." otherwise.
// Thread rule: any thread.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>

#include "native/observe/facts.h"
#include "native/observe/metrics.h"

namespace orthink::observe {

constexpr std::string_view kProvider = "openrouter";  // gen_ai.provider.name: whom this program speaks to

// The word for how a call ended, of a closed set: "answered", "truncated", ..., "replayed", "cancelled", "refused", "failed".
std::string_view outcome_word(const CallFacts& facts);
// error.type of a request: "tool_error", "cancelled", a JSON-RPC code as text, or empty.
std::string_view error_type(const RequestFacts& facts);
// The code of an error, as it stands in documents: "budget_refused". Lives for ever.
std::string_view code_of(Errc errc);
// A method that MCP knows, else "other": the name is the asker's text.
std::string_view method_label(std::string_view method);

class Instruments {
 public:
  explicit Instruments(Registry& registry);
  void know_models(std::function<bool(std::string_view id)> knows);
  void know_connections(std::function<int64_t()> count);

  void count(const CallFacts& facts);
  void count(const RequestFacts& facts);
  void fault(std::string_view provider, Errc code);
  void http(int status, std::optional<Duration> overhead);
  void refusal(Errc reason);
  void http_refusal(std::string_view reason);
  void probe();  // what nobody tells: the process, the connections. Before the registry is collected

  // The name if the catalogue knows it, else "other".
  std::string_view model_label(std::string_view model);

  Gauge& running;
  Gauge& held_nano_usd;
  Gauge& streams_open;
  Counter& left_held_nano_usd;
  Counter& key_reloads;
  Histogram& ledger_micros;
  CounterFamily& dropped;   // {signal, reason}
  CounterFamily& exports;   // {signal, result}

 private:
  void tokens(const CallFacts& facts, std::string_view model);

  CounterFamily& calls_;
  CounterFamily& tokens_;
  CounterFamily& spent_;
  Counter& unpriced_;
  CounterFamily& refusals_;
  CounterFamily& faults_;
  CounterFamily& http_refusals_;
  Histogram& overhead_;
  Histogram& first_token_;
  Histogram& http_overhead_;
  HistogramFamily& usage_;
  HistogramFamily& duration_;
  HistogramFamily& requests_;
  std::array<Counter*, 6> http_;  // 1xx to 5xx, and what is none
  Gauge& connections_;
  Gauge& resident_;
  Gauge& files_;
  Counter& cpu_;
  std::mutex mutex_;
  std::function<bool(std::string_view)> knows_;
  std::function<int64_t()> counts_connections_;
  Vocabulary models_;
  Vocabulary providers_;
  Vocabulary tools_;
  Vocabulary reasons_;
};

}  // namespace orthink::observe

#include "native/observe/instruments.h"

#include <algorithm>
#include <utility>

#include "native/observe/process.h"
#include "native/system.h"
#include "orthink/base/version.h"

namespace orthink::observe {
namespace {

constexpr size_t kModelsMax = 600;  // the catalogue has some 350
constexpr size_t kProvidersMax = 64;
constexpr size_t kToolsMax = 32;
constexpr size_t kReasonsMax = 96;  // the guard of HTTP knows some forty

using Label = std::string_view;
using Labels = std::span<const std::string_view>;

constexpr std::array kOutcome{Label{"outcome"}};
constexpr std::array kKindModel{Label{"kind"}, Label{"model"}};
constexpr std::array kModel{Label{"model"}};
constexpr std::array kReason{Label{"reason"}};
constexpr std::array kProviderCode{Label{"provider"}, Label{"code"}};
constexpr std::array kClass{Label{"class"}};
constexpr std::array kSignalReason{Label{"signal"}, Label{"reason"}};
constexpr std::array kSignalResult{Label{"signal"}, Label{"result"}};
constexpr std::array kVersion{Label{"version"}};
constexpr std::array kUsage{Label{"gen_ai.operation.name"}, Label{"gen_ai.provider.name"}, Label{"gen_ai.request.model"},
                            Label{"gen_ai.token.type"}};
constexpr std::array kDuration{Label{"gen_ai.operation.name"}, Label{"gen_ai.provider.name"}, Label{"gen_ai.request.model"},
                               Label{"error.type"}};
constexpr std::array kRequest{Label{"mcp.method.name"}, Label{"gen_ai.tool.name"}, Label{"error.type"}};

// Microseconds. Our own time is of the order of 0.1 ms.
constexpr std::array<uint64_t, 14> kShortTimes{10,    25,     50,     100,    250,     500,       1'000,
                                               2'500, 10'000, 25'000, 50'000, 100'000, 1'000'000, 10'000'000};
constexpr std::array<uint64_t, 12> kFirstTokens{50'000,    100'000,    250'000,    500'000,    1'000'000,   2'500'000,
                                                5'000'000, 10'000'000, 20'000'000, 60'000'000, 120'000'000, 300'000'000};
// Semantic conventions for generative AI metrics: gen_ai.client.token.usage, gen_ai.client.operation.duration.
constexpr std::array<uint64_t, 14> kTokenBounds{1,      4,      16,      64,        256,       1'024,      4'096,
                                                16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216, 67'108'864};
constexpr std::array<uint64_t, 14> kCallBounds{10'000,    20'000,    40'000,    80'000,     160'000,    320'000,    640'000,
                                               1'280'000, 2'560'000, 5'120'000, 10'240'000, 20'480'000, 40'960'000, 81'920'000};
// Semantic conventions for MCP: mcp.server.operation.duration.
constexpr std::array<uint64_t, 14> kRequestBounds{10'000,    20'000,    50'000,    100'000,    200'000,    500'000,     1'000'000,
                                                  2'000'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000};

constexpr MetricRow kCallsRow{"orthink.calls", "orthink_calls_total", "{call}", 0, "Paid calls that have ended, by how.", kOutcome};
constexpr MetricRow kRunningRow{"orthink.calls.running", "orthink_calls_running", "{call}", 0, "Paid calls under way."};
constexpr MetricRow kTokensRow{"orthink.tokens", "orthink_tokens_total", "{token}", 0,
                               "Tokens used. The kinds do not overlap: prompt (not cached), cached, thinking, visible.", kKindModel};
constexpr MetricRow kSpentRow{"orthink.spent", "orthink_spent_usd_total", "USD", 9, "Dollars that calls are known to have cost.", kModel};
constexpr MetricRow kUnpricedRow{"orthink.calls.cost_unknown", "orthink_calls_cost_unknown_total", "{call}", 0,
                                 "Calls that were sent and whose cost is not known yet; their holds stay."};
constexpr MetricRow kHeldRow{"orthink.held", "orthink_held_usd", "USD", 9, "Dollars held for running calls."};
constexpr MetricRow kLeftHeldRow{"orthink.left_held", "orthink_left_held_usd_total", "USD", 9,
                                 "Dollars that stayed held when a call ended and its cost was not known."};
constexpr MetricRow kRefusalsRow{"orthink.refusals", "orthink_refusals_total", "{call}", 0,
                                 "Calls that were refused before anything was sent, by the code of the refusal.", kReason};
constexpr MetricRow kFaultsRow{"orthink.upstream.faults", "orthink_upstream_faults_total", "{fault}", 0,
                               "Errors of the upstream, by who served and by code.", kProviderCode};
constexpr MetricRow kOverheadRow{"orthink.overhead", "orthink_overhead_seconds", "s", 6,
                                 "Time that a paid call spends in this program, waiting for the upstream excluded.", {}, kShortTimes};
constexpr MetricRow kFirstTokenRow{"orthink.first_token", "orthink_first_token_seconds", "s", 6,
                                   "Time from a call's start to its first token.", {}, kFirstTokens};
constexpr MetricRow kHttpRow{"orthink.http.requests", "orthink_http_requests_total", "{request}", 0,
                             "HTTP requests answered, by status class.", kClass};
constexpr MetricRow kHttpRefusalsRow{"orthink.http.refusals", "orthink_http_refusals_total", "{request}", 0,
                                     "HTTP requests and connections turned away before a handler saw them.", kReason};
constexpr MetricRow kHttpOverheadRow{"orthink.http.overhead", "orthink_http_overhead_seconds", "s", 6,
                                     "Time from the last byte of a request that waits for nobody to the first of its answer.", {}, kShortTimes};
constexpr MetricRow kStreamsRow{"orthink.streams.open", "orthink_streams_open", "{stream}", 0, "Event streams open to callers."};
constexpr MetricRow kConnectionsRow{"orthink.connections.open", "orthink_connections_open", "{connection}", 0, "Connections of callers."};
constexpr MetricRow kLedgerRow{"orthink.ledger.duration", "orthink_ledger_seconds", "s", 6, "Time the store takes for one batch.", {},
                               kShortTimes};
constexpr MetricRow kKeyReloadsRow{"orthink.key.reloads", "orthink_key_reloads_total", "{reload}", 0, "How often keys were read again."};
constexpr MetricRow kDroppedRow{"orthink.telemetry.dropped", "orthink_telemetry_dropped_total", "{item}", 0,
                                "Spans and metrics that did not reach the collector.", kSignalReason};
constexpr MetricRow kExportsRow{"orthink.telemetry.exports", "orthink_telemetry_exports_total", "{export}", 0,
                                "Exports to the collector, by how they ended.", kSignalResult};
constexpr MetricRow kUsageRow{"gen_ai.client.token.usage", "gen_ai_client_token_usage", "{token}", 0,
                              "Tokens of one call, input and output.", kUsage, kTokenBounds};
constexpr MetricRow kDurationRow{"gen_ai.client.operation.duration", "gen_ai_client_operation_duration_seconds", "s", 6,
                                 "How long calls take, from the caller's side.", kDuration, kCallBounds};
constexpr MetricRow kRequestsRow{"mcp.server.operation.duration", "mcp_server_operation_duration_seconds", "s", 6,
                                 "How long MCP requests take, from their arrival to their result.", kRequest, kRequestBounds};
constexpr MetricRow kBuildRow{"orthink.build", "orthink_build_info", "1", 0, "The version that runs; always 1.", kVersion};
constexpr MetricRow kStartRow{"process.start_time", "process_start_time_seconds", "s", 6, "When this process began, in seconds since 1970."};
constexpr MetricRow kResidentRow{"process.memory.usage", "process_resident_memory_bytes", "By", 0, "Memory in use."};
constexpr MetricRow kFilesRow{"process.open_file_descriptor.count", "process_open_fds", "{file}", 0, "Open files and sockets."};
constexpr MetricRow kCpuRow{"process.cpu.time", "process_cpu_seconds_total", "s", 6, "Processor time used."};

constexpr std::array kMethods{
    Label{"initialize"},     Label{"ping"},           Label{"server/discover"},          Label{"tools/list"},
    Label{"tools/call"},     Label{"prompts/list"},   Label{"prompts/get"},              Label{"resources/list"},
    Label{"resources/read"}, Label{"logging/setLevel"}, Label{"resources/templates/list"}, Label{"completion/complete"},
    Label{"notifications/cancelled"}, Label{"notifications/initialized"}, Label{"subscriptions/listen"},
    Label{"resources/subscribe"}, Label{"resources/unsubscribe"}};

// Where the fault's code is one of few: those of JSON-RPC and of MCP.
constexpr std::array<std::pair<int, std::string_view>, 10> kFaultWords{{{-32700, "-32700"}, {-32600, "-32600"}, {-32601, "-32601"},
    {-32602, "-32602"}, {-32603, "-32603"}, {-32000, "-32000"}, {-32002, "-32002"}, {-32020, "-32020"}, {-32021, "-32021"}, {-32022, "-32022"}}};

uint64_t micros(Duration time) {
  return static_cast<uint64_t>(std::max<int64_t>(time.us, 0));
}

}  // namespace

std::string_view code_of(Errc errc) {
  for (const ErrorRow& row : error_rows())
    if (row.errc == errc) return row.code;
  return kOther;
}

std::string_view outcome_word(const CallFacts& facts) {
  if (facts.is_replayed) return "replayed";
  if (facts.error == Errc::cancelled) return "cancelled";
  if (facts.error) return facts.attempts == 0 ? "refused" : "failed";
  return facts.outcome ? name(*facts.outcome) : "failed";
}

std::string_view error_type(const RequestFacts& facts) {
  if (facts.is_given_up) return "cancelled";
  if (!facts.fault) return facts.is_tool_error ? "tool_error" : "";
  const auto found = std::find_if(kFaultWords.begin(), kFaultWords.end(), [&](const auto& word) { return word.first == *facts.fault; });
  return found == kFaultWords.end() ? "_OTHER" : found->second;
}

std::string_view method_label(std::string_view method) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), method);
  return found == kMethods.end() ? kOther : *found;
}

Instruments::Instruments(Registry& registry)
    : running(registry.gauges(kRunningRow).only()),
      held_nano_usd(registry.gauges(kHeldRow).only()),
      streams_open(registry.gauges(kStreamsRow).only()),
      left_held_nano_usd(registry.counters(kLeftHeldRow).only()),
      key_reloads(registry.counters(kKeyReloadsRow).only()),
      ledger_micros(registry.histograms(kLedgerRow).only()),
      dropped(registry.counters(kDroppedRow)),
      exports(registry.counters(kExportsRow)),
      calls_(registry.counters(kCallsRow)),
      tokens_(registry.counters(kTokensRow)),
      spent_(registry.counters(kSpentRow)),
      unpriced_(registry.counters(kUnpricedRow).only()),
      refusals_(registry.counters(kRefusalsRow)),
      faults_(registry.counters(kFaultsRow)),
      http_refusals_(registry.counters(kHttpRefusalsRow)),
      overhead_(registry.histograms(kOverheadRow).only()),
      first_token_(registry.histograms(kFirstTokenRow).only()),
      http_overhead_(registry.histograms(kHttpOverheadRow).only()),
      usage_(registry.histograms(kUsageRow)),
      duration_(registry.histograms(kDurationRow)),
      requests_(registry.histograms(kRequestsRow)),
      connections_(registry.gauges(kConnectionsRow).only()),
      resident_(registry.gauges(kResidentRow).only()),
      files_(registry.gauges(kFilesRow).only()),
      cpu_(registry.counters(kCpuRow).only()),
      models_(kModelsMax),
      providers_(kProvidersMax),
      tools_(kToolsMax),
      reasons_(kReasonsMax) {
  constexpr std::array kClasses{Label{"1xx"}, Label{"2xx"}, Label{"3xx"}, Label{"4xx"}, Label{"5xx"}, kOther};
  CounterFamily& http = registry.counters(kHttpRow);
  for (size_t i = 0; i < kClasses.size(); ++i) http_[i] = &http.with({kClasses[i]});
  registry.gauges(kBuildRow).with({version()}).set(1);
  registry.gauges(kStartRow).only().set(now().us);
}

void Instruments::know_models(std::function<bool(std::string_view id)> knows) {
  const std::lock_guard lock(mutex_);
  knows_ = std::move(knows);
}

void Instruments::know_connections(std::function<int64_t()> count) {
  const std::lock_guard lock(mutex_);
  counts_connections_ = std::move(count);
}

std::string_view Instruments::model_label(std::string_view model) {
  if (const std::string_view known = models_.find(model); !known.empty()) return known;
  const std::lock_guard lock(mutex_);
  return knows_ && knows_(model) ? models_.admit(model) : kOther;
}

void Instruments::tokens(const CallFacts& facts, std::string_view model) {
  const Usage& usage = facts.usage;
  const auto add = [&](std::string_view kind, uint64_t n) {
    if (n > 0) tokens_.with({kind, model}).add(n);
  };
  if (usage.prompt_tokens) {
    const uint64_t cached = std::min(usage.cached_tokens.value_or(0), *usage.prompt_tokens);
    add("prompt", *usage.prompt_tokens - cached);
    add("cached", cached);
    usage_.with({"chat", kProvider, model, "input"}).observe(*usage.prompt_tokens);
  }
  if (usage.completion_tokens) {
    const uint64_t visible = usage.visible_tokens().value_or(0);
    add("thinking", *usage.completion_tokens - visible);
    add("visible", visible);
    usage_.with({"chat", kProvider, model, "output"}).observe(*usage.completion_tokens);
  }
}

void Instruments::count(const CallFacts& facts) {
  calls_.with({outcome_word(facts)}).add();
  if (facts.error && facts.attempts == 0) refusal(*facts.error);
  if (facts.overhead) overhead_.observe(micros(*facts.overhead));
  if (facts.is_replayed || facts.attempts == 0) return;
  const std::string_view model = model_label(facts.response_model.empty() ? facts.request_model : facts.response_model);
  tokens(facts, model);
  if (facts.cost) {
    spent_.with({model}).add(static_cast<uint64_t>(std::max<int64_t>(facts.cost->nano, 0)));
  } else {
    unpriced_.add();
  }
  if (facts.first_token) first_token_.observe(micros(*facts.first_token));
  duration_.with({"chat", kProvider, model_label(facts.request_model), facts.error ? code_of(*facts.error) : ""})
      .observe(micros(facts.ended - facts.began));
}

void Instruments::count(const RequestFacts& facts) {
  const std::string_view tool = facts.tool.empty() ? std::string_view{} : tools_.admit(facts.tool);
  requests_.with({method_label(facts.method), tool, error_type(facts)}).observe(micros(facts.ended - facts.began));
}

void Instruments::refusal(Errc reason) {
  refusals_.with({code_of(reason)}).add();
}

void Instruments::fault(std::string_view provider, Errc code) {
  faults_.with({provider.empty() ? "unknown" : providers_.admit(provider), code_of(code)}).add();
}

void Instruments::http(int status, std::optional<Duration> overhead) {
  const bool is_status = status >= 100 && status < 600;
  http_[is_status ? static_cast<size_t>(status / 100 - 1) : http_.size() - 1]->add();
  if (overhead) http_overhead_.observe(micros(*overhead));
}

void Instruments::http_refusal(std::string_view reason) {
  http_refusals_.with({reasons_.admit(reason)}).add();
}

void Instruments::probe() {
  {
    const std::lock_guard lock(mutex_);
    connections_.set(counts_connections_ ? counts_connections_() : 0);
  }
  const ProcessFacts facts = process_facts();
  if (facts.resident_bytes) resident_.set(*facts.resident_bytes);
  if (facts.open_files) files_.set(*facts.open_files);
  if (facts.cpu) cpu_.set(micros(*facts.cpu));
}

}  // namespace orthink::observe

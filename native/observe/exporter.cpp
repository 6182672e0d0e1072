#include "native/observe/exporter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "native/http_client.h"
#include "native/observe/log.h"
#include "native/observe/otlp.h"
#include "native/observe/span.h"
#include "native/system.h"

namespace orthink::observe {
namespace {

constexpr size_t kResponseBytesMax = size_t{64} << 10;
constexpr uint32_t kAttemptsMax = 5;
constexpr Duration kFirstPause = Duration::millis(500);
constexpr Duration kPauseMax = Duration::seconds(8);
constexpr uint32_t kLeg = 1;

// Whether an export may be tried again as long as its time lasts, or the program waits for it to end.
enum class Chance : uint8_t { of_many, parting };

using Item = std::variant<CallFacts, RequestFacts>;

struct Answer {
  int status = 0;  // 0: none came
  std::optional<Duration> retry_after;
  std::string body;
  std::string detail;  // why none came
};

bool may_be_tried_again(int status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

std::optional<Duration> seconds_of(std::string_view text) {
  uint32_t seconds = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || std::from_chars(text.data(), end, seconds).ptr != end) return std::nullopt;
  return Duration::seconds(seconds);
}

// "http://host:4318/v1/traces" without the path is what connections are shared by.
std::string base_of(const std::string& endpoint) {
  const size_t authority = endpoint.find("://");
  return endpoint.substr(0, authority == std::string::npos ? std::string::npos : endpoint.find('/', authority + 3));
}

}  // namespace

struct Exporter::State {
  struct Channel {
    std::string_view name;  // "traces"
    OtelSignal signal;
    HttpClient* client = nullptr;
    std::string path;
  };

  OtelOptions options;
  ExporterSources sources;
  std::vector<Attribute> resource;
  Instant began = now();
  std::vector<std::unique_ptr<HttpClient>> clients;
  Channel traces{"traces", {}, nullptr, {}};
  Channel metrics{"metrics", {}, nullptr, {}};

  std::atomic<size_t> waiting{0};  // the queue's length, so that a full queue costs no lock
  std::mutex mutex;
  std::deque<Item> queue;
  std::condition_variable flushed;
  Instant flush_by = Instant::zero();  // of the flush that is asked for
  uint64_t flushes_asked = 0;
  uint64_t flushes_done = 0;
  bool is_flush_whole = false;
  bool is_ending = false;
  Wakeup wakeup;
  std::thread thread;

  // --- of any thread ---

  void offer(Item item) {
    if (waiting.load(std::memory_order_relaxed) >= options.queue_max) return drop("traces", "queue_full", 1);
    size_t length = 0;
    {
      const std::lock_guard lock(mutex);
      queue.push_back(std::move(item));
      length = queue.size();
      waiting.store(length, std::memory_order_relaxed);
    }
    if (length == options.batch_max) wakeup.notify();
  }
  bool flush(Instant until) {
    std::unique_lock lock(mutex);
    const uint64_t number = ++flushes_asked;
    flush_by = until;
    wakeup.notify();
    const int64_t left_us = std::max<int64_t>((until - now()).us, 0);
    const bool is_done = flushed.wait_for(lock, std::chrono::microseconds(left_us), [&] { return flushes_done >= number; });
    return is_done && is_flush_whole;
  }
  void drop(std::string_view signal, std::string_view reason, uint64_t n) {
    if (n > 0) sources.dropped->with({signal, reason}).add(n);
  }

  // --- of the exporter's thread ---

  bool ends() {
    const std::lock_guard lock(mutex);
    return is_ending;
  }
  // False when the program ends meanwhile.
  bool pause(Instant until) {
    while (!ends()) {
      const int fd = wakeup.fd();
      if (!wait_readable({&fd, 1}, until)) return true;
      wakeup.drain();
    }
    return false;
  }

  Answer ask(const Channel& channel, const std::string& body, Instant until) {
    HttpStream stream(*channel.client);
    http::Request request{"POST", channel.path, channel.signal.headers, body};
    request.headers.push_back({"Content-Type", "application/json"});
    stream.start(kLeg, request, until);
    Answer answer;
    HttpEvent event;
    while (!ends()) {
      while (stream.take(event)) {
        if (event.kind == HttpEvent::Kind::head) {
          answer.status = event.head.status;
          answer.retry_after = seconds_of(event.head.find("retry-after"));
        }
        if (event.kind == HttpEvent::Kind::lost) return {0, std::nullopt, "", event.detail};
        if (event.kind == HttpEvent::Kind::end) return answer;
        if (answer.body.size() + event.bytes.size() <= kResponseBytesMax) answer.body += event.bytes;
      }
      const std::array fds{stream.fd(), wakeup.fd()};
      if (!wait_readable(fds, until)) return {0, std::nullopt, "", "no answer in time"};
      if (wait_readable({&fds[1], 1}, Instant::zero())) wakeup.drain();
    }
    return {0, std::nullopt, "", "the program ends"};
  }

  // True when the collector took it. A `parting` export waits for no collector that does not answer.
  bool deliver(const Channel& channel, const std::string& body, size_t items, Instant until, Chance chance) {
    Duration pause_next = kFirstPause;
    Answer answer;
    for (uint32_t attempt = 1; attempt <= kAttemptsMax && now() < until; ++attempt) {
      answer = ask(channel, body, until);
      if (answer.status >= 200 && answer.status < 300) {
        sources.exports->with({channel.name, "taken"}).add();
        drop(channel.name, "rejected", std::min<uint64_t>(rejected_of(answer.body), items));
        return true;
      }
      if (!may_be_tried_again(answer.status) || (chance == Chance::parting && answer.status == 0)) break;
      const Instant again = now() + answer.retry_after.value_or(pause_next);
      if (attempt == kAttemptsMax || again >= until || !pause(again)) break;
      pause_next = std::min(pause_next + pause_next, kPauseMax);
    }
    sources.exports->with({channel.name, "failed"}).add();
    drop(channel.name, "export_failed", items);
    if (sources.log != nullptr) {
      sources.log->write(LogLevel::warn, "telemetry_not_exported",
                         {{"signal", channel.name}, {"status", answer.status}, {"detail", answer.detail}, {"items", uint64_t{items}}});
    }
    return false;
  }

  // A batch that was taken, or none; `is_left`: more waits.
  bool send_batch(Instant until, Chance chance, bool& is_left) {
    std::vector<Item> items;
    {
      const std::lock_guard lock(mutex);
      const size_t n = std::min(queue.size(), options.batch_max);
      std::move(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(n), std::back_inserter(items));
      queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(n));
      waiting.store(queue.size(), std::memory_order_relaxed);
      is_left = !queue.empty();
    }
    if (items.empty()) return true;
    std::vector<Span> spans;
    for (const Item& item : items) spans.push_back(std::visit([](const auto& facts) { return span_of(facts); }, item));
    return deliver(traces, traces_json(resource, spans), spans.size(), until, chance);
  }
  bool send_spans(Instant until, Chance chance) {
    bool is_left = true;
    bool is_whole = true;
    while (is_left && !ends()) {
      const Duration timeout = std::min(options.batch_timeout, traces.signal.timeout);
      is_whole = send_batch(std::min(until, now() + timeout), chance, is_left) && is_whole;
      if (now() >= until) return is_whole && !is_left;
    }
    return is_whole;
  }
  bool send_metrics(Instant until, Chance chance) {
    if (!metrics.signal.is_on()) return true;
    const Instant by = std::min(until, now() + metrics.signal.timeout);
    return deliver(metrics, metrics_json(resource, sources.collect(), began, now()), 1, by, chance);
  }

  void answer_flush(uint64_t number, Instant until) {
    const bool are_spans_taken = send_spans(until, Chance::parting);
    const bool is_whole = send_metrics(until, Chance::parting) && are_spans_taken;
    const std::lock_guard lock(mutex);
    flushes_done = number;
    is_flush_whole = is_whole;
    flushed.notify_all();
  }

  // The flush that is asked for and not done, by its number; nothing where there is none.
  std::optional<std::pair<uint64_t, Instant>> flush_asked() {
    const std::lock_guard lock(mutex);
    if (flushes_asked == flushes_done) return std::nullopt;
    return std::pair(flushes_asked, flush_by);
  }
  // Looked at before each wait: an export that was under way may have eaten the notice.
  bool is_batch_full() const { return waiting.load(std::memory_order_relaxed) >= options.batch_max; }

  void run() {
    Instant spans_at = now() + options.schedule_delay;
    Instant metrics_at = now() + options.metric_interval;
    while (!ends()) {
      if (const auto flush = flush_asked()) {
        answer_flush(flush->first, flush->second);
      } else if (is_batch_full() || now() >= spans_at) {
        send_spans(Instant::never(), Chance::of_many);
        spans_at = now() + options.schedule_delay;
      } else if (now() >= metrics_at) {
        send_metrics(Instant::never(), Chance::of_many);
        metrics_at = now() + options.metric_interval;
      } else {
        const int fd = wakeup.fd();
        if (wait_readable({&fd, 1}, std::min(spans_at, metrics_at))) wakeup.drain();
      }
    }
  }

  Result<void> open(Channel& channel, const OtelSignal& signal) {
    channel.signal = signal;
    if (!signal.is_on()) return {};
    const std::string base = base_of(signal.endpoint);
    channel.path = signal.endpoint.substr(base.size());
    if (&channel == &metrics && traces.client != nullptr && base_of(traces.signal.endpoint) == base) {
      channel.client = traces.client;
      return {};
    }
    HttpClientOptions client_options;
    client_options.allows_plain_http = signal.headers.empty();
    Result<std::unique_ptr<HttpClient>> client = HttpClient::create(base, Secret(), client_options);
    if (!client) {
      Error error = client.error();
      error.message = "the collector's address for " + std::string(channel.name) + ": " + error.message;
      error.remedy = "Give OTEL_EXPORTER_OTLP_ENDPOINT an address such as http://127.0.0.1:4318, and https where headers are sent along.";
      return error;
    }
    channel.client = clients.emplace_back(std::move(*client)).get();
    return {};
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      is_ending = true;
      wakeup.notify();
    }
    if (thread.joinable()) thread.join();
    drop("traces", "not_flushed", queue.size());
  }
};

Result<std::unique_ptr<Exporter>> Exporter::create(const OtelOptions& options, const ExporterSources& sources) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->sources = sources;
  state->resource = resource_of(options, random_id(""));
  if (auto ok = state->open(state->traces, options.traces); !ok) return ok.error();
  if (auto ok = state->open(state->metrics, options.metrics); !ok) return ok.error();
  state->thread = std::thread([inner = state.get()] { inner->run(); });
  return std::unique_ptr<Exporter>(new Exporter(std::move(state)));
}

Exporter::Exporter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exporter::~Exporter() = default;

void Exporter::offer(CallFacts facts) {
  state_->offer(std::move(facts));
}

void Exporter::offer(RequestFacts facts) {
  state_->offer(std::move(facts));
}

bool Exporter::flush(Instant until) {
  return state_->flush(until);
}

}  // namespace orthink::observe

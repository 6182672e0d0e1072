// Cancels: paid calls of the running server, cancelled at random moments on every way a client has.
//
//   cancels --moments 100 --release_ms 50
//
// Each time the caller must be let go, and the upstream's connection closed where its provider stops billing, within --release_ms; afterwards
// our book and the simulator's bill must agree. Ways: notifications/cancelled on standard input and over HTTP, cancel_stream, a client of
// the modern protocol that leaves, the end of standard input.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/money/due.h"
#include "native/serve/host.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "orthink/ledger/reconcile.h"
#include "tests/native/serve/raw_client.h"
#include "tests/rigs/books.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/tap.h"

namespace orthink::rig {
namespace {

using test::RawAnswer;
using test::RawClient;

// At a provider that stops billing when a stream is closed (policy/billing).
constexpr std::string_view kQuestion =
    R"({"model":"anthropic/claude-haiku-4.5","prompt":"Why?","thinking":"1024","max_tokens":2600,"provider":{"only":["anthropic"]},"stream_id":")";

struct World {
  explicit World(uint64_t seed) {
    sim::SimOptions options;
    options.seed = seed;
    options.now = [] { return now(); };
    options.pace = Duration::millis(2);
    auto started = sim::Simulator::start(options);
    if (!started) give_up(started.error().message);
    simulator = std::move(*started);
    tap = std::make_unique<Tap>(simulator->port());
    if (auto kept = save_key(folder.file("key"), Secret("sk-rig")); !kept) give_up(kept.error().message);
    ConfigSources sources;
    sources.file_path = folder.file("config.json");
    sources.state_folder = folder.file("state");
    const std::string text = R"({"base_url":"http://127.0.0.1:)" + std::to_string(tap->port()) + R"(/api/v1","key_file":")" + folder.file("key") +
                             R"(","daily_limit_usd":"none","monthly_limit_usd":"none","log_level":"off","listen":"127.0.0.1:0"})";
    if (auto written = write_file(sources.file_path, text, 0600); !written) give_up(written.error().message);
    Result<Config> loaded = load_config(sources);
    if (!loaded) give_up(loaded.error().message);
    config = std::make_unique<Config>(std::move(*loaded));
    Result<std::unique_ptr<serve::Host>> opened = serve::Host::open(*config, {});
    if (!opened) give_up(opened.error().message);
    host = std::move(*opened);
    const std::string url = host->url();
    port = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  Folder folder;
  std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<Tap> tap;
  std::unique_ptr<Config> config;
  std::unique_ptr<serve::Host> host;
  uint16_t port = 0;
};

std::string call_json(const std::string& tool, const std::string& arguments, const std::string& id, bool is_modern) {
  const std::string era = is_modern ? R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},)" : "";
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
         R"(,"_meta":{)" + era + R"("progressToken":)" + id + "}}}";
}

std::string post(const std::string& body, const std::string& tool, bool is_modern) {
  const std::string era = is_modern ? "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n"
                                    : std::string("MCP-Protocol-Version: 2025-11-25\r\n");
  return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" + era +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void pause(Duration time) {
  Wakeup never;
  const int fds[] = {never.fd()};
  static_cast<void>(wait_readable(fds, now() + time));
}

struct Figures {
  std::vector<int64_t> released_us, closed_us;
};

// One cancelled call on one way; false when it had ended before.
struct Attempt {
  World& world;
  uint64_t number;
  Duration after;
  [[nodiscard]] std::string name() const { return "c" + std::to_string(number); }
  [[nodiscard]] std::string question() const { return std::string(kQuestion) + name() + "\"}"; }
};
using Way = std::function<bool(const Attempt&, Figures&)>;

// From `asked` on, until the upstream's connection of that call was closed.
void note_closing(const Attempt& attempt, uint64_t before, Instant asked, Figures& figures) {
  if (attempt.world.tap->completions() == before) return;  // nothing had been sent
  std::optional<Instant> closed;
  for (const Instant until = now() + Duration::seconds(5); now() < until && !closed; std::this_thread::yield()) closed = attempt.world.tap->last_closed();
  figures.closed_us.push_back(closed ? std::max<int64_t>(0, (*closed - asked).us) : 5'000'000);
}

bool is_cancelled(const std::string& text) { return text.find("CANCELLED") != std::string::npos; }

bool by_cancel_stream(const Attempt& attempt, Figures& figures) {
  const uint64_t before = attempt.world.tap->completions();
  RawClient caller(attempt.world.port), canceller(attempt.world.port);
  caller.send(post(call_json("thinking_completion", attempt.question(), "1", false), "thinking_completion", false));
  pause(attempt.after);
  const Instant asked = now();
  canceller.send(post(call_json("cancel_stream", R"({"stream_id":")" + attempt.name() + "\"}", "2", false), "cancel_stream", false));
  const RawAnswer answer = caller.read_answer();
  const Instant released = now();
  static_cast<void>(canceller.read_answer());
  if (!is_cancelled(answer.body)) return false;
  figures.released_us.push_back((released - asked).us);
  note_closing(attempt, before, asked, figures);
  return true;
}

bool by_leaving(const Attempt& attempt, Figures& figures) {
  const uint64_t before = attempt.world.tap->completions();
  RawClient caller(attempt.world.port);
  caller.send(post(call_json("thinking_completion", attempt.question(), "1", true), "thinking_completion", true));
  pause(attempt.after);
  const bool is_running = attempt.world.host->product().calls_running() > 0;
  const Instant asked = now();
  caller.reset();
  if (is_running) note_closing(attempt, before, asked, figures);
  return is_running;
}

bool by_notification_over_http(const Attempt& attempt, Figures& figures) {
  const uint64_t before = attempt.world.tap->completions();
  const std::string id = std::to_string(1'000 + attempt.number);
  RawClient caller(attempt.world.port), canceller(attempt.world.port);
  caller.send(post(call_json("thinking_completion", attempt.question(), id, false), "thinking_completion", false));
  pause(attempt.after);
  // It goes another way than the call, and one that overtakes the call finds nothing to cancel.
  const serve::Product& product = attempt.world.host->product();
  for (const Instant until = now() + Duration::seconds(1); product.calls_running() == 0 && now() < until;) std::this_thread::yield();
  const bool is_running = product.calls_running() > 0;
  const Instant asked = now();
  canceller.send(post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" + id + "}}", "", false));
  static_cast<void>(caller.read_answer());
  const Instant released = now();
  static_cast<void>(canceller.read_answer());
  if (!is_running) return false;
  figures.released_us.push_back((released - asked).us);
  note_closing(attempt, before, asked, figures);
  return true;
}

// A conversation of its own over pipes.
class Talk {
 public:
  explicit Talk(World& world) {
    if (::pipe2(to_, O_CLOEXEC) != 0 || ::pipe2(from_, O_CLOEXEC) != 0) give_up("no pipes");
    server_ = std::thread([this, &world] { world.host->talk(-1, Duration{}, to_[0], from_[1]); });
    write(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"rig","version":"1"}}})");
    write(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  }
  ~Talk() {
    end_input();
    server_.join();
    for (const int fd : {to_[0], from_[0], from_[1]}) ::close(fd);
  }
  void write(const std::string& line) {
    const std::string whole = line + "\n";
    if (::write(to_[1], whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) give_up("a pipe takes nothing");
  }
  void end_input() {
    if (to_[1] >= 0) ::close(std::exchange(to_[1], -1));
  }
  // Reads until a line holds `mark`; whether one with `other` came before.
  bool read_until(std::string_view mark, std::string_view other) {
    bool has_other = false;
    for (char piece[65'536];;) {
      for (size_t end = 0; (end = seen_.find('\n')) != std::string::npos; seen_.erase(0, end + 1)) {
        const std::string_view line = std::string_view(seen_).substr(0, end);
        has_other = has_other || line.find(other) != std::string_view::npos;
        if (line.find(mark) == std::string_view::npos) continue;
        seen_.erase(0, end + 1);
        return has_other;
      }
      const ssize_t n = ::read(from_[0], piece, sizeof piece);
      if (n <= 0) give_up("the conversation ended");
      seen_.append(piece, static_cast<size_t>(n));
    }
  }

 private:
  int to_[2] = {-1, -1}, from_[2] = {-1, -1};
  std::string seen_;
  std::thread server_;
};

bool by_notification(Talk& talk, const Attempt& attempt, Figures& figures) {
  const uint64_t before = attempt.world.tap->completions();
  const std::string id = std::to_string(attempt.number + 1);
  talk.write(call_json("thinking_completion", attempt.question(), id, false));
  pause(attempt.after);
  const Instant asked = now();
  talk.write(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" + id + "}}");
  const std::string after = "\"p" + id + "\"";
  talk.write(R"({"jsonrpc":"2.0","id":)" + after + R"(,"method":"ping"})");
  const bool had_ended = talk.read_until("\"id\":" + after, "\"id\":" + id + ",");
  if (had_ended) return false;
  figures.released_us.push_back((now() - asked).us);
  note_closing(attempt, before, asked, figures);
  return true;
}

bool by_end_of_input(const Attempt& attempt, Figures& figures) {
  const uint64_t before = attempt.world.tap->completions();
  Talk talk(attempt.world);
  talk.write(call_json("thinking_completion", attempt.question(), "1", false));
  pause(attempt.after);
  const bool is_running = attempt.world.host->product().calls_running() > 0;
  const Instant asked = now();
  talk.end_input();
  if (is_running) note_closing(attempt, before, asked, figures);
  return is_running;
}

void check_books(World& world, Verdict& verdict) {
  const auto is_running = [](const sim::BillLine& line) { return line.state == "running"; };
  sim::Bill bill = world.simulator->bill();
  for (const Instant until = now() + Duration::seconds(20); now() < until; std::this_thread::yield()) {
    bill = world.simulator->bill();
    if (std::none_of(bill.lines.begin(), bill.lines.end(), is_running)) break;
  }
  world.host->stop(Duration{});
  Desk desk(*world.config);
  const Result<Till> till = desk.open();
  if (!till) give_up(till.error().message);
  Store& store = till->book->store();
  const Reconciled done = reconcile_due(store, *till->upstream.client, {.takes_all = true, .on_verdict = {}});
  const Books books = recompute(store);
  // Cancelled before the upstream had named it, a call cannot be asked about: it stays held at its bound until that is charged.
  const auto is_nameless = [](const auto& row) { return row.state == HoldState::unknown && !reconcile::can_ask(row.record); };
  const auto nameless = std::count_if(books.rows.begin(), books.rows.end(), [&](const auto& each) { return is_nameless(each.second); });
  verdict.expect(!done.error && done.still_unknown == static_cast<uint64_t>(nameless), std::to_string(done.still_unknown) + " outcomes stay unknown");
  verdict.add(books.violations);
  verdict.add(books.compare(store));
  NanoUsd spent;
  for (const auto& [key, row] : books.rows) {
    verdict.expect(row.state == HoldState::settled || row.state == HoldState::released || is_nameless(row), key + " has not ended");
    if (row.state == HoldState::settled) spent.nano += row.record.actual.nano;
  }
  verdict.expect(spent.to_money().to_decimal() == bill.total.to_decimal(),
                 "spent $" + spent.to_money().to_decimal() + ", billed $" + bill.total.to_decimal());
}

std::string summed(const std::string& name, std::vector<int64_t> values, int64_t max_us, Verdict& verdict) {
  if (values.empty()) return name + " none";
  std::sort(values.begin(), values.end());
  const auto late = std::count_if(values.begin(), values.end(), [max_us](int64_t us) { return us > max_us; });
  verdict.expect(late == 0, std::to_string(late) + " of " + std::to_string(values.size()) + " " + name + " later than " + std::to_string(max_us / 1'000) + " ms");
  return name + " median " + std::to_string(values[values.size() / 2]) + " us, most " + std::to_string(values.back()) + " us (" +
         std::to_string(values.size()) + ")";
}

int run(const Arguments& arguments) {
  Verdict verdict("cancels", arguments.seed());
  Dice dice(arguments.seed());
  World world(arguments.seed());
  const int64_t max_us = static_cast<int64_t>(arguments.get("release_ms")) * 1'000;
  uint64_t number = 0;
  Figures warm;
  static_cast<void>(by_cancel_stream({world, ++number, Duration::seconds(1)}, warm));  // ledger, catalogue and libcurl are there from now on
  Talk talk(world);
  const std::vector<std::pair<std::string, Way>> ways{
      {"notifications/cancelled on stdio", [&talk](const Attempt& attempt, Figures& figures) { return by_notification(talk, attempt, figures); }},
      {"notifications/cancelled over HTTP", by_notification_over_http},
      {"cancel_stream", by_cancel_stream},
      {"modern disconnect", by_leaving},
      {"end of stdin", by_end_of_input},
  };
  std::string told;
  for (const auto& [name, way] : ways) {
    Figures figures;
    uint64_t cancelled = 0;
    for (uint64_t i = 0; i < arguments.get("moments"); ++i)
      if (way({world, ++number, Duration::micros(static_cast<int64_t>(dice.below(arguments.get("within_ms") * 1'000)))}, figures)) ++cancelled;
    told += "\n  " + name + ": " + std::to_string(cancelled) + " cancelled; " + summed("released", figures.released_us, max_us, verdict) + "; " +
            summed("upstream closed", figures.closed_us, max_us, verdict);
  }
  talk.end_input();
  check_books(world, verdict);
  return verdict.finish(std::to_string(arguments.get("moments")) + " moments a way" + told + "\n ");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"moments", 8}, {"release_ms", 50}, {"within_ms", 300}}));
}

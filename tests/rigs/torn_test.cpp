// A call torn at every byte: the upstream's answer after each of its bytes, and the reader of our output after each byte of it. What the
// call cost is settled, or unknown and held; never lost, never counted twice. ORTHINK_LONG=1: every byte; else every 37th.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "native/cli/print.h"
#include "native/store/memory_store.h"
#include "native/store/sqlite_store.h"
#include "orthink/exchange/render.h"
#include "tests/native/program.h"
#include "tests/native/raw_server.h"
#include "tests/native/temporary_folder.h"
#include "tests/rigs/two_books.h"

namespace orthink {
namespace {

constexpr size_t kStep = 37;
constexpr size_t kEnd = 40;             // of the bytes, where the usage comes: each of them always
constexpr size_t kStreamBytes = 4'096;  // of the body, at least

// The byte after `at` of `size` that is tried next.
size_t next_byte(size_t at, size_t size) {
  const bool takes_all = std::getenv("ORTHINK_LONG") != nullptr || at + kEnd >= size;
  return takes_all ? at + 1 : std::min(at + kStep, size - kEnd);
}

constexpr std::string_view kCost = "0.000123456";
constexpr std::string_view kGeneration = "gen-1790000000-torn";

std::string chunk(std::string_view choice, std::string_view tail = {}) {
  return "data: {\"id\":\"" + std::string(kGeneration) +
         R"(","provider":"Anthropic","model":"anthropic/claude-haiku-4.5","object":"chat.completion.chunk","created":1,"choices":[{"index":0,)" +
         std::string(choice) + "}]" + std::string(tail) + "}\n\n";
}

std::string head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Generation-Id: " + std::string(kGeneration) +
         "\r\nX-Provider-Name: Anthropic\r\nConnection: close\r\n\r\n";
}

std::string usage_of(int completion, std::string_view cost) {
  return R"(,"usage":{"prompt_tokens":10,"completion_tokens":)" + std::to_string(completion) + R"(,"cost":)" + std::string(cost) + "}";
}

// Comments, text with running counts, a finish reason, the usage and [DONE].
std::string stream() {
  const std::string usage = usage_of(60, kCost);
  const std::string end = chunk(R"("delta":{"content":""},"finish_reason":"stop","native_finish_reason":"end_turn")") +
                          chunk(R"("delta":{"content":""},"finish_reason":"stop","native_finish_reason":"end_turn")", usage) + "data: [DONE]\n\n";
  std::string body = ": OPENROUTER PROCESSING\n\n";
  for (int word = 0; body.size() + end.size() < kStreamBytes; ++word) {
    body += chunk(R"("delta":{"role":"assistant","content":"Word )" + std::to_string(word) + R"( of many. "},"finish_reason":null)", usage_of(word + 1, "0.000001"));
    if (word % 5 == 4) body += ": OPENROUTER PROCESSING\n\n";
  }
  return body + end;
}

std::string generation_document() {
  return R"({"data":{"id":")" + std::string(kGeneration) + R"(","total_cost":)" + std::string(kCost) +
         R"(,"is_byok":false,"native_tokens_prompt":10,"native_tokens_completion":60,"provider_name":"Anthropic","cancelled":false}})";
}

// What the upstream charges however little of it arrived.
NanoUsd truth() { return NanoUsd::ceil(*Money::parse(kCost)); }

rig::PaidCall call_of(const std::string& call_id) {
  rig::PaidCall call;
  call.call_id = call_id;
  call.ask = R"({"prompt":"Say many words.","model":"anthropic/claude-haiku-4.5","think":"off","max_tokens":600,"session":")" + call_id + R"("})";
  return call;
}

struct Tally {
  size_t runs = 0, settled = 0, unknown = 0, asked = 0, bounds = 0;
};

// One row, which holds its bound or has its cost; then, when nothing is open, the truth or a flagged bound above it.
void judge(Store& store, HttpClient& client, const rig::CallEnd& end, Tally& tally) {
  const rig::TwoBooks before = rig::compare_books(store, {});
  REQUIRE(before.lines.size() == 1);
  const std::string state = before.lines[0].row_state;
  CHECK((state == "settled" || state == "unknown"));
  if (state == "settled") CHECK(before.lines[0].book == truth());
  ++tally.runs;
  ++(state == "settled" ? tally.settled : tally.unknown);
  if (state == "unknown") CHECK(end.receipt.held == before.lines[0].bound.to_money());
  rig::resolve_unknown(store, client, end.ended);
  const rig::TwoBooks after = rig::compare_books(store, {});
  REQUIRE(after.lines.size() == 1);
  const rig::BookLine& line = after.lines[0];
  CHECK(line.row_state == "settled");
  CHECK(line.book == (line.is_named ? truth() : line.bound));
  CHECK(line.is_flagged == !line.is_named);
  CHECK(line.bound >= truth());
  for (const std::string& violation : rig::compare_books(store, {}).violations) {
    // The upstream of this test has no bill: what it charges is truth().
    CHECK(violation.find("no bound stands for it") != std::string::npos);
  }
  if (state == "unknown") ++(line.is_named ? tally.asked : tally.bounds);
}

void print(const char* what, const Tally& tally) {
  std::printf("%s: %zu runs, %zu settled at once, %zu unknown; of these %zu found by their generation, %zu charged at the bound\n", what, tally.runs,
              tally.settled, tally.unknown, tally.asked, tally.bounds);
}

enum class Tear : uint8_t { end, reset };

void tear_upstream(Tear tear, const char* what) {
  const std::string whole = head() + stream();
  size_t at = 0;
  test::RawServer server([&](test::Connection& connection) {
    const std::string request = connection.read_request();
    if (request.starts_with("GET ")) {
      const std::string body = generation_document();
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body);
      return;
    }
    connection.write(std::string_view(whole).substr(0, at));
    if (tear == Tear::reset) connection.reset();
  });
  const auto client = std::move(*HttpClient::create(server.url(), Secret("k")));
  Tally tally;
  for (at = 0; at <= whole.size(); at = next_byte(at, whole.size())) {
    INFO("torn after byte " << at << " of " << whole.size());
    MemoryStore store;
    const rig::CallEnd end = rig::pay(call_of("call-" + std::to_string(at)), *client, store);
    CHECK(end.receipt.attempts == 1);
    judge(store, *client, end, tally);
  }
  print(what, tally);
  CHECK(tally.settled > 0);
  CHECK(tally.asked > 0);
  CHECK(tally.bounds > 0);
}

TEST_CASE("the upstream ends the connection after every byte") { tear_upstream(Tear::end, "upstream torn, closed"); }

TEST_CASE("the upstream resets the connection after every byte") { tear_upstream(Tear::reset, "upstream torn, reset"); }

// Reads so many bytes of what is written to fd(), then nobody does.
class Reader {
 public:
  explicit Reader(size_t bytes) {
    ::signal(SIGPIPE, SIG_IGN);
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    thread_ = std::thread([this, bytes] {
      char piece[4'096];
      for (size_t left = bytes; left > 0;) {
        const ssize_t n = ::read(ends_[0], piece, std::min(left, sizeof piece));
        if (n <= 0) break;
        left -= static_cast<size_t>(n);
      }
      ::close(ends_[0]);
    });
  }
  ~Reader() {
    ::close(ends_[1]);
    thread_.join();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  [[nodiscard]] int fd() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
  std::thread thread_;
};

// Tells of the call as it goes on, and cancels it when nobody listens.
class Teller : public Audience {
 public:
  Teller(cli::Printer& printer, NativeWorld& world) : printer_(printer), world_(world) {}
  void see(const Exchange&, const Output& out) override {
    if (const auto* thinking = std::get_if<output::Thinking>(&out)) printer_.line(render::thinking(kLater, thinking->text, thinking->tokens, thinking->kind));
    if (const auto* text = std::get_if<output::Text>(&out)) printer_.line(render::output(kLater, text->text, text->tokens));
  }
  Instant rest(const Exchange&, Instant now) override {
    printer_.flush();
    if (!printer_.gone() || std::exchange(has_cancelled_, true)) return Instant::never();
    world_.cancel();
    return now;
  }

 private:
  static constexpr render::Position kLater = render::Position::later;
  cli::Printer& printer_;
  NativeWorld& world_;
  bool has_cancelled_ = false;
};

// A provider that stops billing at a cancel: the call leaves at once, and what had been generated by then is asked for.
TEST_CASE("the reader of a call's output goes away after every byte and the provider stops billing") {
  Result<std::unique_ptr<sim::Simulator>> simulator = sim::Simulator::start({.pace = Duration::micros(50), .now = [] { return now(); }});
  REQUIRE(simulator);
  const auto client = std::move(*HttpClient::create((*simulator)->url(), Secret("k")));
  MemoryStore store;
  size_t runs = 0;
  Instant last;
  for (size_t at = 0; at <= kStreamBytes; at = next_byte(at, kStreamBytes)) {
    INFO("nobody reads after byte " << at);
    Reader reader(at);
    cli::Printer printer({.out_fd = reader.fd()});
    NativeWorld world(*client, nullptr);
    Teller audience(printer, world);
    rig::PaidCall call = call_of("call-" + std::to_string(at));
    call.ask = R"({"prompt":"Why?","model":"anthropic/claude-haiku-4.5","think":"1024","session":")" + call.call_id + R"("})";
    const rig::CallEnd end = rig::pay(call, world, store, audience);
    // All of the answer may have come before its reader was missed.
    CHECK((!end.error || end.error->errc == Errc::cancelled));
    last = end.ended;
    ++runs;
  }
  const sim::Bill bill = rig::settled_bill(**simulator);
  rig::resolve_unknown(store, *client, last);
  const rig::TwoBooks books = rig::compare_books(store, bill);
  for (const std::string& violation : books.violations) UNSCOPED_INFO(violation);
  CHECK(books.agree());
  CHECK(books.lines.size() == runs);
  const auto is_cut = [](const sim::BillLine& line) { return line.state == "cancelled"; };
  const auto cut = static_cast<size_t>(std::count_if(bill.lines.begin(), bill.lines.end(), is_cut));
  CHECK(cut > runs / 2);
  std::printf("output torn and the call left: %zu calls, %zu billed in part, %s on both books\n", runs, cut, books.bill.to_money().to_decimal().c_str());
}

// The program, an SQLite ledger of its own and a simulator that speaks slowly enough to be left in the middle. The provider goes on
// billing after a cancel, so the program reads the rest and settles.
class ProgramRoom {
 public:
  ProgramRoom() {
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start({.pace = Duration::micros(100), .now = [] { return now(); }});
    REQUIRE(started);
    simulator_ = std::move(*started);
  }
  test::Run ask(size_t out_bytes) {
    ++calls_;
    return test::run_program({"ask", "--json", "--model", "google/gemini-2.5-flash", "--think", "off", question_},
                             {{"HOME", folder_.path()},
                              {"ORTHINK_BASE_URL", simulator_->url()},
                              {"OPENROUTER_API_KEY", "sk-test-key"},
                              {"ORTHINK_STORE", "sqlite:" + folder_.file("ledger.db")}},
                             {.out_bytes = out_bytes});
  }
  // Every call is in both books, for the same amount, once.
  void compare() {
    const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({.path = folder_.file("ledger.db")});
    REQUIRE(store);
    const rig::TwoBooks books = rig::compare_books(**store, rig::settled_bill(*simulator_));
    for (const std::string& violation : books.violations) UNSCOPED_INFO(violation);
    CHECK(books.agree());
    CHECK(books.lines.size() == calls_);
    for (const rig::BookLine& line : books.lines) CHECK(line.row_state == "settled");
    for (const rig::BookLine& line : books.lines) CHECK(line.book.nano > 0);
  }

 private:
  // The simulator repeats 200 bytes of it: together with what else it says, more than 4 KB of events.
  const std::string question_ = "Why is the sky blue, red, dark? (One: the air. Two: the sun. Three: the sea.) Say it in a few words, and do "
                                "not forget: clouds, rain, snow, wind; day, night; far, near; here, there; high, low.";
  test::TemporaryFolder folder_;
  std::unique_ptr<sim::Simulator> simulator_;
  size_t calls_ = 0;
};

TEST_CASE("the reader of the program's output goes away after every byte") {
  constexpr size_t kCallsABook = 128;
  auto room = std::make_unique<ProgramRoom>();
  const size_t size = room->ask(SIZE_MAX).out.size();
  REQUIRE(size >= kStreamBytes);
  size_t runs = 1;
  size_t torn = 0;
  for (size_t at = 0; at <= kStreamBytes; at = next_byte(at, kStreamBytes)) {
    INFO("nobody reads after byte " << at);
    const test::Run run = room->ask(at);
    CHECK(run.out.size() == at);
    // 0: all of it had gone into the pipe before the reader left.
    CHECK((run.exit_code == 1 || (at > 0 && run.exit_code == 0)));
    ++torn;
    if (++runs % kCallsABook != 0) continue;
    room->compare();
    room = std::make_unique<ProgramRoom>();
  }
  room->compare();
  std::printf("output of %zu bytes torn: %zu runs of the program, every call settled as billed\n", size, torn);
}

}  // namespace
}  // namespace orthink

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "native/driver.h"
#include "native/money/book.h"
#include "native/store/sqlite_store.h"
#include "tests/rigs/kill9.h"
#include "tests/rigs/power_disk.h"
#include "tests/rigs/two_books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink::rig {
namespace {

constexpr uint64_t kThreads = 8;

void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

// Kills the process at its point, when it has come there often enough.
class Fate {
 public:
  Fate(const ChildOptions& options, KillFacts& facts, PowerDisk* disk) : options_(options), facts_(facts), disk_(disk) {}

  void pass(Point point) {
    if (is_due(point)) die();
  }

  // The kill comes while the store is at work.
  void pass_into(Dice& dice) {
    if (!is_due(Point::inside_settle)) return;
    if (disk_ != nullptr) return disk_->cut_after(1 + dice.below(24));
    const auto later = std::chrono::microseconds(dice.below(200));
    std::thread([later] {
      const auto until = std::chrono::steady_clock::now() + later;
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
      die();
    }).detach();
  }

 private:
  bool is_due(Point point) { return point == options_.point && facts_.countdown.fetch_sub(1) == 1; }
  const ChildOptions& options_;
  KillFacts& facts_;
  PowerDisk* disk_;
};

class FatedStore : public test::WrappedStore {
 public:
  FatedStore(Store& store, Fate& fate, KillFacts& facts, Dice& dice) : WrappedStore(store), fate_(fate), facts_(facts), dice_(dice) {}

  StoreReply apply(const StoreBatch& batch) override {
    const HoldState to = batch.rows.empty() ? HoldState::none : batch.rows.front().to;
    if (to == HoldState::reserved) fate_.pass(Point::before_reserve);
    if (to == HoldState::settled) fate_.pass(Point::before_settle);
    if (to == HoldState::settled) fate_.pass_into(dice_);
    StoreReply reply = store_.apply(batch);
    if (reply.verdict != StoreReply::Verdict::applied) return reply;
    if (batch.is_durable) acknowledge(batch.rows.front());
    if (to == HoldState::reserved) fate_.pass(Point::after_reserve);
    if (to == HoldState::sent && batch.is_durable) fate_.pass(Point::after_sent);
    return reply;
  }

 private:
  void acknowledge(const RowWrite& row) {
    const uint64_t at = facts_.acknowledged.fetch_add(1);
    if (at >= facts_.durable.size()) return;
    std::snprintf(facts_.durable[at].key.data(), facts_.durable[at].key.size(), "%s", row.key.c_str());
    facts_.durable[at].state = row.to;
  }
  Fate& fate_;
  KillFacts& facts_;
  Dice& dice_;
};

class FatedWorld : public NativeWorld {
 public:
  FatedWorld(HttpClient& client, Fate& fate, KillFacts& facts) : NativeWorld(client, nullptr), fate_(fate), facts_(facts) {}
  void send(const output::SendHttp& out) override {
    ++facts_.sends;
    NativeWorld::send(out);
  }
  Input wait(Instant until) override {
    Input input = NativeWorld::wait(until);
    if (std::holds_alternative<input::Head>(input)) fate_.pass(Point::mid_headers);
    if (std::holds_alternative<input::Bytes>(input)) fate_.pass(Point::mid_stream);
    return input;
  }

 private:
  Fate& fate_;
  KillFacts& facts_;
};

struct Deaf : Audience {
  void see(const Exchange&, const Output&) override {}
};

std::string question(const std::string& id, Dice& dice) {
  static constexpr const char* kThinking[] = {"off", "off", "2k"};
  std::string text = R"({"prompt":"Tell me about )" + std::to_string(dice.below(1'000'000)) + R"(.","session":")" + id + "\"";
  text += std::string(R"(,"max_tokens":4000,"think":")") + kThinking[dice.below(3)] + "\"";
  return text + (dice.one_in(4) ? R"(,"stream":false})" : "}");
}

void call_on(Book& book, HttpClient& client, const ChildOptions& options, KillFacts& facts, Fate& fate, uint64_t thread) {
  Dice dice(options.seed * 31 + thread);
  FatedStore store(book.store(), fate, facts, dice);
  for (uint64_t n = 1;; ++n) {
    const std::string id = options.name + "-" + std::to_string(thread) + "-" + std::to_string(n);
    Result<LedgerOptions> ledger =
        book.options_for({Scope{}, {ScopeKind::tenant, "t" + std::to_string(thread % 2)}, {ScopeKind::user, "rig"}});
    if (!ledger) give_up(ledger.error().message);
    PaidCall call;
    call.ask = question(id, dice);
    call.call_id = id;
    call.ledger = std::move(*ledger);
    if (thread % 4 == 3) call.ledger.slice_tokens = 300;
    FatedWorld world(client, fate, facts);
    Deaf audience;
    const CallEnd end = pay(call, world, store, audience);
    if (end.error && ++facts.failures == 1) std::fprintf(stderr, "kill9: %s failed: %s\n", id.c_str(), end.error->message.c_str());
    ++facts.calls;
  }
}

}  // namespace

const char* name(Point point) {
  static constexpr const char* kNames[] = {"chance",     "before reserve", "after reserve", "after sent",
                                           "in headers", "in the stream",  "before settle", "inside settle"};
  return kNames[static_cast<size_t>(point)];
}

void make_calls(const ChildOptions& options, KillFacts& facts) {
  std::unique_ptr<PowerDisk> disk;
  const bool writes_through_disk = options.point == Point::inside_settle && !options.file.empty();
  if (writes_through_disk) disk = std::make_unique<PowerDisk>(PowerOptions{.on_cut = die});
  Result<std::unique_ptr<Store>> store = open_store(options.config->store());
  if (writes_through_disk) {
    auto file = SqliteStore::open({.path = options.file, .vfs = disk->name()});
    if (!file) give_up("the child cannot open its store: " + file.error().message);
    store = std::unique_ptr<Store>(std::move(*file));
  }
  if (!store) give_up("the child cannot open its store: " + store.error().message);
  auto book = Book::open(*options.config, std::move(*store));
  if (!book) give_up("the child cannot open its book: " + book.error().message);
  auto client = HttpClient::create(options.upstream, Secret("sk-or-rig"));
  if (!client) give_up(client.error().message);
  Fate fate(options, facts, disk.get());
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { call_on(**book, **client, options, facts, fate, i); });
  for (std::thread& thread : threads) thread.join();
  ::_exit(3);
}

}  // namespace orthink::rig

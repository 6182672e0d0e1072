// kill -9: a process that makes paid calls from eight threads is killed, again and again; each time the book is opened by the next
// one, unknown outcomes are asked of the upstream, and our book is held against the upstream's bill.
//
//   kill9 --cycles 10000                 killed at a chance microsecond, on SQLite, a new file every 500 cycles
//   kill9 --cycles 500 --redis 1         on a redis-server of its own
//   kill9 --cycles 0 --points 200        each named point that often (see kill9.h)
//
// What was acknowledged as durable is there; every request that the upstream saw has a row that was sent before (looked at before
// recovery touches it); at the end of all, line by line: nothing lost, nothing counted twice, what differs is a flagged bound.
#include "tests/rigs/kill9.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native/http_client.h"
#include "native/money/book.h"
#include "native/store/store.h"
#include "native/system.h"
#include "tests/rigs/books.h"
#include "tests/rigs/processes.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/two_books.h"
#include "tests/rigs/upstream.h"

namespace orthink::rig {
namespace {

struct Totals {
  uint64_t cycles = 0, sends = 0, calls = 0, failures = 0, acknowledged = 0, lines = 0, flagged = 0, rows = 0, looks = 0, early = 0;
  int64_t bill = 0, book = 0, lost = 0, twice = 0;
};

bool was_sent(HoldState state) {
  return state == HoldState::sent || state == HoldState::unknown || state == HoldState::settled;
}

// One store and one upstream, for some cycles.
class Era {
 public:
  Era(const Arguments& arguments, uint64_t number, Dice& dice, Verdict& verdict, Totals& totals)
      : name_("e" + std::to_string(number)), dice_(dice), verdict_(verdict), totals_(totals), upstream_(dice.next()) {
    if (arguments.get("redis") != 0)
      server_ = std::make_unique<RedisServer>();
    else
      file_ = folder_.file("store");
    const std::string url = server_ ? server_->url() : "sqlite:" + file_;
    const std::map<std::string, std::string> settings{
        {"ORTHINK_STORE", url}, {"ORTHINK_DAILY_LIMIT_USD", "1000000"}, {"ORTHINK_MONTHLY_LIMIT_USD", "1000000"}};
    Result<Config> config = load_config({.file_path = {},
                                         .config_folder = {},
                                         .variables =
                                             [&](const std::string& variable) {
                                               const auto found = settings.find(variable);
                                               return found == settings.end() ? std::nullopt : std::optional(found->second);
                                             },
                                         .flags = {}});
    if (!config) give_up(config.error().message);
    config_ = std::move(*config);
  }

  void cycle(Point point) {
    const Shared<KillFacts> facts;
    facts->countdown = static_cast<int64_t>(1 + dice_.below(12));
    const ChildOptions options{.config = &config_,
                               .upstream = upstream_.url(),
                               .file = file_,
                               .name = name_ + "c" + std::to_string(++cycle_),
                               .seed = dice_.next(),
                               .point = point};
    {
      Process child([&] { make_calls(options, *facts); });
      const bool has_died = point == Point::chance ? kill(child, *facts) : wait(child);
      verdict_.expect(has_died, std::string("the child did not come to its point: ") + name(point));
    }
    ++totals_.cycles;
    totals_.sends += facts->sends;
    totals_.calls += facts->calls;
    totals_.failures += facts->failures;
    totals_.early += facts->sends == 0 ? 1 : 0;
    verdict_.expect(facts->failures == 0, "calls failed with an upstream that is well");
    reopen(*facts);
  }

  // The whole book against the whole bill.
  void look() {
    const Result<std::unique_ptr<Store>> store = open_store(config_.store());
    if (!store) return verdict_.expect(false, "the store cannot be opened: " + store.error().message);
    verdict_.add(audit(**store));
    verdict_.add(compare_books(**store, upstream_.bill()).violations);
    ++totals_.looks;
  }

  void close() {
    look();
    const Result<std::unique_ptr<Store>> store = open_store(config_.store());
    if (!store) return;
    const TwoBooks books = compare_books(**store, upstream_.bill());
    totals_.lines += upstream_.bill().lines.size();
    totals_.rows += books.lines.size();
    totals_.bill += books.bill.nano;
    totals_.book += books.book.nano;
    for (const BookLine& line : books.lines) {
      totals_.flagged += line.is_flagged ? 1 : 0;
      if (line.bill > line.book) totals_.lost += line.bill.nano - line.book.nano;
      if (line.book > line.bill && !line.is_flagged) totals_.twice += line.book.nano - line.bill.nano;
    }
  }

 private:
  // At a chance moment: a few while it opens its book, most among its calls.
  bool kill(Process& child, const KillFacts& facts) {
    const bool is_early = dice_.one_in(10);
    const Instant at_most = now() + Duration::seconds(30);
    while (!is_early && facts.sends == 0 && now() < at_most && !child.is_over()) std::this_thread::yield();
    const Instant moment = now() + Duration::micros(static_cast<int64_t>(dice_.below(is_early ? 8'000 : 10'000)));
    while (now() < moment && !child.is_over()) std::this_thread::yield();
    const bool was_alive = !child.is_over();
    child.kill();
    return was_alive;
  }

  static bool wait(Process& child) {
    const Instant at_most = now() + Duration::seconds(60);
    while (now() < at_most && !child.is_over()) std::this_thread::yield();
    return child.is_over();
  }

  void reopen(KillFacts& facts) {
    Result<std::unique_ptr<Store>> store = open_store(config_.store());
    if (!store) return verdict_.expect(false, "the store cannot be opened: " + store.error().message);
    const sim::Bill& bill = upstream_.bill();
    for (; seen_ < bill.lines.size(); ++seen_) {
      const std::string& call = bill.lines[seen_].session;
      verdict_.expect(was_sent(state_of(**store, call + "/1")), "the upstream saw a request that was not marked as sent: " + call);
    }
    const uint64_t many = std::min<uint64_t>(facts.acknowledged, facts.durable.size());
    for (uint64_t i = 0; i < many; ++i) {
      const HoldState acknowledged = facts.durable[i].state;
      if (acknowledged == HoldState::none) continue;
      ++totals_.acknowledged;
      const std::string key = facts.durable[i].key.data();
      const HoldState found = state_of(**store, key);
      const bool is_there = acknowledged == HoldState::sent ? was_sent(found) : found == acknowledged;
      verdict_.expect(is_there, key + " was acknowledged as " + std::string(name(acknowledged)) + " and is " + std::string(name(found)));
    }
    auto book = Book::open(config_, std::move(*store));
    if (!book) return verdict_.expect(false, "the book cannot be opened: " + book.error().message);
    auto client = HttpClient::create(upstream_.url(), Secret("sk-or-rig"));
    if (!client) give_up(client.error().message);
    resolve_unknown((*book)->store(), **client, now());
  }

  HoldState state_of(Store& store, const std::string& key) {
    const Result<std::optional<StoredRow>> row = store.row(key);
    verdict_.expect(row.ok(), "a row cannot be read: " + key);
    return row && *row ? (*row)->state : HoldState::none;
  }

  const std::string name_;
  Dice& dice_;
  Verdict& verdict_;
  Totals& totals_;
  Folder folder_;
  std::unique_ptr<RedisServer> server_;
  std::string file_;
  Config config_;
  Upstream upstream_;
  uint64_t cycle_ = 0;
  size_t seen_ = 0;
};

// libcurl is loaded before the first fork, so that no child has to.
void load_curl() {
  auto client = HttpClient::create("http://127.0.0.1:9/", Secret());
  if (client) static_cast<void>(get(**client, "/", now() + Duration::seconds(5), 1'000));
}

std::string dollars(int64_t nano) {
  return "$" + NanoUsd{nano}.to_money().to_decimal();
}

int run(const Arguments& arguments) {
  Verdict verdict(arguments.get("redis") != 0 ? "kill9, redis" : "kill9, sqlite", arguments.seed());
  Dice dice(arguments.seed());
  std::vector<Point> points(arguments.get("cycles"), Point::chance);
  for (const Point point : kNamedPoints) points.insert(points.end(), arguments.get("points"), point);
  load_curl();
  Totals totals;
  for (size_t i = 0; i < points.size();) {
    Era era(arguments, i, dice, verdict, totals);
    for (uint64_t n = 1; n <= arguments.get("era") && i < points.size(); ++n, ++i) {
      era.cycle(points[i]);
      if (n % arguments.get("look") == 0) era.look();
    }
    era.close();
  }
  verdict.expect(totals.lost == 0 && totals.twice == 0, "the books differ");
  return verdict.finish(
      std::to_string(arguments.get("cycles")) + " chance kills (" + std::to_string(totals.early) + " before a byte left), " +
      std::to_string(arguments.get("points")) + " at each of " + std::to_string(kNamedPoints.size()) +
      " points: " + std::to_string(totals.sends) + " requests, " + std::to_string(totals.calls) + " calls ended, " +
      std::to_string(totals.acknowledged) + " durable batches acknowledged and there, " + std::to_string(totals.lines) + " lines billed, " +
      std::to_string(totals.rows) + " rows, " + std::to_string(totals.flagged) + " flagged at their bound, bill " + dollars(totals.bill) +
      ", book " + dollars(totals.book) + ", " + std::to_string(totals.lost) + " nano-dollars lost, " + std::to_string(totals.twice) +
      " counted twice, " + std::to_string(totals.looks) + " looks");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(
      orthink::rig::Arguments(count, words, {{"cycles", 20}, {"points", 0}, {"redis", 0}, {"era", 500}, {"look", 25}}));
}

#include "tests/rigs/two_books.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "native/money/due.h"
#include "native/system.h"
#include "tests/rigs/books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink::rig {
namespace {

constexpr Duration kSettleTime = Duration::seconds(20);
constexpr int kRoundsMax = 1'000;  // a day of questions about one row is some forty

struct Deaf : Audience {
  void see(const Exchange&, const Output&) override {}
};

// A store whose clock is the test's.
class TimedStore : public test::WrappedStore {
 public:
  using WrappedStore::WrappedStore;
  Instant at;
  Result<Instant> now() override { return at; }
};

Instant next_due(Store& store) {
  Instant next = Instant::never();
  static_cast<void>(store.rows({.states = {HoldState::unknown}}, [&](const std::string&, const StoredRow& row) {
    next = std::min(next, row.due);
    return true;
  }));
  return next;
}

BookLine line_of(const Books::Row& row) {
  BookLine line;
  line.id = row.record.generation_id;
  line.row_state = name(row.state);
  line.book = row.record.actual;
  line.bound = row.record.bound;
  line.source = row.record.source;
  line.is_flagged = row.record.is_flagged;
  line.is_named = !row.record.generation_id.empty();
  return line;
}

void add_bill(BookLine& line, const sim::BillLine& bill) {
  line.id = bill.id;
  line.bill_state = bill.state;
  line.bill = NanoUsd::ceil(bill.cost);
}

// The law of a line: the same amount on both sides, or a bound that was charged because nothing more could be known.
std::string objection(const BookLine& line) {
  const std::string what = line.id + ": bill " + line.bill.to_money().to_decimal() + " " + line.bill_state + ", book " +
                           line.book.to_money().to_decimal() + " " + line.row_state + (line.is_flagged ? " flagged" : "");
  if (line.row_state == "-") return line.bill.nano > 0 ? what + ": charged, and no row of ours knows of it" : "";
  if (line.row_state != "settled" && line.row_state != "released") return what + ": the row has not ended";
  if (line.source == AmountSource::bound) {
    if (!line.is_flagged || line.book != line.bound) return what + ": a charged bound is flagged, and is the bound";
    return line.bill > line.book ? what + ": charged above the bound" : "";
  }
  return line.agrees() ? "" : what + ": the two differ, and no bound stands for it";
}

}  // namespace

CallEnd pay(const PaidCall& call, World& world, Store& store, Audience& audience) {
  CallEnd end;
  end.ended = world.now();
  const Result<Ask> ask = parse_ask(call.ask);
  if (!ask) {
    end.error = ask.error();
    return end;
  }
  ExchangeOptions options;
  options.call_id = call.call_id;
  options.entropy = 1;
  options.deadlines = call.deadlines;
  options.retry = call.retry;
  options.prepare.now = world.now();
  options.prepare.is_paid = true;
  options.prepare.allows_stale_prices = true;  // the compiled-in ones: the simulator charges by them too
  options.ledger = call.ledger;
  Result<Exchange> exchange = Exchange::open(world.now(), *ask, Catalog::snapshot(), options);
  if (!exchange) {
    end.error = exchange.error();
    return end;
  }
  drive(*exchange, world, store, audience);
  end.error = exchange->error();
  end.receipt = exchange->receipt();
  end.ended = world.now();
  return end;
}

CallEnd pay(const PaidCall& call, HttpClient& client, Store& store) {
  NativeWorld world(client, nullptr);
  Deaf audience;
  return pay(call, world, store, audience);
}

sim::Bill settled_bill(const sim::Simulator& simulator) {
  const Instant until = now() + kSettleTime;
  for (;;) {
    sim::Bill bill = simulator.bill();
    const bool is_running = std::any_of(bill.lines.begin(), bill.lines.end(), [](const sim::BillLine& line) { return line.state == "running"; });
    if (!is_running || now() > until) return bill;
    std::this_thread::yield();
  }
}

uint64_t resolve_unknown(Store& store, HttpClient& client, Instant from) {
  TimedStore timed(store);
  timed.at = from;
  uint64_t asks = 0;
  int rounds = 0;
  for (Instant due = next_due(store); !due.is_never() && ++rounds <= kRoundsMax; due = next_due(store)) {
    timed.at = std::max(timed.at, due);
    const Reconciled done = reconcile_due(timed, client, {});
    asks += std::max<uint64_t>(done.settled + done.charged_bound + done.still_unknown, 1);
  }
  return asks;
}

bool TwoBooks::agree() const {
  return violations.empty() && std::all_of(lines.begin(), lines.end(), [](const BookLine& line) { return line.agrees(); });
}

TwoBooks compare_books(Store& store, const sim::Bill& bill) {
  TwoBooks both;
  const Books books = recompute(store);
  both.violations = books.compare(store);
  std::vector<const sim::BillLine*> left;
  for (const sim::BillLine& line : bill.lines) left.push_back(&line);
  std::vector<std::pair<const Books::Row*, size_t>> nameless;  // and its line in `both`
  const auto take = [&](size_t at, const auto& is_its) {
    const auto found = std::find_if(left.begin(), left.end(), [&](const sim::BillLine* line) { return is_its(*line); });
    if (found == left.end()) return false;
    add_bill(both.lines[at], **found);
    left.erase(found);
    return true;
  };
  for (const auto& [key, row] : books.rows) {
    both.lines.push_back(line_of(row));
    const size_t at = both.lines.size() - 1;
    const bool is_tied = both.lines[at].is_named && take(at, [&](const sim::BillLine& line) { return line.id == row.record.generation_id; });
    if (!is_tied && row.state != HoldState::released) nameless.emplace_back(&row, at);
  }
  // Rows of one call whose answers never came, in the order in which they were bought.
  for (const auto& [row, at] : nameless) take(at, [&, of = row](const sim::BillLine& line) { return line.session == of->record.call_id; });
  for (const sim::BillLine* line : left) {
    both.lines.emplace_back();
    add_bill(both.lines.back(), *line);
  }
  for (const BookLine& line : both.lines) {
    both.bill.nano += line.bill.nano;
    both.book.nano += line.book.nano;
    if (std::string words = objection(line); !words.empty()) both.violations.push_back(std::move(words));
  }
  return both;
}

}  // namespace orthink::rig

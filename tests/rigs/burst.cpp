// Burst: agents that begin together under one budget, once holding worst cases, once in slices.
//
//   burst --agents 25 --fits 5 --slice 256      a budget that holds the worst cases of 5 of 25 calls
//
// Every call asks for far more output than its answer needs, as agents do. Nobody has an answer before everybody has asked, so what
// is admitted is what the holds leave room for. Both ways the books must agree and the budget must hold; slices must admit more.
#include <atomic>
#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/sim/sim.h"
#include "native/store/memory_store.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/two_books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink::rig {
namespace {

// Lets a call go on from its reservation when every agent has an answer to its own.
class TogetherStore : public test::WrappedStore {
 public:
  TogetherStore(Store& store, std::barrier<>& all) : WrappedStore(store), all_(all) {}
  StoreReply apply(const StoreBatch& batch) override {
    StoreReply reply = store_.apply(batch);
    if (!has_asked_) all_.arrive_and_wait();
    has_asked_ = true;
    return reply;
  }

 private:
  std::barrier<>& all_;
  bool has_asked_ = false;
};

struct Outcome {
  uint64_t answered = 0, refused = 0;
  NanoUsd held_most, billed;
};

PaidCall call_of(const std::string& id) {
  PaidCall call;
  call.ask = R"({"model":"anthropic/claude-haiku-4.5","prompt":"Why?","think":"off","max_tokens":8192,"provider":{"only":["anthropic"]},"session":")" +
             id + "\"}";
  call.call_id = id;
  call.retry.attempts_max = 1;
  return call;
}

NanoUsd worst_case(HttpClient& client) {
  MemoryStore store;
  static_cast<void>(pay(call_of("first"), client, store));
  NanoUsd bound;
  static_cast<void>(store.rows({}, [&](const std::string&, const StoredRow& row) {
    if (const auto record = HoldRecord::parse(row.record)) bound = record->bound;
    return true;
  }));
  return bound;
}

Outcome burst(const Arguments& arguments, sim::Simulator& simulator, HttpClient& client, int64_t budget, uint64_t slice, Verdict& verdict) {
  const uint64_t agents = arguments.get("agents");
  MemoryStore store;
  std::barrier<> all(static_cast<std::ptrdiff_t>(agents));
  std::atomic<uint64_t> answered{0}, refused{0};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < agents; ++i) {
    threads.emplace_back([&, i] {
      PaidCall call = call_of((slice > 0 ? "sliced-" : "whole-") + std::to_string(i));
      Limits limits;
      limits.set(LimitKind::usd_per_day, budget);
      call.ledger.scopes = {{Scope{}, Limits{}}, {{ScopeKind::user, "fleet"}, limits}};
      call.ledger.slice_tokens = slice;
      TogetherStore together(store, all);
      const CallEnd end = pay(call, client, together);
      if (!end.error) ++answered;
      else if (end.error->errc == Errc::budget_refused) ++refused;
      else verdict.expect(false, call.call_id + ": " + end.error->message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  static_cast<void>(settled_bill(simulator));
  Outcome outcome{answered, refused, {}, {}};
  static_cast<void>(store.rows({}, [&](const std::string& key, const StoredRow& row) {
    const auto record = HoldRecord::parse(row.record);
    verdict.expect(record && (row.state == HoldState::settled || row.state == HoldState::released), key + " has not ended");
    if (record && row.state == HoldState::settled) outcome.billed.nano += record->actual.nano;
    return true;
  }));
  verdict.expect(outcome.billed.nano <= budget, "more was billed than the budget");
  verdict.expect(answered + refused == agents, "some calls ended neither answered nor refused");
  return outcome;
}

int run(const Arguments& arguments) {
  Verdict verdict("burst", arguments.seed());
  auto simulator = sim::Simulator::start({.seed = arguments.seed()});
  if (!simulator) give_up(simulator.error().message);
  auto client = HttpClient::create((*simulator)->url(), Secret("sk-or-rig"));
  if (!client) give_up(client.error().message);
  const NanoUsd worst = worst_case(**client);
  const int64_t budget = worst.nano * static_cast<int64_t>(arguments.get("fits"));
  const Outcome whole = burst(arguments, **simulator, **client, budget, 0, verdict);
  const Outcome sliced = burst(arguments, **simulator, **client, budget, arguments.get("slice"), verdict);
  verdict.expect(whole.answered == arguments.get("fits"), "full holds admit another number than fits");
  verdict.expect(sliced.answered > whole.answered, "slices admit no more than full holds");
  return verdict.finish(std::to_string(arguments.get("agents")) + " agents, a budget of " + std::to_string(arguments.get("fits")) +
                        " worst cases ($" + NanoUsd{budget}.to_money().to_decimal() + "): " + std::to_string(whole.answered) +
                        " answered with full holds, " + std::to_string(sliced.answered) + " in slices of " +
                        std::to_string(arguments.get("slice")) + " tokens; billed $" + whole.billed.to_money().to_decimal() + " and $" +
                        sliced.billed.to_money().to_decimal());
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"agents", 25}, {"fits", 5}, {"slice", 256}}));
}

// The n-th call of the store fails, for every n of a scripted call, once and for ever, taken by the store or not.
//
//   store_sweep
//
// "Taken" is an answer that was lost: the batch was applied, the call is told that the store is unavailable. Whatever fails: no byte
// goes upstream that was not marked as sent; the receipt never shows less than what was billed, spent and held together; after the next
// process has recovered and asked, both books agree and nothing is open.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "native/money/recovery.h"
#include "native/sim/sim.h"
#include "native/store/memory_store.h"
#include "tests/rigs/books.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/two_books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink::rig {
namespace {

struct Failure {
  uint64_t at = 0;  // from 1; 0: none
  bool is_for_ever = false;
  bool is_taken = false;
};

class FailingStore : public test::WrappedStore {
 public:
  FailingStore(Store& store, const Failure& failure) : WrappedStore(store), failure_(failure) {}
  StoreReply apply(const StoreBatch& batch) override {
    ++calls;
    const bool fails = failure_.at != 0 && (calls == failure_.at || (failure_.is_for_ever && calls > failure_.at));
    if (!fails) return store_.apply(batch);
    if (calls == failure_.at && !batch.rows.empty()) failed_at = batch.rows.front().to;
    if (failure_.is_taken) static_cast<void>(store_.apply(batch));
    StoreReply reply;
    reply.ticket = batch.ticket;
    reply.verdict = StoreReply::Verdict::unavailable;
    reply.found_text = "the rig says no";
    return reply;
  }
  uint64_t calls = 0;
  HoldState failed_at = HoldState::none;

 private:
  const Failure failure_;
};

struct Script {
  std::string faults;  // of the simulator
  bool streams = true;
  std::optional<uint64_t> slice_tokens = {};
};

const std::array kScripts{
    Script{"", true},
    Script{"", false},
    Script{"503=none:1", true},
    Script{"502=1", true},
    Script{"402", true},
    Script{"no-usage", true},
    Script{"no-usage", false},
    Script{"eof-no-done", true},
    Script{"reset-midstream", true},
    Script{"midstream-error-billed", true},
    Script{"midstream-error", true},
    Script{"reset-billed", true},
    Script{"overruns", true},
    Script{"provider-dearer", true},
    Script{"generation-never,no-usage", true},
    Script{"cost-null", false},
    Script{"", true, 16},
    Script{"eof-no-done", true, 16},
};

std::string words_of(const Script& script, const Failure& failure) {
  return "\"" + script.faults + (script.streams ? "\" streamed" : "\" whole") + (script.slice_tokens ? " in slices" : "") +
         ", store call " + std::to_string(failure.at) + (failure.is_for_ever ? " and later fail" : " fails") +
         (failure.is_taken ? ", taken" : "");
}

PaidCall call_of(const Script& script) {
  PaidCall call;
  call.call_id = "call-1";
  call.ask = R"({"prompt":"Why is the sky blue?","think":"off","max_tokens":8000,"session":"call-1","stream":)";
  call.ask += script.streams ? "true}" : "false}";
  call.ledger.scopes = {{Scope{}, Limits{}}, {Scope{ScopeKind::user, "rig"}, Limits{}}};
  call.ledger.epoch = "gone";
  call.ledger.slice_tokens = script.slice_tokens;
  return call;
}

uint64_t asked(const sim::Simulator& simulator) {
  const std::vector<sim::SeenRequest> seen = simulator.requests();
  return static_cast<uint64_t>(
      std::count_if(seen.begin(), seen.end(), [](const sim::SeenRequest& request) { return request.method == "POST"; }));
}

void check_receipt(const CallEnd& end, NanoUsd billed, const std::string& what, Verdict& verdict) {
  const int64_t cost = end.receipt.cost ? NanoUsd::ceil(*end.receipt.cost).nano : 0;
  const int64_t held = end.receipt.held ? NanoUsd::ceil(*end.receipt.held).nano : 0;
  verdict.expect(cost + held >= billed.nano, what + ": billed " + std::to_string(billed.nano) + ", the receipt shows " +
                                                 std::to_string(cost) + " spent and " + std::to_string(held) + " held");
  verdict.expect(billed.nano == 0 || !end.receipt.cost || cost > 0 || held > 0, what + ": a call that was sent shows no spend");
}

// Returns how often the store was called.
uint64_t run_once(const Script& script, const Failure& failure, uint64_t seed, Verdict& verdict) {
  const std::string what = words_of(script, failure);
  auto simulator = sim::Simulator::start({.seed = seed, .faults = *sim::parse_faults(script.faults)});
  if (!simulator) give_up(simulator.error().message);
  auto client = HttpClient::create((*simulator)->url(), Secret("sk-or-rig"));
  if (!client) give_up(client.error().message);
  MemoryStore memory;
  FailingStore store(memory, failure);
  const CallEnd end = pay(call_of(script), **client, store);
  const uint64_t calls = store.calls;

  const Books before = recompute(memory);
  const uint64_t marked = before.rows.size() - before.count(HoldState::reserved);
  const uint64_t requests = asked(**simulator);
  verdict.expect(requests <= marked, what + ": a request left that was not marked as sent");
  const bool is_before_sending = store.failed_at == HoldState::reserved || (store.failed_at == HoldState::sent && failure.at == 2);
  verdict.expect(!is_before_sending || requests == 0 || failure.at > 2, what + ": a request left without a store");
  verdict.expect(!is_before_sending || failure.at > 2 || (end.error && end.error->errc == Errc::store_unavailable),
                 what + ": the call does not say that the store is away");
  const sim::Bill bill = settled_bill(**simulator);
  check_receipt(end, NanoUsd::ceil(bill.total), what, verdict);

  verdict.expect(recover(memory, epoch::Epoch::own()).ok(), what + ": the recovery failed");
  resolve_unknown(memory, **client, end.ended);
  const TwoBooks books = compare_books(memory, bill);
  for (const std::string& violation : books.violations) verdict.expect(false, what + ": " + violation);
  return calls;
}

int run(const Arguments& arguments) {
  Verdict verdict("store_sweep", arguments.seed());
  uint64_t runs = 0;
  for (const Script& script : kScripts) {
    const uint64_t calls = run_once(script, {}, arguments.seed(), verdict);
    for (uint64_t at = 1; at <= calls; ++at) {
      for (const bool is_for_ever : {false, true}) {
        for (const bool is_taken : {false, true}) {
          run_once(script, {at, is_for_ever, is_taken}, arguments.seed(), verdict);
          ++runs;
        }
      }
    }
  }
  return verdict.finish(std::to_string(kScripts.size()) + " scripts, " + std::to_string(runs) + " failures");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {}));
}

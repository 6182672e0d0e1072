// Random ledger traffic from several threads, and what the store acknowledged of it.
//
//   rig::Traffic traffic({.seed = 7, .threads = 4, .calls = 100});
//   traffic.run(store);
//   rig::Losses losses = rig::compare(traffic.history(), rig::recompute(store));
//
// Every hold is moved by one thread, in its order, as calls do: reserve, sent, note, settle, release, unknown; a few cost more than
// their bound. Each thread has several holds open at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "native/store/store.h"
#include "orthink/ledger/ledger.h"
#include "tests/rigs/books.h"
#include "tests/rigs/rig.h"

namespace orthink::rig {

// What became of one step of a hold. Unclear: the store was unavailable, so that it may have taken it or not.
enum class Answer : uint8_t { applied, refused, unclear };
struct Step {
  HoldState to = HoldState::none;
  bool is_durable = false;
  Answer answer = Answer::unclear;
  NanoUsd actual;
};
using History = std::map<std::string, std::vector<Step>>;  // by key of the row

struct TrafficOptions {
  uint64_t seed = 1;
  uint64_t threads = 4;
  uint64_t steps = 100;                 // of each thread: batches
  uint64_t accounts = 8;                // users, each with a daily limit
  uint64_t dollars_a_day = 2;           // of each
  std::string name{"call"};             // of its calls: no two traffics of a store share one
  bool goes_on = false;                 // after an unavailable store; else a thread stops at the first
  std::function<bool()> must_refuse{};  // asked before a step: an applied one is then a violation
};

class Traffic {
 public:
  explicit Traffic(TrafficOptions options) : options_(std::move(options)) {}
  void run(Store& store);
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] uint64_t applied() const { return applied_; }
  // Of one user, and of every user.
  [[nodiscard]] ledger::ScopeList limits_of(uint64_t user) const;
  [[nodiscard]] ledger::ScopeList limits() const;

 private:
  class Worker;
  TrafficOptions options_;
  History history_;
  std::vector<std::string> violations_;
  uint64_t applied_ = 0;
};

// What the rows must hold of what was acknowledged.
struct Losses {
  uint64_t acknowledged = 0;       // durable steps
  std::vector<std::string> lost;   // an acknowledged durable step that is gone
  std::vector<std::string> wrong;  // a state or an amount that nobody asked for
};
Losses compare(const History& history, const Books& books);

}  // namespace orthink::rig

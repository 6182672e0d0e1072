#include "tests/rigs/traffic.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "orthink/ledger/window.h"

namespace orthink::rig {
namespace {

constexpr Instant kNoon{1'795'521'600'000'000};
constexpr int64_t kDollar = 1'000'000'000;

}  // namespace

class Traffic::Worker {
 public:
  Worker(const Traffic& traffic, Store& store, uint64_t number)
      : traffic_(traffic), store_(store), number_(number), dice_(traffic.options_.seed * 1'000'003 + number) {}

  void run() {
    for (uint64_t i = 0; i < traffic_.options_.steps && !is_stopped_; ++i) {
      const bool opens = open_.empty() || (open_.size() < kOpenMax && dice_.one_in(3));
      if (opens)
        reserve();
      else
        advance(dice_.below(open_.size()));
    }
  }
  History history;
  std::vector<std::string> violations;
  uint64_t applied = 0;

 private:
  static constexpr size_t kOpenMax = 5;
  struct Open {
    HoldRecord record;
    ledger::ScopeList limits;
    HoldState state = HoldState::none;
  };

  Instant at() { return kNoon + Duration::millis(static_cast<int64_t>(++clock_)); }

  Answer apply(const StoreBatch& batch, HoldState to, NanoUsd actual) {
    const bool must_refuse = traffic_.options_.must_refuse && traffic_.options_.must_refuse();
    const StoreReply reply = store_.apply(batch);
    const bool is_unclear = reply.verdict == StoreReply::Verdict::unavailable;
    const bool is_applied = reply.verdict == StoreReply::Verdict::applied;
    const Answer answer = is_applied ? Answer::applied : is_unclear ? Answer::unclear : Answer::refused;
    const std::string& key = batch.rows.front().key;
    history[key].push_back({to, batch.is_durable, answer, actual});
    if (is_applied) ++applied;
    if (is_applied && must_refuse) violations.push_back("acknowledged by a store that has lost a sync: " + key);
    is_stopped_ = is_unclear && !traffic_.options_.goes_on;
    return answer;
  }

  void reserve() {
    const uint64_t user = dice_.below(traffic_.options_.accounts);
    Open next;
    next.limits = traffic_.limits_of(user);
    HoldRecord& record = next.record;
    record.call_id = traffic_.options_.name + "-" + std::to_string(number_) + "-" + std::to_string(++calls_);
    record.row = dice_.one_in(6) ? 2 : 1;  // some are retries
    record.attempt = record.row;
    for (const ScopeLimits& each : next.limits) record.scopes.push_back(each.scope);
    record.created = at();
    record.deadline = record.created + Duration::seconds(60);
    record.day = window::day_of(record.created);
    record.month = window::month_of(record.created);
    record.bound = {1 + static_cast<int64_t>(dice_.below(kDollar / 10))};
    record.tokens_bound = 1'000;
    record.model = "anthropic/claude-haiku-4.5";
    record.price_source = "catalogue";
    if (apply(ledger::reserve(record, next.limits, "rig", record.created), HoldState::reserved, {}) != Answer::applied) return;
    next.state = HoldState::reserved;
    open_.push_back(std::move(next));
  }

  void advance(size_t which) {
    Open& open = open_[which];
    if (open.state == HoldState::reserved && !dice_.one_in(8))
      return move(which, ledger::mark_sent(open.record, "rig", at()), HoldState::sent);
    if (open.state == HoldState::reserved)
      return move(which, ledger::release(open.record, open.state, open.limits, at()), HoldState::released);
    if (open.state == HoldState::sent && open.record.generation_id.empty() && dice_.one_in(3)) {
      open.record.generation_id = "gen-" + open.record.call_id;
      return move(which, ledger::note(open.record, "rig", at()), HoldState::sent);
    }
    if (open.state == HoldState::sent && dice_.one_in(6))
      return move(which, ledger::leave_unknown(open.record, at() + Duration::seconds(1), at()), HoldState::unknown);
    if (dice_.one_in(10)) return move(which, ledger::release(open.record, open.state, open.limits, at()), HoldState::released);
    open.record.actual = {static_cast<int64_t>(dice_.below(static_cast<uint64_t>(open.record.bound.nano) + 1))};
    if (dice_.one_in(1'000)) open.record.actual.nano = open.record.bound.nano + 1;
    open.record.source = AmountSource::provider;
    move(which, ledger::settle(open.record, open.state, open.limits, at()), HoldState::settled);
  }

  void move(size_t which, const StoreBatch& batch, HoldState to) {
    const Answer answer = apply(batch, to, open_[which].record.actual);
    if (answer == Answer::refused) violations.push_back("the store refused a step of its own row: " + open_[which].record.key());
    const bool is_over = to == HoldState::settled || to == HoldState::released || answer != Answer::applied;
    open_[which].state = to;
    if (is_over) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  const Traffic& traffic_;
  Store& store_;
  const uint64_t number_;
  Dice dice_;
  std::vector<Open> open_;
  uint64_t calls_ = 0;
  uint64_t clock_ = 0;
  bool is_stopped_ = false;
};

ledger::ScopeList Traffic::limits_of(uint64_t user) const {
  Limits daily;
  daily.set(LimitKind::usd_per_day, kDollar * static_cast<int64_t>(options_.dollars_a_day));
  Limits brisk;
  brisk.set(LimitKind::requests_per_minute, 1'000'000);
  brisk.set(LimitKind::tokens_per_minute, 1'000'000'000);
  return {{Scope{}, Limits{}},
          {Scope{ScopeKind::tenant, "t" + std::to_string(user % 4)}, brisk},
          {Scope{ScopeKind::user, "u" + std::to_string(user)}, daily}};
}

ledger::ScopeList Traffic::limits() const {
  ledger::ScopeList all;
  for (uint64_t user = 0; user < options_.accounts; ++user) all.push_back(limits_of(user).back());
  return all;
}

void Traffic::run(Store& store) {
  std::vector<Worker> workers;
  workers.reserve(options_.threads);
  for (uint64_t i = 0; i < options_.threads; ++i) workers.emplace_back(*this, store, i);
  std::vector<std::thread> threads;
  for (Worker& worker : workers) threads.emplace_back([&worker] { worker.run(); });
  for (std::thread& thread : threads) thread.join();
  for (Worker& worker : workers) {
    history_.merge(worker.history);
    violations_.insert(violations_.end(), worker.violations.begin(), worker.violations.end());
    applied_ += worker.applied;
  }
}

Losses compare(const History& history, const Books& books) {
  Losses losses;
  for (const auto& [key, steps] : history) {
    std::optional<size_t> durable;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (!steps[i].is_durable || steps[i].answer != Answer::applied) continue;
      durable = i;
      ++losses.acknowledged;
    }
    const auto found = books.rows.find(key);
    const HoldState state = found == books.rows.end() ? HoldState::none : found->second.state;
    const auto is_this = [&](const Step& step) {
      const bool is_amount = state != HoldState::settled || step.actual == found->second.record.actual;
      return step.answer != Answer::refused && step.to == state && is_amount;
    };
    const auto from = steps.begin() + static_cast<std::ptrdiff_t>(durable.value_or(0));
    if (std::any_of(from, steps.end(), is_this) || (state == HoldState::none && !durable)) continue;
    const bool is_before = state == HoldState::none || std::any_of(steps.begin(), from, is_this);
    const std::string words = key + " is " + std::string(name(state)) + " after " + std::string(name(steps[durable.value_or(0)].to));
    (durable && is_before ? losses.lost : losses.wrong).push_back(words);
  }
  for (const auto& [key, row] : books.rows)
    if (!history.contains(key)) losses.wrong.push_back("nobody made the row " + key);
  return losses;
}

}  // namespace orthink::rig

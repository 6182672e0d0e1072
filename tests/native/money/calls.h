// A room to make calls in: the simulator, a client, and an exchange driven through any store.
#pragma once

#include <memory>
#include <string>

#include "native/driver.h"
#include "native/sim/sim.h"
#include "tests/native/money/money.h"

namespace orthink::test {

class CallRoom {
 public:
  explicit CallRoom(std::string_view faults) {
    sim::SimOptions options;
    options.seed = 7;
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator_ = std::move(*started);
    client_ = std::move(*HttpClient::create(simulator_->url(), Secret("sk-test")));
  }
  [[nodiscard]] sim::Simulator& simulator() const { return *simulator_; }
  [[nodiscard]] HttpClient& client() const { return *client_; }

  // One call with a single attempt, of the epoch given; its time is the store's. The key of its row.
  std::string call(Store& store, const std::string& epoch = "epoch-1", std::optional<Error>* error = nullptr) const {
    struct Nobody : Audience {
      void see(const Exchange&, const Output&) override {}
    } nobody;
    const Duration ahead = *store.now() - now();
    NativeWorld world(*client_, nullptr, ahead);
    ExchangeOptions options;
    options.call_id = "call-of-test";
    options.prepare.now = world.now();
    options.retry.attempts_max = 1;
    options.ledger.epoch = epoch;
    options.idempotency = claim;
    const Result<Ask> ask = parse_ask(R"({"prompt":"Why is the sky blue?","think":"off"})");
    REQUIRE(ask);
    Result<Exchange> exchange = Exchange::open(world.now(), *ask, Catalog::snapshot(), std::move(options));
    REQUIRE(exchange);
    drive(*exchange, world, store, nobody);
    if (error != nullptr) *error = exchange->error();
    return "call-of-test/1";
  }

  static Instant created(Store& store) { return (*store.row("call-of-test/1"))->created; }

  std::optional<Claim> claim;  // of the calls to come

 private:
  std::unique_ptr<sim::Simulator> simulator_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace orthink::test

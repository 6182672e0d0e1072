// A purchase from its price to its settled row, as the command line and the server make it.
#include "native/call/purchase.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>

#include "native/money/limit_table.h"
#include "tests/native/call/room.h"

namespace orthink {
namespace {

// Keeps what it sees of the last turn, and runs a function at the first thinking or text.
class Spectator : public Customer {
 public:
  std::function<void()> on_first{};
  std::string text;
  std::optional<Error> error;
  int turns = 0;

  std::unique_ptr<TurnAudience> attend(const Exchange&, NativeWorld&) override {
    ++turns;
    return std::make_unique<Seat>(*this);
  }

 private:
  class Seat : public TurnAudience {
   public:
    explicit Seat(Spectator& owner) : owner_(owner) {}
    void see(const Exchange& exchange, const Output& out) override {
      const bool is_first = std::holds_alternative<output::Thinking>(out) || std::holds_alternative<output::Text>(out);
      if (is_first && owner_.on_first) std::exchange(owner_.on_first, nullptr)();
      if (const auto* text = std::get_if<output::Text>(&out)) owner_.text += text->text;
      if (std::holds_alternative<output::Failed>(out)) owner_.error = shown_error(exchange);
    }

   private:
    Spectator& owner_;
  };
};

constexpr std::string_view kQuestion = R"({"prompt":"Why is the sky blue?","think":"2000","answer_tokens":500,"max_tokens":4000})";

TEST_CASE("A question is bought once and accounted for", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  Spectator spectator;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {}, spectator);
  REQUIRE(!bought.refused);
  REQUIRE(bought.exchange);
  CHECK(!spectator.text.empty());
  CHECK(spectator.turns == 1);
  const sim::Bill bill = room.simulator->bill();
  REQUIRE(bill.lines.size() == 1);
  REQUIRE(bought.exchange->receipt().cost);
  CHECK(bought.exchange->receipt().cost->to_decimal() == bill.total.to_decimal());
}

TEST_CASE("A key of its own is bought with once, whoever asks again gets the line", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  Spectator first, second, other;
  const PurchaseOptions options{.idempotency_key = "k-1", .claim_space = "alice"};
  REQUIRE(!buy(desk, test::ask_of(kQuestion), options, first).refused);
  const Bought again = buy(desk, test::ask_of(kQuestion), options, second);
  CHECK(!again.replayed.empty());
  CHECK(room.bought() == 1);
  const Bought elsewhere = buy(desk, test::ask_of(kQuestion), {.idempotency_key = "k-1", .claim_space = "bob"}, other);
  CHECK(elsewhere.replayed.empty());
  CHECK(room.bought() == 2);
}

TEST_CASE("Another thread cancels a running call", "[purchase]") {
  test::Room room("drip=50");
  Desk desk(room.config());
  Cancellation cancellation;
  Spectator spectator;
  Instant asked;
  spectator.on_first = [&] {
    asked = now();
    std::thread([&] { cancellation.cancel(); }).join();
  };
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.cancellation = &cancellation}, spectator);
  REQUIRE(bought.exchange);
  CHECK(bought.is_cancelled());
  CHECK((now() - asked).ms() < 1000);  // the model's provider stops billing: nothing is drained
  REQUIRE(spectator.error);
  CHECK(spectator.error->errc == Errc::cancelled);
}

TEST_CASE("A call cancelled before it began buys nothing", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  REQUIRE(desk.open());
  Cancellation cancellation;
  cancellation.cancel();
  Spectator spectator;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.cancellation = &cancellation}, spectator);
  CHECK(bought.is_cancelled());
  CHECK(spectator.text.empty());
}

ScopeLimits payer(std::string_view limits) {
  return {{ScopeKind::key, "robot"}, *Limits::parse(limits)};
}

TEST_CASE("A payer's own limit refuses, and names itself", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  Spectator spectator;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.payer = payer(R"({"usd_per_day":"0.01"})")}, spectator);
  REQUIRE(!bought.refused);
  REQUIRE(spectator.error);
  CHECK(spectator.error->kind == Kind::budget_exceeded);
  CHECK(spectator.error->message.find("key:robot") != std::string::npos);
  CHECK(spectator.error->remedy.find("This would pass: {") != std::string::npos);
  CHECK(room.bought() == 0);
}

TEST_CASE("What fits is asked again with what a limit leaves, and only that turn is seen to its end", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  Spectator spectator;
  Ask ask = test::ask_of(kQuestion);
  ask.fits = true;
  const Bought bought = buy(desk, ask, {.payer = payer(R"({"usd_per_day":"0.01"})")}, spectator);
  REQUIRE(!bought.refused);
  CHECK(spectator.turns == 2);
  CHECK(!spectator.error);
  CHECK(!spectator.text.empty());
  CHECK(room.bought() == 1);
}

TEST_CASE("Limits of a configuration that is read anew hold for the next call", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  Spectator spectator;
  REQUIRE(!buy(desk, test::ask_of(kQuestion), {}, spectator).refused);
  REQUIRE(!spectator.error);
  room.set(R"(,"daily_limit_usd":"0.000001")");
  REQUIRE(desk.reread(room.config()));
  static_cast<void>(buy(desk, test::ask_of(kQuestion), {}, spectator));
  REQUIRE(spectator.error);
  CHECK(spectator.error->kind == Kind::budget_exceeded);
  CHECK(room.bought() == 1);
}

TEST_CASE("Of the store's limit and the payer's own the lower holds", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  REQUIRE(desk.open());
  const Scope robot{ScopeKind::key, "robot"};
  REQUIRE(change_limits(desk.book_at_hand()->store(), robot, {{LimitKind::requests_per_day, 1}}));
  Spectator spectator;
  const PurchaseOptions options{.payer = payer(R"({"requests_per_day":5})")};
  REQUIRE(!buy(desk, test::ask_of(kQuestion), options, spectator).refused);
  CHECK(!spectator.error);
  static_cast<void>(buy(desk, test::ask_of(kQuestion), options, spectator));
  REQUIRE(spectator.error);
  CHECK(spectator.error->message.find("key:robot") != std::string::npos);
}

}  // namespace
}  // namespace orthink

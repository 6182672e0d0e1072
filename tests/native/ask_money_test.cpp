// The program and the ledger: limits that refuse or fit, keys that buy once, clocks and stores that are not to be trusted.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "native/sim/fault_replies.h"
#include "native/sim/sim.h"
#include "native/store/store.h"
#include "native/system.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"
#include "tests/native/program.h"
#include "tests/native/raw_server.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

using test::Run;

class Room {
 public:
  explicit Room(std::string_view faults = "") {
    sim::SimOptions options;
    options.seed = 7;
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
    variables = {{"HOME", folder.path()}, {"ORTHINK_BASE_URL", simulator->url()}, {"OPENROUTER_API_KEY", "sk-test-key"}};
  }
  Run run(std::vector<std::string> arguments) const { return test::run_program(std::move(arguments), variables); }
  [[nodiscard]] size_t bought() const { return simulator->bill().lines.size(); }
  [[nodiscard]] std::unique_ptr<Store> store() const {
    Result<std::unique_ptr<Store>> opened = open_store("sqlite:" + folder.file(".local/state/orthink/ledger.db"));
    REQUIRE(opened);
    return std::move(*opened);
  }

  test::TemporaryFolder folder;
  std::unique_ptr<sim::Simulator> simulator;
  test::Variables variables;
};

json::Value last_line(const Run& run) {
  std::string last;
  std::istringstream stream(run.out);
  for (std::string line; std::getline(stream, line);) last = line;
  INFO(run.out << run.err);
  Result<json::Value> value = json::parse(last);
  REQUIRE(value);
  return std::move(*value);
}

std::string at(const json::Value& value, std::initializer_list<const char*> path) {
  const json::Value* here = &value;
  for (const char* key : path) {
    here = here->find(key);
    INFO(key);
    REQUIRE(here != nullptr);
  }
  return here->is_string() ? here->text() : json::dump(*here);
}

TEST_CASE("a limit refuses with what would pass, and --fit sends that") {
  Room room;
  room.variables["ORTHINK_DAILY_LIMIT_USD"] = "0.02";
  const Run refused = room.run({"ask", "--json", "--think", "8k", "Why?"});
  CHECK(refused.exit_code == 3);
  const json::Value error = last_line(refused);
  CHECK(at(error, {"error", "code"}) == "budget_refused");
  CHECK(at(error, {"error", "scope"}) == "user:local");
  CHECK(at(error, {"error", "resets_at"}).ends_with("T00:00:00Z"));
  CHECK(at(error, {"error", "message"}).find("$0.02 a day: $0 spent, $0 held") != std::string::npos);
  CHECK(at(error, {"error", "remedy"}).find("\"max_tokens\":") != std::string::npos);
  CHECK(room.bought() == 0);

  const Run fitted = room.run({"ask", "--json", "--fit", "--think", "8k", "Why?"});
  CHECK(fitted.exit_code == 0);
  const json::Value complete = last_line(fitted);
  CHECK(at(complete, {"type"}) == "complete");
  CHECK(at(complete, {"receipt", "reasons"}).find("\"fitted\"") != std::string::npos);
  CHECK(at(complete, {"receipt", "warnings"}).find("\"limit_near\"") != std::string::npos);
  CHECK(room.bought() == 1);
}

TEST_CASE("tokens a minute that can never do name the call that would, and --fit sends it") {
  const Room room;
  REQUIRE(room.run({"budget", "set", "user:r", "--tokens-per-minute", "5000"}).exit_code == 0);
  const Run refused = room.run({"ask", "--user", "r", "hi"});
  CHECK(refused.exit_code == 3);
  CHECK(refused.err.find("user:r may use 5000 tokens a minute: 0 used; this call may need up to 9250, so it can never pass as it is\n"
                         "  This would pass: --max-tokens 3942; --fit finds it by itself.") != std::string::npos);
  const json::Value error = last_line(room.run({"ask", "--json", "--user", "r", "hi"}));
  CHECK(at(error, {"error", "retry"}) == "changed");
  CHECK(at(error, {"error", "retry_after_ms"}) == "null");
  CHECK(at(error, {"error", "remedy"}) == R"(This would pass: {"max_tokens":3942}; "fit" finds it by itself.)");
  CHECK(room.bought() == 0);
  const json::Value fitted = last_line(room.run({"ask", "--json", "--user", "r", "--fit", "hi"}));
  CHECK(at(fitted, {"type"}) == "complete");
  CHECK(at(fitted, {"receipt", "reasons"})
            .find("The total cap was lowered to 3,942 tokens, to fit a limit: user:r may use 5,000 tokens a minute, and 5,000 are left.") !=
        std::string::npos);
  CHECK(room.bought() == 1);
  const json::Value later = last_line(room.run({"ask", "--json", "--user", "r", "--max-tokens", "3942", "hi"}));
  CHECK(at(later, {"error", "message"}).find(" used; this call may need up to 5000; it would pass in ") != std::string::npos);
  CHECK(at(later, {"error", "retry"}) == "after");
  CHECK(at(later, {"error", "retry_after_ms"}) != "null");
  CHECK(at(later, {"error", "resets_at"}) != "null");
  REQUIRE(room.run({"budget", "set", "user:s", "--tokens-per-minute", "1000"}).exit_code == 0);
  CHECK(room.run({"ask", "--user", "s", "--fit", "hi"}).exit_code == 3);
  CHECK(room.run({"ask", "--user", "s", "hi"}).err.find("raise the limit with `orthink budget set user:s --tokens-per-minute N`") !=
        std::string::npos);
}

TEST_CASE("what fitting lowered is told, and what was asked stays asked") {
  const Room room;
  REQUIRE(room.run({"budget", "set", "user:f", "--usd-per-day", "0.01"}).exit_code == 0);
  const std::string lowered = "Thinking was lowered from high to off and the total cap to 1,735 tokens, to fit ";
  const Run text = room.run({"ask", "--user", "f", "--think", "high", "--fit", "hi"});
  CHECK(text.exit_code == 0);
  CHECK(text.err.find("fitted: " + lowered + "a limit: user:f may use $0.01 a day, and $0.01 is left.") != std::string::npos);
  const json::Value own = last_line(room.run({"ask", "--json", "--think", "high", "--max-cost", "0.01", "--fit", "hi"}));
  const json::Value limited = last_line(room.run({"ask", "--json", "--user", "f", "--think", "high", "--fit", "hi"}));
  CHECK(at(own, {"receipt", "reasons"}).find(lowered + "the max_cost of $0.01.") != std::string::npos);
  for (const json::Value* complete : {&own, &limited}) {
    CHECK(at(*complete, {"receipt", "think", "asked"}) == "high");
    CHECK(at(*complete, {"receipt", "think", "sent"}) == "off");
    CHECK(at(*complete, {"receipt", "reasons"}).find("that was asked for") == std::string::npos);
    CHECK(at(*complete, {"receipt", "reasons"}).find("Thinking was lowered from high to off") != std::string::npos);
  }
  const json::Value why = last_line(room.run({"why", "last", "--json"}));
  CHECK(at(why, {"asked", "think"}) == "high");
  CHECK(why.find("asked")->find("max_cost_usd") == nullptr);
  CHECK(why.find("asked")->find("max_tokens") == nullptr);
}

TEST_CASE("on a terminal a limit says when it resets and what to type") {
  const Room room;
  for (const char* limit : {"0", "0.0001", "0.02"}) {
    const std::string user = std::string("user:u") + limit;
    REQUIRE(room.run({"budget", "set", user, "--usd-per-day", limit}).exit_code == 0);
  }
  const Run none = room.run({"ask", "--user", "u0", "hi"});
  CHECK(none.err.find("nothing may pass\n  Waiting does not help; raise the limit: `orthink budget set user:u0 --usd-per-day USD`.") !=
        std::string::npos);
  const Run little = room.run({"ask", "--user", "u0.0001", "hi"});
  CHECK(little.err.find("; resets at 00:00 UTC tomorrow\n  No smaller setting fits: raise the limit with `orthink budget set user:u0.0001 "
                        "--usd-per-day USD`") != std::string::npos);
  const Run some = room.run({"ask", "--user", "u0.02", "hi"});
  CHECK(some.err.find("  This would pass: --max-tokens ") != std::string::npos);
  const Run own = room.run({"ask", "--think", "high", "--max-cost", "0.01", "hi"});
  CHECK(own.err.find("  This would pass: --think off --max-tokens 1735; --fit finds it by itself.") != std::string::npos);
  CHECK(room.run({"ask", "--max-cost", "0.00001", "hi"}).err.find("raise --max-cost,") != std::string::npos);
  REQUIRE(room.run({"budget", "set", "user:q", "--requests-per-day", "0", "--usd-per-month", "0.02"}).exit_code == 0);
  const Run month = room.run({"ask", "--user", "q", "hi"});
  CHECK(month.err.find("; resets at 00:00 UTC ") != std::string::npos);
  REQUIRE(room.run({"budget", "set", "user:n", "--requests-per-day", "1"}).exit_code == 0);
  REQUIRE(room.run({"ask", "--user", "n", "hi"}).exit_code == 0);
  CHECK(room.run({"ask", "--user", "n", "hi"}).err.find("1 spent; resets at 00:00 UTC tomorrow") != std::string::npos);
}

TEST_CASE("a retry that a limit stops tells the failure and the limit") {
  Room room("500=1");
  room.variables["ORTHINK_DAILY_LIMIT_USD"] = "0.05";
  const Run run = room.run({"ask", "--json", "hi"});
  CHECK(run.exit_code == 1);
  CHECK(at(last_line(run), {"error", "code"}) == "upstream_internal");
  CHECK(at(last_line(run), {"receipt", "warnings"}).find("It was not tried again: ") != std::string::npos);
  CHECK(at(last_line(run), {"receipt", "warnings"}).find("user:local may use $0.05 a day") != std::string::npos);
}

TEST_CASE("a web page in place of an answer is nobody's body") {
  const Room room("html-200=1");
  const Run run = room.run({"ask", "hi"});
  CHECK(run.exit_code == 1);
  CHECK(run.err.find("a web page came in place of an answer\n  Something between here and the upstream sent it") != std::string::npos);
}

TEST_CASE("fit: what nothing fits is refused in the limit's words") {
  Room room;
  room.variables["ORTHINK_DAILY_LIMIT_USD"] = "0.000001";
  const Run run = room.run({"ask", "--json", "--fit", "Why?"});
  CHECK(run.exit_code == 3);
  CHECK(at(last_line(run), {"error", "scope"}) == "user:local");
  CHECK(room.bought() == 0);
}

TEST_CASE("a key of the caller buys once") {
  const Room room;
  const Run first = room.run({"ask", "--json", "--idempotency-key", "order-1", "Why?"});
  REQUIRE(first.exit_code == 0);
  const Run second = room.run({"ask", "--json", "--idempotency-key", "order-1", "Why?"});
  CHECK(second.exit_code == 0);
  CHECK(at(last_line(second), {"receipt"}) == at(last_line(first), {"receipt"}));
  CHECK(room.bought() == 1);
  const Run other = room.run({"ask", "--json", "--idempotency-key", "order-1", "Why not?"});
  CHECK(other.exit_code == 2);
  CHECK(at(last_line(other), {"error", "code"}) == "idempotency_mismatch");
  const Run text = room.run({"ask", "--idempotency-key", "order-1", "Why?"});
  CHECK(text.exit_code == 0);
  CHECK_FALSE(text.out.empty());
  CHECK(room.bought() == 1);
}

TEST_CASE("calls are charged to user, key and session, and the key is told by its sum alone") {
  const Room room;
  REQUIRE(room.run({"ask", "--user", "alice", "--session", "s1", "Why?"}).exit_code == 0);
  const std::unique_ptr<Store> store = room.store();
  const int64_t billed = NanoUsd::ceil(room.simulator->bill().total).nano;
  size_t charged = 0;
  REQUIRE(store->all_counters([&](const std::string& key, int64_t value) {
    CHECK(key.find("sk-test-key") == std::string::npos);
    const bool is_committed = key.starts_with("c/") && key.find("/m") != std::string::npos;
    charged += is_committed && value == billed ? 1 : 0;
    return true;
  }));
  CHECK(charged == 4);  // global, user:alice, key:..., session:s1
}

TEST_CASE("an answer that was lost is settled after the call, and is no secret to the next") {
  const Room room("reset-midstream=3:1");
  const Run run = room.run({"ask", "--json", "Why?"});
  CHECK(run.exit_code == 1);
  CHECK(at(last_line(run), {"receipt", "cost", "usd"}) == "null");
  const std::unique_ptr<Store> store = room.store();
  size_t settled = 0;
  REQUIRE(store->rows({}, [&](const std::string&, const StoredRow& row) {
    settled += row.state == HoldState::settled ? 1 : 0;
    return true;
  }));
  CHECK(settled == 1);
  const int64_t month = window::month_of(wall_now());
  const std::vector<int64_t> money = *store->counters({ledger::committed_key({}, true, month), ledger::held_key({}, true, month)});
  CHECK(money == std::vector<int64_t>{NanoUsd::ceil(room.simulator->bill().total).nano, 0});
}

TEST_CASE("with the store away nothing goes upstream, not even for the catalogue") {
  Room room;
  for (const char* url : {"sqlite:/dev/null/l.db", "redis://127.0.0.1:1", "redis+unix:/nowhere.sock"}) {
    room.variables["ORTHINK_STORE"] = url;
    for (const char* verb : {"ask", "chat"}) {
      INFO(url << " " << verb);
      const Run run = room.run({verb, "--json", "Why?"});
      CHECK(run.exit_code == 1);
      CHECK(at(last_line(run), {"error", "code"}) == "store_unavailable");
    }
  }
  CHECK(room.simulator->requests().empty());
  CHECK(room.run({"plan", "Why?"}).exit_code == 0);
}

std::string models_answer(const std::string& date) {
  constexpr std::string_view kBody =
      R"({"data":[{"id":"anthropic/claude-haiku-4.5","name":"x","context_length":200000,"pricing":{"prompt":"0.000001","completion":"0.000005"},"supported_parameters":["max_tokens"],"top_provider":{"max_completion_tokens":64000}}]})";
  return "HTTP/1.1 200 OK\r\nDate: " + date + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(kBody.size()) +
         "\r\nConnection: close\r\n\r\n" + std::string(kBody);
}

TEST_CASE("a clock that is not the upstream's buys nothing") {
  test::RawServer server([](test::Connection& c) {
    c.read_request();
    c.write(models_answer("Sun, 06 Nov 1994 08:49:37 GMT"));
  });
  Room room;
  room.variables["ORTHINK_BASE_URL"] = server.url();
  const Run run = room.run({"ask", "--json", "Why?"});
  CHECK(run.exit_code == 1);
  CHECK(at(last_line(run), {"error", "code"}) == "clock_refused");
  CHECK(at(last_line(run), {"error", "message"}).find("ahead of the upstream's") != std::string::npos);
}

// As if the wall clock had been set a month forward since this boot was first seen.
void push_clock(Store& store) {
  const std::string key = "clock/" + boot_id();
  const Result<std::optional<std::string>> anchor = store.document(key, Instant::zero());
  REQUIRE(anchor);
  REQUIRE(*anchor);
  const Instant month_ago = wall_now() + Duration::seconds(-31 * int64_t{86'400} - 3'600);  // the two clocks are not read at once
  StoreBatch batch;
  batch.documents.push_back({key,
                             DocumentWrite::Expects::anything,
                             {},
                             R"({"wall":)" + std::to_string(month_ago.us) + R"(,"boot":)" + std::to_string(since_boot().us) + "}",
                             Instant::never()});
  REQUIRE(store.apply(batch).verdict == StoreReply::Verdict::applied);
}

TEST_CASE("a clock that was set since boot is refused until the upstream vouches for it") {
  Room room;
  REQUIRE(room.run({"ask", "Why?"}).exit_code == 0);
  push_clock(*room.store());
  const Run run = room.run({"ask", "--json", "Why?"});  // the simulator does not tell the time
  CHECK(run.exit_code == 1);
  CHECK(at(last_line(run), {"error", "code"}) == "clock_refused");
  CHECK(at(last_line(run), {"error", "message"}).find("31 days forward") != std::string::npos);
  CHECK(room.bought() == 1);

  test::RawServer server([](test::Connection& c) {
    c.read_request();
    c.write(models_answer(sim::http_date(wall_now())));
  });
  room.variables["ORTHINK_BASE_URL"] = server.url();
  const Run vouched = room.run({"ask", "--json", "Why?"});
  CHECK(at(last_line(vouched), {"error", "code"}) != "clock_refused");  // it went on to an upstream that answers nothing more
  room.variables["ORTHINK_BASE_URL"] = room.simulator->url();
  CHECK(room.run({"ask", "Why?"}).exit_code == 0);
}

}  // namespace
}  // namespace orthink

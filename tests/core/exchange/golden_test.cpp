// The conversations of tests/golden/exchange: run as they stand, and with every body cut byte by byte and at random.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/chat/prepare.h"
#include "orthink/exchange/dossier.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/ledger/batch_json.h"
#include "tests/support/golden.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

std::string text_at(const json::Value& value, std::string_view key) {
  const json::Value* found = value.find(key);
  return found != nullptr && found->is_string() ? found->text() : std::string();
}

uint32_t leg_of(const json::Value& value) {
  return static_cast<uint32_t>(value.find("leg")->as_u64().value());
}

StoreReply store_reply(const json::Value& value) {
  const Result<StoreReply> reply = read_reply(value);
  REQUIRE(reply);
  return *reply;
}

input::Lost lost(const json::Value& value) {
  using Where = input::Lost::Where;
  input::Lost out;
  out.leg = leg_of(value);
  const std::pair<const char*, Where> names[] = {{"resolve", Where::resolve}, {"connect", Where::connect}, {"tls", Where::tls},
                                                 {"sending", Where::sending}, {"waiting", Where::waiting}, {"body", Where::body}};
  for (const auto& [name, where] : names) {
    if (text_at(value, "where") == name) out.where = where;
  }
  out.sent_any = value.find("sent_any")->as_bool();
  out.detail = text_at(value, "detail");
  return out;
}

input::Head head(const json::Value& value) {
  input::Head out;
  out.leg = leg_of(value);
  out.head.status = static_cast<int>(value.find("status")->as_u64().value());
  for (const json::Member& pair : value.find("headers")->members()) {
    out.head.headers.push_back({pair.value.members().at(0).value.text(), pair.value.members().at(1).value.text()});
  }
  return out;
}

// How a body is handed over: `size` gives the next piece's length.
using Cut = std::function<size_t(size_t left)>;

class Player {
 public:
  explicit Player(Cut cut) : cut_(std::move(cut)) {}

  std::vector<std::string> play(const std::string& kind, const std::string& text, int64_t ms) {
    const Result<json::Value> value = json::parse(text);
    REQUIRE(value.ok());
    if (kind == "plan") {
      const Result<Ask> ask = ask_from(*value);
      REQUIRE(ask.ok());
      return {plan_document(*ask, golden_catalog(), PrepareOptions{.now = Instant::from_ms(ms)})};
    }
    if (kind == "open") return open(*value, ms);
    REQUIRE(world_.exchange);
    world_.now = Instant::from_ms(ms);
    if (kind == "bytes") return bytes(*value);
    if (kind == "store") return world_.handle(store_reply(*value));
    if (kind == "sent") return world_.handle(input::Sent{leg_of(*value)});
    if (kind == "head") return world_.handle(head(*value));
    if (kind == "end") return world_.handle(input::BodyEnd{leg_of(*value)});
    if (kind == "lost") return world_.handle(lost(*value));
    if (kind == "tick") return world_.handle(input::Tick{});
    if (kind == "cancel") return world_.handle(input::Cancel{});
    if (kind == "cancel_urgent") return world_.handle(input::Cancel{.is_urgent = true});
    FAIL("unknown input " << kind);
    return {};
  }

 private:
  std::vector<std::string> open(const json::Value& value, int64_t ms) {
    ExchangeOptions options;
    if (const json::Value* given = value.find("options")) {
      options.call_id = text_at(*given, "call_id");
      if (const json::Value* entropy = given->find("entropy")) options.entropy = entropy->as_u64().value();
      if (const json::Value* keeps = given->find("dossier"); keeps != nullptr && keeps->as_bool()) options.witness = open_dossier;
      if (const json::Value* ledger = given->find("ledger"))
        options.ledger.slice_tokens = ledger->find("slice_tokens")->as_u64().value();
      if (const json::Value* attempts = given->find("attempts"))
        options.retry.attempts_max = static_cast<uint32_t>(attempts->as_u64().value());
    }
    world_ = ScriptedWorld::open(json::dump(*value.find("ask")), std::move(options), Instant::from_ms(ms));
    return world_.lines;
  }

  std::vector<std::string> bytes(const json::Value& value) {
    const std::string text = text_at(value, "text");
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
      const size_t size = std::min(std::max<size_t>(1, cut_(text.size() - at)), text.size() - at);
      // A copy of its own, so that a view kept too long is seen by the sanitizers.
      const std::string piece = text.substr(at, size);
      at += size;
      for (std::string& line : world_.handle(input::Bytes{leg_of(value), piece})) lines.push_back(std::move(line));
    }
    return lines;
  }

  Cut cut_;
  ScriptedWorld world_;
};

std::vector<std::string> events_of(const Golden& golden, const Cut& cut) {
  Player player(cut);
  std::vector<std::string> lines;
  int64_t ms = 0;
  for (const GoldenStep& step : golden.steps) {
    if (step.kind == GoldenStep::Kind::time) ms = step.ms;
    if (step.kind != GoldenStep::Kind::input) continue;
    for (std::string& line : player.play(step.text, step.json, ms)) {
      if (line.find("\"type\":\"wait\"") == std::string::npos) lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("exchange conversations go as written") {
  std::vector<std::string> files = golden_files("exchange");
  CHECK(files.size() >= 20);
  // Those whose host keeps a dossier; the module of the page keeps none.
  for (std::string& file : golden_files("dossier")) files.push_back(std::move(file));
  for (const std::string& file : files) {
    DYNAMIC_SECTION(file.substr(file.rfind('/') + 1)) {
      Player player([](size_t left) { return left; });
      check_golden(read_golden(file),
                   [&](const std::string& kind, const std::string& json, int64_t ms) { return player.play(kind, json, ms); });
    }
  }
}

TEST_CASE("how a body is cut changes no event") {
  const uint64_t seed = 20260822;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::string& file : golden_files("exchange")) {
    INFO(file);
    const Golden golden = read_golden(file);
    const std::vector<std::string> whole = events_of(golden, [](size_t left) { return left; });
    CHECK(events_of(golden, [](size_t) { return size_t{1}; }) == whole);
    for (int run = 0; run < 20; ++run) {
      CHECK(events_of(golden, [&](size_t left) { return 1 + random() % left; }) == whole);
    }
  }
}

// Whatever comes in whatever order: scripts made from a printed seed against what must always hold.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>

#include "orthink/exchange/dossier.h"
#include "orthink/exchange/render.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

constexpr std::string_view kAsks[] = {
    R"({"prompt":"Why?","think":"2000"})",
    R"({"prompt":"Why?","think":"off","stream":false})",
    R"({"prompt":"Why?","model":"openai/gpt-5-mini","think":"low"})",
    R"({"prompt":"Why?","model":"qwen/qwen3-4b:free"})",
    R"({"prompt":"Why?","model":"openrouter/auto","max_cost_usd":"0.05","deadline_s":40})",
};

constexpr std::string_view kPieces[] = {
    ": OPENROUTER PROCESSING\n\n",
    "data: "
    "{\"id\":\"gen-1\",\"provider\":\"Google\",\"model\":\"anthropic/"
    "claude-haiku-4.5\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi \"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"gen-1\",\"provider\":\"Anthropic\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Hm\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":14,\"completion_tokens\":6,\"total_tokens\":20,\"cost\":0.000044}}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":14,\"completion_tokens\":6,\"total_tokens\":20,\"cost\":900}}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":14}}\n\n",
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502,\"message\":\"gone\"}}"
    "\n\n",
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}"
    "]}\n\n",
    "data: [DONE]\n\n",
    "data: {broken\n\n",
    "{\"error\":{\"code\":429,\"message\":\"slow\"}}",
    "{\"id\":\"g\",\"model\":\"m\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":"
    "\"x\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
    "\n  \n",
    "\xff\xfe",
};
constexpr int kStatuses[] = {200, 200, 200, 200, 429, 502, 503, 400, 401, 402, 408, 409, 499, 504, 529, 301, 204, 100};

// What a store that answers at random would hold, and what the outside knows of each row.
struct Row {
  HoldState state = HoldState::none;
  bool is_marked = false;  // sent, durably, and answered
  bool may_be_billed = false;
};

StoreReply reply_of(uint64_t ticket, StoreReply::Verdict verdict) {
  StoreReply reply;
  reply.ticket = ticket;
  reply.verdict = verdict;
  return reply;
}

class Script {
 public:
  explicit Script(uint64_t seed) : random_(seed) {
    ExchangeOptions options;
    options.call_id = "c";
    options.witness = open_dossier;
    options.entropy = seed;
    options.prepare.is_paid = true;
    options.prepare.now = Instant::zero();
    const Result<Ask> ask = parse_ask(kAsks[pick(std::size(kAsks))]);
    REQUIRE(ask.ok());
    Result<Exchange> opened = Exchange::open(Instant::zero(), *ask, golden_catalog(), std::move(options));
    REQUIRE(opened.ok());
    exchange_.emplace(std::move(*opened));
    drain();
  }

  void run() {
    const size_t steps = 5 + pick(60);
    is_kind_ = pick(2) == 0;
    for (size_t step = 0; step < steps && !is_over_; ++step) one();
    for (int step = 0; step < 400 && !is_over_; ++step) {
      if (pending_) {
        answer(StoreReply::Verdict::applied);
      } else {
        now_ = wakes_at_;
        give(input::Tick{});
      }
    }
    REQUIRE(is_over_);
    exchange_->handle(now_, input::Tick{});
    REQUIRE(std::holds_alternative<output::WaitUntil>(exchange_->poll()));
  }

 private:
  size_t pick(size_t below) { return static_cast<size_t>(random_() % below); }

  void give(const Input& input) {
    exchange_->handle(now_, input);
    drain();
  }

  void answer(StoreReply::Verdict verdict) {
    const StoreBatch batch = *pending_;
    pending_.reset();
    const RowWrite& write = batch.rows.at(0);
    Row& row = rows_[write.key];
    REQUIRE(write.from.has(row.state));
    if (verdict == StoreReply::Verdict::applied) {
      row.state = write.to;
      if (write.to == HoldState::sent) {
        REQUIRE(batch.is_durable);
        row.is_marked = true;
      }
    }
    give(reply_of(batch.ticket, verdict));
  }

  // A kind script does mostly what a healthy world does; the other anything.
  void one() {
    if (pending_ && pick(is_kind_ ? 10 : 3) != 0)
      return answer(pick(is_kind_ ? 40 : 6) == 0 ? StoreReply::Verdict::unavailable : StoreReply::Verdict::applied);
    now_ = now_ + Duration::millis(static_cast<int64_t>(pick(is_kind_ ? 300 : 30'000)));
    const uint32_t of = pick(12) == 0 ? static_cast<uint32_t>(pick(4)) : leg_;
    const bool is_mine = of == leg_ && is_open_;
    switch (pick(is_kind_ ? 9 : 12)) {
      case 0:
        if (is_mine) touch();
        return give(input::Sent{of});
      case 1: {
        const int status = kStatuses[pick(std::size(kStatuses))];
        if (is_mine && !has_head_) {
          has_head_ = true;
          // These statuses refuse before any work; the last three in an error document of the upstream's.
          constexpr int kRefusals[] = {400, 401, 402, 403, 404, 413, 422, 429, 503, 529};
          const bool is_refusal = std::find(std::begin(kRefusals), std::end(kRefusals), status) != std::end(kRefusals);
          is_refused_ = is_refusal;
          rows_[row_].may_be_billed = !is_refusal;
        }
        http::Head head{status, {{"x-generation-id", "gen-9"}, {"content-type", pick(2) == 0 ? "text/event-stream" : "application/json"}}};
        return give(input::Head{of, head});
      }
      case 2:
      case 3:
      case 4:
      case 5:
      case 6: {
        const std::string bytes(kPieces[pick(std::size(kPieces))]);
        return give(input::Bytes{of, std::string_view(bytes).substr(0, pick(4) == 0 ? pick(bytes.size()) : bytes.size())});
      }
      case 7:
        return give(input::Tick{});
      case 8:
        if (pick(is_kind_ ? 4 : 1) != 0) return give(input::Tick{});
        if (is_mine) is_open_ = false;
        return give(input::BodyEnd{of});
      case 9: {
        const bool sent_any = pick(2) == 0;
        if (is_mine && sent_any) touch();
        if (is_mine) is_open_ = false;
        return give(input::Lost{of, static_cast<input::Lost::Where>(pick(6)), sent_any, "gone"});
      }
      case 10:
        return give(input::Cancel{.is_urgent = pick(5) == 0});
      default:
        return give(reply_of(pick(2) == 0 ? 0 : 900 + pick(6), StoreReply::Verdict::applied));
    }
  }

  void touch() { rows_[row_].may_be_billed = rows_[row_].may_be_billed || !is_refused_; }

  void drain() {
    for (;;) {
      REQUIRE_FALSE(is_over_);
      const Output out = exchange_->poll();
      const std::string line = render::output_json(render::Position::later, out, *exchange_);
      REQUIRE(json::parse(line).ok());
      if (const auto* store = std::get_if<output::Store>(&out)) take(store->batch);
      if (const auto* send = std::get_if<output::SendHttp>(&out)) {
        REQUIRE(rows_[row_].is_marked);
        REQUIRE(send->leg == leg_ + 1);
        REQUIRE_FALSE(is_open_);
        leg_ = send->leg;
        is_open_ = true;
        has_head_ = is_refused_ = false;
      }
      if (std::holds_alternative<output::CloseHttp>(out)) is_open_ = false;
      if (const auto* wait = std::get_if<output::WaitUntil>(&out)) {
        REQUIRE(wait->at > now_);
        wakes_at_ = wait->at;
        return;
      }
      if (std::holds_alternative<output::Complete>(out)) REQUIRE_FALSE(exchange_->error());
      if (std::holds_alternative<output::Failed>(out)) REQUIRE(exchange_->error());
      if (std::holds_alternative<output::Complete>(out) || std::holds_alternative<output::Failed>(out)) {
        is_over_ = true;
        check_end();
        return;
      }
    }
  }

  void take(const StoreBatch& batch) {
    for (const DocumentWrite& document : batch.documents) REQUIRE(json::parse(document.text.value()).ok());
    if (batch.rows.empty()) return;  // what is kept of a call whose rows are all closed; nobody waits for it
    REQUIRE(batch.rows.size() == 1);
    const RowWrite& write = batch.rows[0];
    if (write.from == HoldStates(write.to)) return;  // a note on the row, nobody waits for it
    is_open_ = is_open_ && write.to == HoldState::sent;
    row_ = write.key;
    if (write.to == HoldState::released) REQUIRE_FALSE(rows_[write.key].may_be_billed);
    if (write.to == HoldState::settled) {
      REQUIRE(exchange_->receipt().usage.state == UsageState::final_);
      REQUIRE(exchange_->receipt().cost);
      REQUIRE(HoldRecord::parse(write.record)->actual == NanoUsd::ceil(*exchange_->receipt().cost));
    }
    if (write.to == HoldState::settled || write.to == HoldState::released || write.to == HoldState::sent) REQUIRE(batch.is_durable);
    pending_ = batch;
  }

  void check_end() {
    const Receipt& receipt = exchange_->receipt();
    for (const auto& [key, row] : rows_) {
      if (row.may_be_billed && receipt.cost) REQUIRE(receipt.cost_source != CostSource::unknown);
    }
    if (!receipt.cost) REQUIRE(receipt.cost_source == CostSource::unknown);
  }

  std::mt19937_64 random_;
  std::optional<Exchange> exchange_;
  Instant now_, wakes_at_;
  std::map<std::string, Row> rows_;
  std::string row_;
  std::optional<StoreBatch> pending_;
  uint32_t leg_ = 0;
  bool is_open_ = false, has_head_ = false, is_refused_ = false, is_over_ = false, is_kind_ = false;
};

}  // namespace

TEST_CASE("whatever comes in whatever order, holds fall by facts alone and the call ends once") {
  for (uint64_t seed = 1; seed <= 10'000; ++seed) {
    INFO("seed " << seed);
    Script script(seed);
    script.run();
  }
}

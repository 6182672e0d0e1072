// The C interface in a native program: the same bytes as the core gives, and no harm from any argument.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/chat/prepare.h"
#include "orthink/exchange/replay.h"
#include "wasm/documents.h"
#include "wasm/orthink_c.h"
#include "wasm/pack.h"

using namespace orthink;

namespace {

constexpr double kNowMs = 1'787'400'000'000;

uint32_t put(std::string_view bytes) {
  std::memcpy(orthink_room(static_cast<uint32_t>(bytes.size())), bytes.data(), bytes.size());
  return static_cast<uint32_t>(bytes.size());
}

std::string text(const orthink_result* result) { return {result->text, result->text_size}; }

std::string joined(const orthink_result* result) {
  std::string out;
  size_t at = 0;
  for (uint32_t i = 0; i < result->count; ++i) {
    out += std::string(result->text + at, result->records[i].bytes) + "\n";
    at += result->records[i].bytes;
  }
  REQUIRE(at == result->text_size);
  return out;
}

uint32_t opened() {
  const orthink_result* result = orthink_read(put("{}"));
  REQUIRE(result->status == ORTHINK_OK);
  return result->value;
}

constexpr std::string_view kStream =
    "data: {\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes\"}}]}\n\n"
    "data: {\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";

}  // namespace

TEST_CASE("a plan through the C interface is the core's own document") {
  constexpr std::string_view kAsk = R"({"model":"anthropic/claude-haiku-4.5","prompt":"Why?","think":"2k"})";
  Result<Ask> ask = parse_ask(kAsk);
  REQUIRE(ask);
  const std::string ours = plan_document(*ask, Catalog::snapshot(), {.now = Instant::from_ms(static_cast<int64_t>(kNowMs))});
  CHECK(text(orthink_plan(kNowMs, put(kAsk))) == ours);
}

TEST_CASE("a body that is read through the C interface gives the lines of Replay") {
  Replay replay({}, Catalog::snapshot());
  std::string ours;
  std::string line;
  replay.feed(kStream);
  while (replay.poll(line)) ours += line + "\n";
  replay.finish();
  while (replay.poll(line)) ours += line + "\n";

  const uint32_t handle = opened();
  std::string theirs = joined(orthink_feed(handle, put(kStream)));
  const orthink_result* last = orthink_finish(handle);
  CHECK(last->value == static_cast<uint32_t>(replay.exit_code()));
  theirs += joined(last);
  CHECK(theirs == ours);
  orthink_close(handle);
}

TEST_CASE("scopes, their limits and the epoch come from the options") {
  const auto options = wasm::exchange_options(
      R"({"ledger":{"scopes":{"global":{"usd_per_month":"0.000000001"},"user:alice":{"usd_per_day":"5","tokens_per_minute":0}},)"
      R"("epoch":"e1","warn_percent":50}})");
  REQUIRE(options);
  CHECK(options->ledger.epoch == "e1");
  CHECK(options->ledger.warn_percent == 50);
  REQUIRE(options->ledger.scopes.size() == 2);
  CHECK(options->ledger.scopes[0].limits.to_json() == R"({"usd_per_month":"0.000000001"})");
  CHECK(options->ledger.scopes[1].scope.to_text() == "user:alice");
  CHECK(options->ledger.scopes[1].limits.to_json() == R"({"usd_per_day":"5","tokens_per_minute":0})");
  const auto none = wasm::exchange_options("");
  REQUIRE(none);
  REQUIRE(none->ledger.scopes.size() == 1);
  CHECK(none->ledger.scopes[0].limits.empty());
}

TEST_CASE("times that are none are refused") {
  for (const double time : {-1.0, 1e300, static_cast<double>(INFINITY), static_cast<double>(NAN)}) {
    CHECK(orthink_plan(time, put(R"({"prompt":"x"})"))->status == ORTHINK_BAD_ARGUMENT);
  }
}

TEST_CASE("lengths beyond the input buffer are refused") {
  CHECK(orthink_room(UINT32_MAX) == nullptr);
  put("{}");
  CHECK(orthink_plan(kNowMs, UINT32_MAX)->status == ORTHINK_TOO_LARGE);
  CHECK(orthink_open(kNowMs, UINT32_MAX, 2)->status == ORTHINK_TOO_LARGE);
  CHECK(orthink_open(kNowMs, 2, UINT32_MAX)->status == ORTHINK_TOO_LARGE);
  CHECK(orthink_open(kNowMs, UINT32_MAX, UINT32_MAX)->status == ORTHINK_TOO_LARGE);
}

TEST_CASE("handles of another sort, closed or invented name nothing") {
  const uint32_t handle = opened();
  CHECK(orthink_step(handle, kNowMs, ORTHINK_TICK, 0, 0)->status == ORTHINK_BAD_HANDLE);
  orthink_close(handle);
  orthink_close(handle);
  for (const uint32_t invented : {0U, 1U, handle, handle + 1, UINT32_MAX}) {
    CHECK(orthink_feed(invented, 0)->status == ORTHINK_BAD_HANDLE);
    CHECK(orthink_finish(invented)->status == ORTHINK_BAD_HANDLE);
    CHECK(orthink_answer(invented, 0)->status == ORTHINK_BAD_HANDLE);
    CHECK(orthink_step(invented, kNowMs, ORTHINK_POLL, 0, 0)->status == ORTHINK_BAD_HANDLE);
  }
}

TEST_CASE("UTF-16 units are counted as JavaScript counts them") {
  CHECK(wasm::utf16_units("") == 0);
  CHECK(wasm::utf16_units("plain text of some length") == 25);
  CHECK(wasm::utf16_units("\xC3\xBC") == 1);
  CHECK(wasm::utf16_units("\xEF\xBB\xBF") == 1);
  CHECK(wasm::utf16_units("\xF0\x9F\x98\x80") == 2);
  std::string mixed;
  uint32_t units = 0;
  for (int i = 0; i < 40; ++i) {
    mixed += "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80";
    units += 5;
    CHECK(wasm::utf16_units(mixed) == units);
    CHECK(wasm::utf16_units("x" + mixed) == units + 1);
  }
}

// Recorded bodies through Replay. The folder is named by ORTHINK_RECORDINGS; without it those tests say so and pass.
#include "orthink/exchange/replay.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "orthink/wire/json.h"
#include "tests/support/golden.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

std::string recordings() {
  const char* folder = std::getenv("ORTHINK_RECORDINGS");
  if (folder == nullptr || !std::filesystem::is_directory(folder)) SKIP("ORTHINK_RECORDINGS names no folder");
  return folder;
}

std::vector<std::string> bodies(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".response.") != std::string::npos) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Catalog catalogue(const std::string& folder) {
  Result<Catalog> read = Catalog::from_models_document(read_file(folder + "/models.json"), Instant::from_ms(1'787'386'000'000));
  REQUIRE(read.ok());
  return std::move(*read);
}

struct Played {
  std::vector<std::string> lines;
  int exit_code = -1;
  Receipt receipt;
  std::optional<Error> error;
  std::string thinking;
};

template <class Cut>
Played play(const std::string& body, const Catalog& catalog, Cut cut, const std::string& model = {}) {
  Replay replay({.model = model, .when = Instant::zero()}, catalog);
  Played played;
  std::string line;
  for (size_t at = 0; at < body.size();) {
    const size_t size = std::min(std::max<size_t>(1, cut(body.size() - at)), body.size() - at);
    replay.feed(body.substr(at, size));
    at += size;
    while (replay.poll(line)) played.lines.push_back(line);
  }
  replay.finish();
  while (replay.poll(line)) played.lines.push_back(line);
  played.exit_code = replay.exit_code();
  played.receipt = replay.receipt();
  played.error = replay.ending().error;
  played.thinking = replay.answer().thinking;
  return played;
}

size_t whole(size_t left) {
  return left;
}

std::string stem(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(".response."));
}

}  // namespace

namespace {

// Recorded costs that usage and the price list of that day cannot give, by the word that opens the receipt's reason.
const std::map<std::string, std::string> kDiffers = {
    {"or-json-gemini25-byok-tool", "Own provider key"},         {"or-json-gemini36flash-signature-no-text", "Price moved"}, {"or-json-perplexity-citations", "Request fee"},
    {"or-json-olmo-empty-length", "Ours is unknown"},           {"or-json-qwen3-4b-empty-think-tag", "Ours is unknown"},
    {"or-sse-midstream-error-400", "Ours is unknown"},
};

enum class Expected { chat, error, foreign };

Expected expected_of(const std::string& name) {
  if (name.find("-err-") != std::string::npos && name.find("anthropic") == std::string::npos) return Expected::error;
  if (name.rfind("or-json-", 0) == 0 || name.rfind("or-sse-", 0) == 0) return Expected::chat;
  for (const char* same_shape : {"native-alibaba", "native-deepseek", "native-moonshot", "native-xai"}) {
    if (name.rfind(same_shape, 0) == 0) return Expected::chat;
  }
  return Expected::foreign;
}

// The `reasoning` strings of a recorded stream, joined, read the slow way.
std::string recorded_reasoning(const std::string& body) {
  std::string joined;
  for (size_t at = 0; at < body.size();) {
    size_t end = body.find('\n', at);
    if (end == std::string::npos) end = body.size();
    const std::string line = body.substr(at, end - at);
    at = end + 1;
    if (line.rfind("data: {", 0) != 0) continue;
    const Result<json::Value> chunk = json::parse(line.substr(6));
    if (!chunk) continue;
    const json::Value* choices = chunk->find("choices");
    if (choices == nullptr || choices->members().empty()) continue;
    const json::Value* delta = choices->members()[0].value.find("delta");
    for (const char* key : {"reasoning", "reasoning_content"}) {
      const json::Value* reasoning = delta == nullptr ? nullptr : delta->find(key);
      if (reasoning != nullptr && reasoning->is_string()) joined += reasoning->text();
    }
  }
  return joined;
}

void check_cuts(int runs) {
  const std::string folder = recordings();
  const Catalog catalog = catalogue(folder);
  const uint64_t seed = 20260822;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::string& path : bodies(folder)) {
    INFO(stem(path));
    const std::string body = read_file(path);
    const Played once = play(body, catalog, whole);
    CHECK(play(body, catalog, [](size_t) { return size_t{1}; }).lines == once.lines);
    for (int run = 0; run < runs; ++run) {
      const uint64_t most = 1 + random() % 2000;
      CHECK(play(body, catalog, [&](size_t) { return static_cast<size_t>(1 + random() % most); }).lines == once.lines);
    }
  }
}

}  // namespace

TEST_CASE("every recording decodes to events and a receipt, to the error it records, or is refused by its name") {
  const std::string folder = recordings();
  const Catalog catalog = catalogue(folder);
  int chats = 0, errors = 0, foreign = 0;
  for (const std::string& path : bodies(folder)) {
    const std::string name = stem(path);
    INFO(name);
    const Played played = play(read_file(path), catalog, whole);
    REQUIRE_FALSE(played.lines.empty());
    CHECK(played.lines.front().rfind("{\"schema\":1,\"type\":", 0) == 0);
    for (const std::string& line : played.lines) CHECK(json::parse(line).ok());
    const std::string last = played.lines.back();
    switch (expected_of(name)) {
      case Expected::chat:
        ++chats;
        if (name == "or-sse-midstream-error-400") {
          CHECK(played.exit_code == 1);
          break;
        }
        CHECK_FALSE(played.error);
        CHECK((played.exit_code == 0 || played.exit_code == 4));
        CHECK(last.find("\"type\":\"complete\"") != std::string::npos);
        break;
      case Expected::error:
        ++errors;
        CHECK(played.exit_code == 1);
        CHECK(last.find("\"type\":\"error\"") != std::string::npos);
        break;
      case Expected::foreign:
        ++foreign;
        CHECK(played.exit_code == 2);
        REQUIRE(played.error);
        CHECK(played.error->kind == Kind::validation_error);
        CHECK(played.error->message.rfind("this is a", 0) == 0);
        break;
    }
    CHECK_FALSE(played.receipt.total);
    CHECK_FALSE(played.receipt.first_token);
  }
  std::printf("replayed: %d chats, %d errors, %d of another kind\n", chats, errors, foreign);
  CHECK(chats > 35);
  CHECK(errors >= 9);
  CHECK(foreign > 10);
}

TEST_CASE("joined thinking is the recorded reasoning in every chat stream") {
  const std::string folder = recordings();
  const Catalog catalog = catalogue(folder);
  int streams = 0;
  for (const std::string& path : bodies(folder)) {
    if (!path.ends_with(".sse") || expected_of(stem(path)) != Expected::chat) continue;
    INFO(stem(path));
    const std::string body = read_file(path);
    CHECK(play(body, catalog, whole).thinking == recorded_reasoning(body));
    ++streams;
  }
  CHECK(streams >= 12);
}

TEST_CASE("the recorded cost comes out of usage and prices to the last digit, each other case with its reason") {
  const std::string folder = recordings();
  const Catalog catalog = catalogue(folder);
  int equal = 0, named = 0;
  for (const std::string& path : bodies(folder)) {
    const std::string name = stem(path);
    if (expected_of(name) != Expected::chat) continue;
    INFO(name);
    const Receipt receipt = play(read_file(path), catalog, whole).receipt;
    if (receipt.provider_cost && receipt.computed_cost && *receipt.provider_cost == *receipt.computed_cost) {
      ++equal;
      CHECK_FALSE(receipt.difference_reason);
      CHECK_FALSE(kDiffers.contains(name));
    } else if (receipt.provider_cost) {
      ++named;
      REQUIRE(kDiffers.contains(name));
      REQUIRE(receipt.difference_reason);
      CHECK(receipt.difference_reason->rfind(kDiffers.at(name), 0) == 0);
    } else {
      CHECK(receipt.difference_reason);
    }
    if (receipt.cost && *receipt.cost == Money::zero()) CHECK(receipt.provider_cost == Money::zero());
    if (!receipt.cost) CHECK(receipt.cost_source == CostSource::unknown);
  }
  std::printf("cost: %d equal to the last digit, %d named\n", equal, named);
  CHECK(equal >= 20);
}

TEST_CASE("how a recording is cut changes no event") {
  check_cuts(15);
}
TEST_CASE("a thousand cuts of each recording change no event", "[.long]") {
  check_cuts(1000);
}

TEST_CASE("a model that is named prices the recording") {
  const std::string body =
      R"({"id":"gen-1","model":"local","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"42"}}],)"
      R"("usage":{"prompt_tokens":10,"completion_tokens":4}})";
  CHECK_FALSE(play(body, golden_catalog(), whole).receipt.cost);
  const Receipt priced = play(body, golden_catalog(), whole, "openai/gpt-5-mini").receipt;
  REQUIRE(priced.cost);
  CHECK(priced.cost->to_decimal() == "0.0000105");
  CHECK(priced.cost_source == CostSource::computed);
}

TEST_CASE("nothing, noise and half a body are errors") {
  for (const std::string body : {"", "   \n", "hello", "{\"id\":", "[1,2]", "<html></html>", "data: {\"choices\":[]}\n\n"}) {
    INFO(body);
    const Played played = play(body, golden_catalog(), whole);
    CHECK(played.error);
    CHECK(played.exit_code != 0);
    CHECK(played.lines.size() == 1);
  }
}

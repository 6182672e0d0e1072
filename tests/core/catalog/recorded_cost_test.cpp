// OpenRouter's own `usage.cost` against ours, for every recorded response that carries one. Equal to the last digit (12
// decimals) wherever usage and the price list suffice; every other recording is named here with its reason.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

using namespace orthink;
namespace fs = std::filesystem;

namespace {

// What usage and the price list cannot tell.
const std::map<std::string, std::string> kDiffers = {
    {"or-embeddings", "the catalogue lists no embedding models"},
    {"or-rerank", "the catalogue lists no rerank models"},
    {"or-json-gemini25-byok-tool", "BYOK: the account pays nothing, ours equals upstream_inference_cost"},
    {"or-json-gemini36flash-signature-no-text", "the price moved: half of what it was when this was recorded"},
    {"or-json-perplexity-citations", "a request fee that the price list does not name"},
    {"or-json-olmo-empty-length", "the model has left the catalogue (it was free)"},
    {"or-json-qwen3-4b-empty-think-tag", "the model has left the catalogue (it was free)"},
    {"or-sse-midstream-error-400", "the model has left the catalogue (it was free)"},
    {"or-responses-json-gpt56-cachewrite", "the price moved: 5 and 30 USD per million when this was recorded, 2 and 10 in the list"},
    {"or-responses-sse-rawcot-gptoss", "another provider's price than the listed one"},
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Recorded {
  std::string model;
  Usage usage;
};

std::optional<uint64_t> count(const json::Value* object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    const json::Value* value = object == nullptr ? nullptr : object->find(key);
    if (value != nullptr && value->as_u64()) return value->as_u64();
  }
  return std::nullopt;
}

const json::Value* part(const json::Value& object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    if (const json::Value* value = object.find(key); value != nullptr && value->is_object()) return value;
  }
  return nullptr;
}

void read_usage(const json::Value& wire, Usage& usage) {
  usage.state = UsageState::final_;
  usage.prompt_tokens = count(&wire, {"prompt_tokens", "input_tokens"});
  usage.completion_tokens = count(&wire, {"completion_tokens", "output_tokens"});
  const json::Value* prompt = part(wire, {"prompt_tokens_details", "input_tokens_details"});
  usage.cached_tokens = count(prompt, {"cached_tokens"});
  usage.cache_write_tokens = count(prompt, {"cache_write_tokens"});
  usage.thinking_tokens = count(part(wire, {"completion_tokens_details", "output_tokens_details"}), {"reasoning_tokens"});
  if (const json::Value* tools = part(wire, {"server_tool_use_details", "server_tool_use"})) {
    usage.web_search_requests = count(tools, {"web_search_requests"}).value_or(0);
  }
  if (const json::Value* byok = wire.find("is_byok"); byok != nullptr && byok->is_boolean()) usage.is_byok = byok->as_bool();
  if (const json::Value* details = part(wire, {"cost_details"})) {
    const json::Value* upstream = details->find("upstream_inference_cost");
    if (upstream != nullptr && upstream->is_number()) {
      if (Result<Money> money = Money::parse(upstream->text(), Money::Rounding::half_even)) usage.upstream_cost = *money;
    }
  }
  if (const json::Value* cost = wire.find("cost"); cost != nullptr && cost->is_number()) {
    if (Result<Money> money = Money::parse(cost->text(), Money::Rounding::half_even)) usage.cost = *money;
  }
}

// Takes model and usage out of one JSON body or chunk, which may hold them inside `response`.
void read_body(const json::Value& body, Recorded& out) {
  if (!body.is_object()) return;
  if (const json::Value* response = part(body, {"response"})) read_body(*response, out);
  if (const json::Value* model = body.find("model"); model != nullptr && model->is_string()) out.model = model->text();
  if (const json::Value* usage = part(body, {"usage"})) read_usage(*usage, out.usage);
}

Recorded read_recording(const fs::path& path) {
  const std::string text = read(path);
  Recorded out;
  if (path.extension() == ".json") {
    const size_t start = text.find_first_not_of(" \n\r\t");
    if (Result<json::Value> body = json::parse(std::string_view(text).substr(std::min(start, text.size())))) read_body(*body, out);
    return out;
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.starts_with("data: {")) {
      if (Result<json::Value> chunk = json::parse(line.substr(6))) read_body(*chunk, out);
    }
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("recorded costs are reproduced to the last digit, or named with their reason") {
  const char* folder = std::getenv("ORTHINK_RECORDINGS");
  if (folder == nullptr) SKIP("ORTHINK_RECORDINGS is not set");
  const Result<Catalog> catalog = Catalog::from_models_document(read(fs::path(folder) / "models.json"), Instant::from_ms(1'787'385'960'000));
  REQUIRE(catalog.ok());
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.find(".response.") != file.npos) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  int with_cost = 0;
  int equal = 0;
  for (const fs::path& path : paths) {
    const Recorded recorded = read_recording(path);
    if (!recorded.usage.cost) continue;
    ++with_cost;
    const std::string file = path.filename().string();
    const std::string name = file.substr(0, file.find(".response."));
    const std::optional<ModelCard> card = catalog->find(recorded.model);
    const std::optional<Money> ours = card ? computed_cost(card->price, recorded.usage, Instant::from_ms(1'787'385'960'000)) : std::nullopt;
    const auto reason = kDiffers.find(name);
    const bool is_equal = ours == recorded.usage.cost;
    equal += is_equal ? 1 : 0;
    INFO(name << " " << recorded.model << ": OpenRouter " << recorded.usage.cost->to_decimal() << ", ours " << (ours ? ours->to_decimal() : "unknown"));
    if (!is_equal) {
      std::printf("%-48s %s: OpenRouter %s, ours %s: %s\n", name.c_str(), recorded.model.c_str(), recorded.usage.cost->to_decimal().c_str(),
                  ours ? ours->to_decimal().c_str() : "unknown", reason == kDiffers.end() ? "NO REASON" : reason->second.c_str());
    }
    if (recorded.usage.is_byok.value_or(false)) CHECK(ours == recorded.usage.upstream_cost);
    CHECK((is_equal || reason != kDiffers.end()));
    CHECK((!is_equal || reason == kDiffers.end()));
  }
  std::printf("%d recordings with a cost, %d reproduced to the last digit, %d named\n", with_cost, equal, with_cost - equal);
}

// Tightness: how much is held for every dollar that is billed, over recorded calls whose request was kept.
//
//   ORTHINK_RECORDINGS=FOLDER tightness_bench
//
// Each request is planned as `ask` would plan it (its own cap and thinking where it has them), and its hold is divided by what the
// recorded response settles at. Prints median and 95th percentile, of the whole hold and of the prompt's part alone.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "orthink/chat/prepare.h"
#include "orthink/exchange/replay.h"
#include "orthink/wire/json.h"

using namespace orthink;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The members of a chat body that an ask has too.
std::optional<Ask> ask_of(const json::Value& request) {
  json::Value document = json::Value::object();
  for (const char* name : {"model", "messages", "tools", "max_tokens"})
    if (const json::Value* value = request.find(name)) document.set(name, *value);
  if (const json::Value* cap = request.find("max_completion_tokens")) document.set("max_tokens", *cap);
  if (const json::Value* reasoning = request.find("reasoning"); reasoning != nullptr && reasoning->is_object()) {
    if (const json::Value* effort = reasoning->find("effort")) document.set("think", *effort);
    if (const json::Value* tokens = reasoning->find("max_tokens")) document.set("think", json::Value::string(std::string(tokens->text())));
  }
  document.set("lenient", json::Value::boolean(true));
  Result<Ask> ask = ask_from(document);
  if (!ask) return std::nullopt;
  return std::move(*ask);
}

Receipt settle(const std::string& body, const Catalog& catalog) {
  Replay replay({.model = {}, .when = Instant::zero()}, catalog);
  replay.feed(body);
  replay.finish();
  std::string line;
  while (replay.poll(line)) {
  }
  return replay.receipt();
}

void print(const char* what, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  std::printf("%s: median %.2f, p95 %.2f, of %zu calls\n", what, ratios[ratios.size() / 2], ratios[ratios.size() * 95 / 100], ratios.size());
}

}  // namespace

int main() {
  const char* folder = std::getenv("ORTHINK_RECORDINGS");
  if (folder == nullptr) {
    std::printf("ORTHINK_RECORDINGS names no folder\n");
    return 2;
  }
  const Instant when = Instant::from_ms(1'787'386'000'000);
  const Result<Catalog> catalog = Catalog::from_models_document(read(std::filesystem::path(folder) / "models.json"), when);
  if (!catalog) return 2;
  std::vector<double> holds, prompts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    const size_t end = path.rfind(".request.json");
    if (end == std::string::npos || entry.path().filename().string().rfind("or-", 0) != 0) continue;
    const bool is_sse = std::filesystem::exists(path.substr(0, end) + ".response.sse");
    const Result<json::Value> request = json::parse(read(path));
    const std::optional<Ask> ask = request ? ask_of(*request) : std::nullopt;
    if (!ask) continue;
    const Result<Prepared> prepared = prepare(*ask, *catalog, {.now = when});
    const Receipt receipt = settle(read(path.substr(0, end) + (is_sse ? ".response.sse" : ".response.json")), *catalog);
    if (!prepared || !receipt.cost || receipt.cost->pico <= 0 || receipt.usage.state != UsageState::final_) continue;
    holds.push_back(static_cast<double>(prepared->hold.pico) / static_cast<double>(receipt.cost->pico));
    if (receipt.usage.prompt_tokens.value_or(0) > 0)
      prompts.push_back(static_cast<double>(prepared->prompt_tokens_bound) / static_cast<double>(*receipt.usage.prompt_tokens));
  }
  if (holds.empty()) return 2;
  print("hold / settled", holds);
  print("prompt bound / prompt", prompts);
  return 0;
}

// Goldens: conversations as text, with time. Language-neutral, so that the same files run natively and through the wasm module.
//
//   # What this guards, in a sentence or two.
//   @ 1500                      the instant from here on, in milliseconds
//   > KIND {...}                an input
//   < {...}                     an output that must follow, byte for byte
//
// Exchange conversations have the inputs
//   > open {"options":{"call_id":"c",...},"ask":{...}}    > store {"ticket":N,"verdict":"applied"}   > sent {"leg":N}
//   > head {"leg":N,"status":N,"headers":[[name,value],...]}   > bytes {"leg":N,"text":"..."}   > end {"leg":N}
//   > lost {"leg":N,"where":"connect","sent_any":false,"detail":"..."}   > tick {}   > cancel {}   > cancel_urgent {}
// after each of which all outputs up to wait, complete or error are written. The catalogue is tests/golden/exchange/models.json, fetched at
// instant 0. Plans (tests/golden/plan) have the ask alone, "> {...}", the compiled-in snapshot as catalogue, and give one plan document.
// Conversations of MCP (tests/golden/mcp) have the inputs "> open DOCUMENT" (core/orthink/mcp/text_channel.h) and "> KIND JSON" for the event
// {KIND:JSON}; the outputs are the acts (act_json.h).
// With ORTHINK_UPDATE_GOLDENS=1 the files are rewritten with what came out; people read the difference.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace orthink::test {

struct GoldenStep {
  enum class Kind : uint8_t { comment, time, input, output };
  Kind kind = Kind::comment;
  std::string text;  // comment: the line; input: KIND; output: the JSON
  std::string json;  // input: its JSON
  int64_t ms = 0;    // time
};

struct Golden {
  std::string path;
  std::vector<GoldenStep> steps;
};

std::string read_file(const std::string& path);
// All *.golden files of a folder under tests/golden, by name.
std::vector<std::string> golden_files(const std::string& folder);
Golden read_golden(const std::string& path);

// What one input gives, at an instant.
using GoldenHandler = std::function<std::vector<std::string>(const std::string& kind, const std::string& json, int64_t ms)>;
// Runs all inputs and compares, or rewrites the file. Reports by Catch2 assertions.
void check_golden(const Golden& golden, const GoldenHandler& handler);

}  // namespace orthink::test

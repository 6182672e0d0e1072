#include "orthink/tools/wording.h"

#include <algorithm>
#include <array>

#include "orthink/base/utf8.h"
#include "orthink/chat/plain_text.h"

namespace orthink::tools {
namespace {

struct Phrase {
  std::string_view shell, tool;
};

// Longer ones first where one begins another.
constexpr std::array kPhrases = std::to_array<Phrase>({
    {"`orthink models --reasoning`", "list_models with reasoning: true"},
    {"orthink models --cap vision", "list_models with capabilities: [\"vision\"]"},
    {"`orthink models --cap`", "list_models with capabilities"},
    {"`orthink models --refresh`", "`orthink models --refresh` on the server"},
    {"`orthink models ID`", "list_models with search"},
    {"`orthink models`", "list_models"},
    {"--help shows what each one takes", "the tool's input schema says what each one takes"},
    {"docs/ask.schema.json lists them all", "the tool's input schema lists them all"},
    {"The fields are listed in docs/ask.schema.json.", "The tool's input schema lists the arguments."},
    {"`orthink why` tells", "get_result with that call's id as stream_id tells"},
    {"--lenient", "lenient: true"},
    {"--max-cost", "max_cost_usd"},
    {"--max-tokens", "max_tokens"},
    {"--deadline", "deadline_s"},
    {"--answer", "answer_tokens"},
    {"--think", "thinking"},
    {"--fit", "fit: true"},
    {"above max_cost of", "above max_cost_usd of"},
    {"the max_cost of", "the max_cost_usd of"},
    {"over its max_cost of", "over its max_cost_usd of"},
    {"raise max_cost,", "raise max_cost_usd,"},
    {"no max_cost would", "no max_cost_usd would"},
    {"ower the answer floor", "ower answer_tokens"},
    {"max_tokens and the answer floor", "max_tokens and answer_tokens"},
    {"or be lenient to", "or pass lenient: true to"},
    {"or say lenient to", "or pass lenient: true to"},
    {"; lenient allows", "; lenient: true allows"},
    {"think and max_tokens", "thinking and max_tokens"},
    {", or '$0.05' in quotes", ""},
    {"raise the limit with `orthink budget set ", "have the limit raised on the server with `orthink budget set "},
    {"raise the limit: `orthink budget set ", "have the limit raised on the server: `orthink budget set "},
    {"raise it: `orthink budget set ", "have it raised on the server: `orthink budget set "},
    {"\"fit\" finds it", "fit: true finds it"},
    {"{\"think\":", "{\"thinking\":"},
    {",\"think\":", ",\"thinking\":"},
    {"\"think\"", "\"thinking\""},
});

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

std::string retry_text(const json::Value& error) {
  const std::string retry = text_at(error, "retry");
  const json::Value* after = error.find("retry_after_ms");
  const std::optional<uint64_t> ms = after != nullptr ? after->as_u64() : std::nullopt;
  const std::string resets_at = text_at(error, "resets_at");
  if (ms) return " Ask again after " + std::to_string((*ms + 999) / 1000) + " s.";
  if (retry == "after") return resets_at.empty() ? " Ask again later." : " Ask again after " + resets_at + ".";
  if (retry == "same") return " The same call may be tried again.";
  const std::string kind = text_at(error, "kind");
  if (retry == "changed" && (kind == name(Kind::authentication_failed) || kind == name(Kind::internal_error))) return " Asking again helps only after that.";
  if (text_at(error, "code") == "cancelled") return {};
  if (retry == "changed") return " Change the call before you try again.";
  return " Do not try again.";
}

}  // namespace

std::string as_arguments(std::string_view sentence) {
  std::string out;
  out.reserve(sentence.size());
  for (size_t i = 0; i < sentence.size();) {
    const auto phrase = std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& each) { return sentence.substr(i).starts_with(each.shell); });
    if (phrase == kPhrases.end()) {
      out += sentence[i++];
    } else {
      out += phrase->tool;
      i += phrase->shell.size();
    }
  }
  return out;
}

std::string spoken(const json::Value& error) {
  std::string out = text_at(error, "kind") + " (" + text_at(error, "code") + "): " + text_at(error, "message");
  if (!out.empty() && out.back() != '.' && out.back() != '?' && out.back() != '!') out += '.';
  if (const std::string remedy = text_at(error, "remedy"); !remedy.empty()) out += " " + remedy;
  return out + retry_text(error);
}

std::string seen_text(std::string_view foreign) {
  const std::string plain = plain_text(foreign);
  std::string out;
  for (size_t i = 0; i < plain.size();) {
    const Character c = character_at(plain, i);
    if (c.code < 0xe0000 || c.code > 0xe007f) out += plain.substr(i, c.size);
    i += c.size;
  }
  return out;
}

}  // namespace orthink::tools

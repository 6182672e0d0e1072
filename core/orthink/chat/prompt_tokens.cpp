#include "orthink/chat/prompt_tokens.h"

#include <algorithm>
#include <array>

#include "orthink/catalog/estimate.h"
#include "orthink/chat/messages.h"

namespace orthink {
namespace {

// Overheads measured by others, rounded up.
constexpr uint64_t kPreambleTokens = 1'024;
constexpr uint64_t kMessageTokens = 32;
constexpr uint64_t kToolTokens = 128;
constexpr uint64_t kMessageTokensExpected = 4;
constexpr uint64_t kImageTokensExpected = 1'000;
constexpr uint64_t kFileTokensExpected = 3'000;

// The most one image takes, by family. First match wins.
struct ImageCap {
  std::string_view id_prefix;
  uint64_t tokens;
};
constexpr std::array kImageCaps = std::to_array<ImageCap>({
    {"openai/gpt-4o-mini", 48'169},
    {"openai/", 3'779},
    {"anthropic/", 5'000},
    {"google/gemini-2", 9'288},  // 258 a tile of 768 px, for 36 tiles
    {"google/", 2'240},
    {"", 16'384},  // unknown family: the largest of the open vision models
});

uint64_t image_cap(const ModelCard& card) {
  std::string_view id = card.id;
  if (!id.empty() && id.front() == '~') id.remove_prefix(1);
  for (const ImageCap& cap : kImageCaps) {
    if (id.substr(0, cap.id_prefix.size()) == cap.id_prefix) return cap.tokens;
  }
  return kImageCaps.back().tokens;
}

struct Count {
  PromptTokens total;
  const ModelCard& card;

  void text(std::string_view utf8) {
    const uint64_t most = tokens_bound(utf8, card.thinking.prompt_permille);
    total.expected += tokens_expected(utf8);
    total.for_context += most;
    total.bound += most;
  }
  // Any other value: every string in it is text, every key and scalar a few bytes.
  void value(const json::Value& v) {
    if (v.is_string()) return text(v.text());
    if (v.is_number()) return text(v.text());
    for (const json::Member& member : v.members()) {
      if (!member.key.empty()) text(member.key);
      value(member.value);
    }
  }
  void schema(const json::Value& v) {
    const std::string bytes = json::dump(v);
    total.expected += tokens_expected(bytes);
    total.for_context += bytes.size();
    total.bound += bytes.size();
  }
  void image(const json::Value& part) {
    const json::Value* holder = part.find("image_url");
    const json::Value* url = holder != nullptr ? holder->find("url") : nullptr;
    const uint64_t cap = image_cap(card);
    const bool is_inline = url != nullptr && std::string_view(url->text()).substr(0, 5) == "data:";
    total.expected += std::min(cap, kImageTokensExpected);
    total.for_context += cap;
    total.bound += is_inline ? std::max<uint64_t>(url->text().size(), cap) : cap;
    ++total.images;
  }
  void part(const json::Value& p) {
    const std::string_view type = part_type(p);
    if (type == "text") return text(p.find("text")->text());
    if (type == "image_url") return image(p);
    total.expected += kFileTokensExpected;
    if (type == "input_audio") {
      const json::Value* data = p.find("input_audio")->find("data");
      total.bound += data->text().size();
      return;
    }
    total.takes_context = true;
  }
  void message(const json::Value& m) {
    total.expected += kMessageTokensExpected;
    total.for_context += kMessageTokens;
    total.bound += kMessageTokens;
    for (const json::Member& member : m.members()) {
      if (member.key == "role" || member.key == "cache_control") continue;
      if (member.key == "content" && member.value.is_array()) {
        for (const json::Member& p : member.value.members()) part(p.value);
      } else {
        value(member.value);
      }
    }
  }
};

}  // namespace

PromptTokens prompt_tokens(const Ask& ask, const ModelCard& card) {
  Count count{{}, card};
  count.total.for_context = count.total.bound = kPreambleTokens;
  for (const json::Member& message : ask.messages.members()) count.message(message.value);
  if (const json::Value* tools = ask.option("tools")) {
    const uint64_t each = kToolTokens * tools->members().size();
    count.total.for_context += each;
    count.total.bound += each;
    count.schema(*tools);
  }
  if (const json::Value* format = ask.option("response_format")) {
    count.total.for_context += kToolTokens;
    count.total.bound += kToolTokens;
    count.schema(*format);
  }
  PromptTokens& total = count.total;
  if (card.context_tokens) {
    total.bound = total.takes_context ? *card.context_tokens : std::min(total.bound, *card.context_tokens);
  } else {
    total.is_unbounded = total.takes_context;
  }
  total.expected = std::min(total.expected, total.bound);
  return total;
}

}  // namespace orthink

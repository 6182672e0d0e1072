#include "native/sim/providers.h"

#include <array>

namespace orthink::sim {
namespace {

struct House {
  std::string_view author;
  std::string_view name;
  std::string_view slug;
};

// The first row of an author serves its models; rows without an author can only be asked for.
constexpr std::array<House, 19> kHouses = {{
    {"anthropic", "Anthropic", "anthropic"},
    {"openai", "OpenAI", "openai"},
    {"google", "Google AI Studio", "google-ai-studio"},
    {"x-ai", "xAI", "xai"},
    {"deepseek", "DeepSeek", "deepseek"},
    {"qwen", "Alibaba", "alibaba"},
    {"mistralai", "Mistral", "mistral"},
    {"minimax", "Minimax", "minimax"},
    {"moonshotai", "Moonshot AI", "moonshotai"},
    {"z-ai", "Z.AI", "z-ai"},
    {"perplexity", "Perplexity", "perplexity"},
    {"cohere", "Cohere", "cohere"},
    {"", "Amazon Bedrock", "amazon-bedrock"},
    {"", "Google", "google-vertex"},
    {"", "Azure", "azure"},
    {"", "Together", "together"},
    {"", "Fireworks", "fireworks"},
    {"", "DeepInfra", "deepinfra"},
    {"", "Groq", "groq"},
}};

bool is_of(const ModelCard& card, std::string_view author) { return card.provider == author; }

}  // namespace

std::string_view provider_of(const ModelCard& card) {
  for (const House& house : kHouses) {
    if (!house.author.empty() && is_of(card, house.author)) return house.name;
  }
  return "Together";
}

std::string_view provider_by_slug(std::string_view slug) {
  const std::string_view base = slug.substr(0, slug.find('/'));
  for (const House& house : kHouses) {
    if (base == house.slug || base == house.name) return house.name;
  }
  return {};
}

std::string_view detail_format(const ModelCard& card) {
  if (is_of(card, "anthropic")) return "anthropic-claude-v1";
  if (is_of(card, "google")) return "google-gemini-v1";
  if (is_of(card, "openai") && card.thinking.hides_text) return "openai-responses-v1";
  if (is_of(card, "x-ai") && card.thinking.hides_text) return "xai-responses-v1";
  return "unknown";
}

bool signs_thinking(const ModelCard& card) { return is_of(card, "anthropic") || is_of(card, "google"); }

std::string_view native_finish(std::string_view provider, std::string_view finish) {
  if (provider == "Anthropic" || provider == "Amazon Bedrock") {
    return finish == "stop" ? "end_turn" : finish == "length" ? "max_tokens" : finish == "tool_calls" ? "tool_use" : finish;
  }
  if (provider == "OpenAI" || provider == "Azure") return finish == "length" ? "max_output_tokens" : "completed";
  if (provider == "Google AI Studio" || provider == "Google") return finish == "length" ? "MAX_TOKENS" : "STOP";
  return finish;
}

}  // namespace orthink::sim

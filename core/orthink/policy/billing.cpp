#include "orthink/policy/billing.h"

#include <algorithm>
#include <array>

namespace orthink {
namespace {

// The documented list; whoever is not on it finishes the answer and bills it in full.
constexpr std::array<std::string_view, 24> kStops{
    "OpenAI", "Azure",      "Anthropic", "Fireworks", "Mancer", "Recursal",   "AnyScale",   "Lepton",
    "OctoAI", "Novita",     "DeepInfra", "Together",  "Cohere", "Hyperbolic", "Infermatic", "Avian",
    "xAI",    "Cloudflare", "SFCompute", "Nineteen",  "Liquid", "Friendli",   "Chutes",     "DeepSeek",
};

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_provider(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return fold(x) == fold(y); });
}

}  // namespace

bool stops_billing_on_cancel(std::string_view provider) {
  return std::any_of(kStops.begin(), kStops.end(), [provider](std::string_view stops) { return same_provider(stops, provider); });
}

}  // namespace orthink

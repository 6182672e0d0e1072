// Prices of one model, and the arithmetic of a call: what it can cost at most, and what it did cost.
//
// Prices are pico-dollars per token (or per piece), as GET /models lists them. An override replaces prices while all its
// conditions hold; later overrides win per key. A long-prompt override applies to the whole request when the prompt is
// strictly longer. Time windows are UTC HHMM, end exclusive, and may wrap midnight.
// Thread rule: values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/cost/usage.h"

namespace orthink {

enum class PriceKey : uint8_t {
  prompt, completion, cache_read, cache_write, cache_write_1h, internal_reasoning, request, web_search,
  image, image_token, image_output, audio, audio_output, audio_cache,
};
inline constexpr size_t kPriceKeys = 14;
// The field name in GET /models ("input_cache_read" ...).
std::string_view wire_name(PriceKey key);
std::optional<PriceKey> price_key(std::string_view wire_name);

class Prices {
 public:
  [[nodiscard]] std::optional<Money> get(PriceKey key) const;
  // `excess`: how far `price` was rounded up from a listed price of more than 12 decimals, in millionths of a pico-dollar.
  // Bounds use the rounded price, a cost that was billed the listed one.
  void set(PriceKey key, Money price, uint32_t excess = 0);
  [[nodiscard]] uint32_t excess(PriceKey key) const;
  // Every known price is zero and both token prices are known: only then is a call free.
  [[nodiscard]] bool is_free() const;

 private:
  std::array<int64_t, kPriceKeys> pico_{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  std::array<uint32_t, kPriceKeys> excess_{};
};

struct PriceOverride {
  bool has_unknown_condition = false;         // a condition we cannot read: counts for the worst case, never for a cost
  std::optional<uint64_t> min_prompt_tokens;  // holds when the prompt is strictly longer
  std::optional<uint16_t> utc_start;          // HHMM
  std::optional<uint16_t> utc_end;
  uint8_t utc_days = 0x7f;                    // bit 0 = Monday ... bit 6 = Sunday
  Prices prices;
};

struct PriceCard {
  Prices base;
  std::vector<PriceOverride> overrides;
  bool is_variable = false;  // "-1": the price depends on what a router picks

  // Both token prices are known.
  [[nodiscard]] bool is_known() const;
  // The prices that hold for a prompt of this length at this time.
  [[nodiscard]] Prices at(uint64_t prompt_tokens, Instant when) const;
};

// What a request could use at the most.
struct WorstCase {
  uint64_t prompt_tokens = 0;  // an upper bound
  uint64_t output_tokens = 0;  // the total cap that is sent; thinking included
  uint64_t images = 0;
  bool has_audio = true;         // the prompt may hold audio; false only when it certainly does not
  bool writes_cache_1h = true;   // a one-hour cache mark may be in it; false only when there certainly is none
  Instant from;                // the price windows that touch [from, until] all count
  Instant until;
};

// The dearest prices that can apply to `worst`, each key by itself: prompt is the maximum of prompt, cache writes and audio input,
// completion the maximum of completion, internal_reasoning, and image and audio output (these become provider.max_price).
struct DearestPrices {
  Money prompt;
  Money completion;
  Money request;
  Money image;
};
// REQUIRES: card.is_known().
DearestPrices dearest(const PriceCard& card, const WorstCase& worst);
Money worst_cost(const DearestPrices& prices, const WorstCase& worst);

// The cost computed from usage and prices (OpenRouter's documentation):
//   fresh = prompt - cached - written; if that is negative: prompt - max(cached, written)
//   fresh*p + cached*read + written*write + (completion - thinking)*c + thinking*(internal_reasoning or c) + request + searches
// rounded half to even at 12 decimals. Nothing when token counts or prices are unknown. `when` is the time the request was made.
std::optional<Money> computed_cost(const PriceCard& card, const Usage& usage, Instant when);

}  // namespace orthink

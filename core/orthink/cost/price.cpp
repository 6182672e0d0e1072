// One row's prices as GET /models lists them (OpenRouter's documentation), USD per token:
//
//   {"prompt":"0.000002","completion":"0.000006",
//    "overrides":[{"min_prompt_tokens":200000,"prompt":"0.000004"},{"utc_start":1000,"utc_end":100,"prompt":"0.000001"}]}
#include "orthink/cost/price.h"

#include <algorithm>

namespace orthink {

namespace {

constexpr std::array<std::string_view, kPriceKeys> kWireNames = {
    "prompt",      "completion", "input_cache_read", "input_cache_write", "input_cache_write_1h", "internal_reasoning", "request",
    "web_search",  "image",      "image_token",      "image_output",      "audio",                "audio_output",       "input_audio_cache",
};

constexpr size_t index(PriceKey key) { return static_cast<size_t>(key); }

constexpr int64_t kMinuteUs = 60'000'000;
constexpr int64_t kDayUs = 1440 * kMinuteUs;
// More days than any call lasts; past a week every window has been met.
constexpr int64_t kWindowDaysMax = 8;

int64_t day_of(Instant when) {
  int64_t day = when.us / kDayUs;
  return when.us % kDayUs < 0 ? day - 1 : day;
}

int64_t us_of_day(Instant when) { return when.us - day_of(when) * kDayUs; }

int64_t us_of_hhmm(uint16_t hhmm) { return (int64_t{hhmm / 100} * 60 + hhmm % 100) * kMinuteUs; }

// 1970-01-01 was a Thursday; Monday is 0.
unsigned weekday(int64_t day) { return static_cast<unsigned>(((day + 3) % 7 + 7) % 7); }

bool holds_at(const PriceOverride& o, Instant when) {
  if ((o.utc_days >> weekday(day_of(when)) & 1U) == 0) return false;
  if (!o.utc_start && !o.utc_end) return true;
  const int64_t start = us_of_hhmm(o.utc_start.value_or(0));
  const int64_t end = us_of_hhmm(o.utc_end.value_or(2400));
  const int64_t now = us_of_day(when);
  return start < end ? start <= now && now < end : start <= now || now < end;
}

bool holds(const PriceOverride& o, uint64_t prompt_tokens, Instant when) {
  return (!o.min_prompt_tokens || prompt_tokens > *o.min_prompt_tokens) && holds_at(o, when);
}

void lay_over(Prices& prices, const Prices& top) {
  for (size_t i = 0; i < kPriceKeys; ++i) {
    const PriceKey key = static_cast<PriceKey>(i);
    if (std::optional<Money> price = top.get(key)) prices.set(key, *price, top.excess(key));
  }
}

// The instants in [from, until] at which the set of holding overrides may differ from the one before.
std::vector<Instant> turning_points(const PriceCard& card, Instant from, Instant until) {
  std::vector<Instant> points{from};
  const int64_t first = day_of(from);
  const int64_t last = std::min(day_of(std::max(from, until)), first + kWindowDaysMax);
  for (int64_t day = first; day <= last; ++day) {
    auto add = [&](int64_t us) {
      const Instant at{day * kDayUs + us};
      if (from < at && at <= until) points.push_back(at);
    };
    add(0);
    for (const PriceOverride& o : card.overrides) {
      if (o.utc_start) add(us_of_hhmm(*o.utc_start));
      if (o.utc_end) add(us_of_hhmm(*o.utc_end));
    }
  }
  return points;
}

__extension__ using Wide = unsigned __int128;
constexpr Wide kExcessPerPico = 1'000'000;

// A sum of counts times prices, with what rounding the prices added taken off again.
class Bill {
 public:
  explicit Bill(const Prices& prices) : prices_(prices) {}

  // Adds `count` at the price of `key`, or at that of `otherwise` where there is none.
  void add(uint64_t count, PriceKey key, std::optional<PriceKey> otherwise = {}) {
    if (!prices_.get(key) && otherwise) key = *otherwise;
    const std::optional<Money> price = prices_.get(key);
    if (!price) return;
    sum_ = sum_.plus(price->times(count));
    excess_ += Wide{prices_.excess(key)} * count;
  }

  [[nodiscard]] Money total() const {
    if (excess_ == 0 || sum_.is_saturated()) return sum_;
    const Wide exact = Wide{static_cast<uint64_t>(sum_.pico)} * kExcessPerPico - excess_;
    const Wide pico = exact / kExcessPerPico;
    const Wide rest = exact % kExcessPerPico;
    const bool rounds_up = rest * 2 > kExcessPerPico || (rest * 2 == kExcessPerPico && pico % 2 == 1);
    return Money{static_cast<int64_t>(pico + (rounds_up ? 1 : 0))};
  }

 private:
  const Prices& prices_;
  Money sum_;
  Wide excess_ = 0;
};

Money at_least(Money a, std::optional<Money> b) { return b ? std::max(a, *b) : a; }

void raise(DearestPrices& top, const Prices& prices, const WorstCase& worst) {
  for (PriceKey key : {PriceKey::prompt, PriceKey::cache_write}) top.prompt = at_least(top.prompt, prices.get(key));
  if (worst.writes_cache_1h) top.prompt = at_least(top.prompt, prices.get(PriceKey::cache_write_1h));
  if (worst.has_audio) top.prompt = at_least(top.prompt, prices.get(PriceKey::audio));
  for (PriceKey key : {PriceKey::completion, PriceKey::internal_reasoning, PriceKey::image_output, PriceKey::audio_output}) {
    top.completion = at_least(top.completion, prices.get(key));
  }
  top.request = at_least(top.request, prices.get(PriceKey::request));
  top.image = at_least(top.image, prices.get(PriceKey::image));
}

}  // namespace

std::string_view wire_name(PriceKey key) { return kWireNames[index(key)]; }

std::optional<PriceKey> price_key(std::string_view wire_name) {
  for (size_t i = 0; i < kPriceKeys; ++i) {
    if (kWireNames[i] == wire_name) return static_cast<PriceKey>(i);
  }
  return std::nullopt;
}

std::optional<Money> Prices::get(PriceKey key) const {
  const int64_t pico = pico_[index(key)];
  if (pico < 0) return std::nullopt;
  return Money{pico};
}

void Prices::set(PriceKey key, Money price, uint32_t excess) {
  pico_[index(key)] = price.pico;
  excess_[index(key)] = excess;
}

uint32_t Prices::excess(PriceKey key) const { return excess_[index(key)]; }

bool Prices::is_free() const {
  if (!get(PriceKey::prompt) || !get(PriceKey::completion)) return false;
  return std::all_of(pico_.begin(), pico_.end(), [](int64_t pico) { return pico <= 0; });
}

bool PriceCard::is_known() const {
  return !is_variable && base.get(PriceKey::prompt) && base.get(PriceKey::completion);
}

Prices PriceCard::at(uint64_t prompt_tokens, Instant when) const {
  Prices prices = base;
  for (const PriceOverride& o : overrides) {
    if (!o.has_unknown_condition && holds(o, prompt_tokens, when)) lay_over(prices, o.prices);
  }
  return prices;
}

DearestPrices dearest(const PriceCard& card, const WorstCase& worst) {
  std::vector<uint64_t> lengths{0};
  for (const PriceOverride& o : card.overrides) {
    if (o.min_prompt_tokens && worst.prompt_tokens > *o.min_prompt_tokens) lengths.push_back(*o.min_prompt_tokens + 1);
  }
  DearestPrices top;
  for (Instant when : turning_points(card, worst.from, worst.until)) {
    for (uint64_t length : lengths) raise(top, card.at(length, when), worst);
  }
  for (const PriceOverride& o : card.overrides) {
    if (o.has_unknown_condition) raise(top, o.prices, worst);
  }
  return top;
}

Money worst_cost(const DearestPrices& prices, const WorstCase& worst) {
  return prices.prompt.times(worst.prompt_tokens)
      .plus(prices.completion.times(worst.output_tokens))
      .plus(prices.image.times(worst.images))
      .plus(prices.request);
}

std::optional<Money> computed_cost(const PriceCard& card, const Usage& usage, Instant when) {
  if (!card.is_known() || !usage.prompt_tokens || !usage.completion_tokens) return std::nullopt;
  const uint64_t prompt = *usage.prompt_tokens;
  const uint64_t cached = std::min(usage.cached_tokens.value_or(0), prompt);
  const uint64_t written = std::min(usage.cache_write_tokens.value_or(0), prompt);
  const uint64_t completion = *usage.completion_tokens;
  const uint64_t thinking = std::min(usage.thinking_tokens.value_or(0), completion);
  // Anthropic counts read and written tokens apart, Gemini may count the same tokens as both.
  const uint64_t fresh = cached <= prompt - written ? prompt - written - cached : prompt - std::max(cached, written);

  const Prices prices = card.at(prompt, when);
  Bill bill(prices);
  bill.add(fresh, PriceKey::prompt);
  bill.add(cached, PriceKey::cache_read, PriceKey::prompt);
  bill.add(written, PriceKey::cache_write, PriceKey::prompt);
  bill.add(completion - thinking, PriceKey::completion);
  bill.add(thinking, PriceKey::internal_reasoning, PriceKey::completion);
  bill.add(1, PriceKey::request);
  bill.add(usage.web_search_requests, PriceKey::web_search);
  return bill.total();
}

}  // namespace orthink

// A row of GET /models (OpenRouter's documentation); every field but `id` may be missing or null:
//
//   {"id":"a/m","canonical_slug":"a/m-20260101","alias_target":{"slug":"a/n"},"name":"A: M","context_length":200000,
//    "architecture":{"input_modalities":["text","image"],"tokenizer":"Router"},"top_provider":{"max_completion_tokens":64000},
//    "pricing":{...},"supported_parameters":["max_tokens"],"expiration_date":null,"reasoning":{...}}
#include <algorithm>
#include <array>

#include "orthink/catalog/parameters.h"
#include "orthink/catalog/row.h"

namespace orthink {

namespace {

using json::Value;

const Value* object_at(const Value& row, std::string_view key) {
  const Value* value = row.find(key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

// Text without control characters: a line of the compact form is cut at tabs and newlines.
std::string text_at(const Value& row, std::string_view key) {
  const Value* value = row.find(key);
  if (value == nullptr || !value->is_string()) return {};
  std::string text = value->text();
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

std::optional<uint64_t> tokens_at(const Value* row, std::string_view key) {
  const Value* value = row == nullptr ? nullptr : row->find(key);
  const std::optional<uint64_t> tokens = value == nullptr ? std::nullopt : value->as_u64();
  return tokens == uint64_t{0} ? std::nullopt : tokens;
}

std::optional<bool> truth_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->as_bool();
}

bool is_usable_id(std::string_view id) {
  return !id.empty() && id.size() <= 200 && std::none_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

// "YYYY-MM-DD", a time behind it cut off; nothing for other forms and for the day that stands for never.
std::string read_date(std::string text) {
  text.resize(std::min<size_t>(text.size(), 10));
  const bool is_date = text.size() == 10 && text[4] == '-' && text[7] == '-' && text.find_first_not_of("0123456789-") == text.npos;
  return is_date && text != "2098-12-31" ? text : std::string();
}

uint64_t read_parameters(const Value& row) {
  const Value* list = row.find("supported_parameters");
  uint64_t bits = 0;
  if (list == nullptr || !list->is_array()) return bits;
  for (const json::Member& item : list->members()) {
    if (item.value.is_string()) bits |= parameter_bit(item.value.text()).value_or(0);
  }
  return bits;
}

uint8_t read_modalities(const Value* architecture) {
  const Value* list = architecture == nullptr ? nullptr : architecture->find("input_modalities");
  unsigned bits = 0;
  if (list == nullptr || !list->is_array()) return 0;
  for (const json::Member& item : list->members()) {
    if (!item.value.is_string()) continue;
    if (item.value.text() == "image") bits |= static_cast<unsigned>(Modality::image);
    if (item.value.text() == "file") bits |= static_cast<unsigned>(Modality::file);
    if (item.value.text() == "audio") bits |= static_cast<unsigned>(Modality::audio);
  }
  return static_cast<uint8_t>(bits);
}

ReasoningFacts read_reasoning(const Value* object) {
  ReasoningFacts facts;
  if (object == nullptr) return facts;
  facts.has_object = true;
  facts.is_mandatory = truth_at(*object, "mandatory").value_or(false);
  facts.supports_max_tokens = truth_at(*object, "supports_max_tokens").value_or(false);
  facts.default_enabled = truth_at(*object, "default_enabled");
  if (const Value* effort = object->find("default_effort"); effort != nullptr && effort->is_string()) {
    facts.default_effort = parse_effort(effort->text());
  }
  const Value* list = object->find("supported_efforts");
  if (list == nullptr) return facts;
  EffortSet set;
  if (list->is_null()) set = EffortSet::from_bits(0x7f);
  for (const json::Member& item : list->members()) {
    if (std::optional<Effort> effort = item.value.is_string() ? parse_effort(item.value.text()) : std::nullopt) set.add(*effort);
  }
  if (!set.empty()) facts.efforts = set;
  return facts;
}

enum class PriceReading : uint8_t { fine, variable, broken };

// The part of `price` that rounding up to 12 decimals added, in millionths of a pico-dollar.
uint32_t excess_of(Money price, std::string_view text) {
  constexpr int64_t kMillion = 1'000'000;
  if (text.find_first_of("eE") != text.npos || price.pico > INT64_MAX / kMillion) return 0;
  const Result<Money> finer = Money::parse(std::string(text) + "e6");
  return finer ? static_cast<uint32_t>(std::max<int64_t>(0, price.pico * kMillion - finer->pico)) : 0;
}

// Prices stand as strings, in old dumps as numbers; "-1" says that the price depends on what a router picks.
PriceReading read_price(Prices& prices, PriceKey key, const Value& value) {
  if (value.is_null()) return PriceReading::fine;
  if (!value.is_string() && !value.is_number()) return PriceReading::broken;
  if (value.text() == "-1") return PriceReading::variable;
  const Result<Money> price = Money::parse(value.text());
  if (!price || price->is_saturated()) return PriceReading::broken;
  prices.set(key, *price, excess_of(*price, value.text()));
  return PriceReading::fine;
}

std::optional<uint16_t> read_hhmm(const Value& value) {
  const std::optional<uint64_t> n = value.as_u64();
  if (!n || *n > 2400 || *n % 100 > 59) return std::nullopt;
  return static_cast<uint16_t>(*n);
}

// Names of days ("mon", "Monday"). Numbers are not read: nothing says which day is the first.
std::optional<uint8_t> read_days(const Value& value) {
  static constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  if (!value.is_array()) return std::nullopt;
  unsigned bits = 0;
  for (const json::Member& item : value.members()) {
    if (!item.value.is_string()) return std::nullopt;
    std::string day = item.value.text().substr(0, 3);
    for (char& c : day) c = static_cast<char>(c | 0x20);
    const auto found = std::find(kDays.begin(), kDays.end(), day);
    if (found == kDays.end()) return std::nullopt;
    bits |= 1U << (found - kDays.begin());
  }
  return static_cast<uint8_t>(bits);
}

bool read_condition(PriceOverride& o, const json::Member& member) {
  if (member.key == "min_prompt_tokens") return (o.min_prompt_tokens = member.value.as_u64()).has_value();
  if (member.key == "utc_start") return (o.utc_start = read_hhmm(member.value)).has_value();
  if (member.key == "utc_end") return (o.utc_end = read_hhmm(member.value)).has_value();
  if (member.key == "utc_days") {
    const std::optional<uint8_t> days = read_days(member.value);
    o.utc_days = days.value_or(0x7f);
    return days.has_value();
  }
  // A key that holds a decimal string is a price we do not know; anything else may be a condition.
  return member.value.is_string() && Money::parse(member.value.text()).ok();
}

bool read_override(PriceCard& card, const Value& value) {
  if (!value.is_object()) return false;
  PriceOverride o;
  for (const json::Member& member : value.members()) {
    if (const std::optional<PriceKey> key = price_key(member.key)) {
      if (read_price(o.prices, *key, member.value) != PriceReading::fine) return false;
    } else if (!read_condition(o, member)) {
      o.has_unknown_condition = true;
    }
  }
  card.overrides.push_back(o);
  return true;
}

PriceCard read_pricing(const Value* pricing) {
  PriceCard card;
  if (pricing == nullptr) return card;
  bool is_broken = false;
  for (const json::Member& member : pricing->members()) {
    if (const std::optional<PriceKey> key = price_key(member.key)) {
      const PriceReading reading = read_price(card.base, *key, member.value);
      card.is_variable = card.is_variable || reading == PriceReading::variable;
      is_broken = is_broken || reading == PriceReading::broken;
    } else if (member.key == "overrides" && member.value.is_array()) {
      for (const json::Member& item : member.value.members()) is_broken = !read_override(card, item.value) || is_broken;
    }
  }
  return is_broken ? PriceCard{} : card;
}

}  // namespace

std::optional<RowFacts> read_row(const Value& row) {
  if (!row.is_object()) return std::nullopt;
  const Value* id = row.find("id");
  if (id == nullptr || !id->is_string() || !is_usable_id(id->text())) return std::nullopt;
  const Value* architecture = object_at(row, "architecture");
  RowFacts facts;
  facts.id = id->text();
  facts.canonical_slug = text_at(row, "canonical_slug");
  if (facts.canonical_slug.empty()) facts.canonical_slug = facts.id;
  if (const Value* alias = object_at(row, "alias_target")) facts.alias_target = text_at(*alias, "slug");
  facts.name = text_at(row, "name");
  facts.context_tokens = tokens_at(&row, "context_length");
  facts.output_max_tokens = tokens_at(object_at(row, "top_provider"), "max_completion_tokens");
  facts.parameters = read_parameters(row);
  facts.modalities = read_modalities(architecture);
  facts.expires_on = read_date(text_at(row, "expiration_date"));
  facts.reasoning = read_reasoning(object_at(row, "reasoning"));
  facts.reasoning.lists_parameter = lists_parameter(facts.parameters, "reasoning");
  facts.price = read_pricing(object_at(row, "pricing"));
  facts.is_router = !facts.id.starts_with('~') &&
                    (facts.price.is_variable || (architecture != nullptr && text_at(*architecture, "tokenizer") == "Router"));
  return facts;
}

}  // namespace orthink

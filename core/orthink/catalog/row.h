// One row of GET /models as facts, and its compact line.
//
//   std::optional<RowFacts> row = read_row(value);     // from the models document
//   std::string line = row_line(*row);                 // for the cache file and the snapshot
//   ModelCard card = make_card(*parse_row_line(line));
//
// Only what the row itself says is stored; family rules are applied when a card is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/catalog/family.h"
#include "orthink/wire/json.h"

namespace orthink {

enum class Modality : uint8_t { image = 1, file = 2, audio = 4 };  // of the input

struct RowFacts {
  std::string id;
  std::string canonical_slug;
  std::string alias_target;
  std::string name;
  std::optional<uint64_t> context_tokens;
  std::optional<uint64_t> output_max_tokens;
  uint64_t parameters = 0;     // bits of catalog/parameters.h
  uint8_t modalities = 0;      // bits of Modality
  bool is_router = false;
  std::string expires_on;
  ReasoningFacts reasoning;
  PriceCard price;
};

// Nothing for a row that is no object or has no usable id. Prices that cannot be read make the price unknown, not the row bad.
std::optional<RowFacts> read_row(const json::Value& row);
// Without newline.
std::string row_line(const RowFacts& row);
std::optional<RowFacts> parse_row_line(std::string_view line);
ModelCard make_card(RowFacts row);

}  // namespace orthink

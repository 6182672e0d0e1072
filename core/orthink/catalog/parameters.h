// The request parameters that `supported_parameters` of a row may list, as bits.
//
//   if (card.parameters & *parameter_bit("tools")) ...
//
// Names we do not know are left out: the list grows without notice (OpenRouter's documentation).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orthink {

// One bit of ModelCard::parameters; nothing for a name that is not in the table.
std::optional<uint64_t> parameter_bit(std::string_view name);
// Does `parameters` list `name`? False for unknown names.
bool lists_parameter(uint64_t parameters, std::string_view name);
// The names of the bits that are set, in the order of the table, joined by ", ".
std::string parameter_names(uint64_t parameters);

}  // namespace orthink

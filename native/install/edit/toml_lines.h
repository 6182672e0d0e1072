// The statements of a TOML text and where they stand. Reads keys in full and values only so far as to find their end.
// Thread rule: values; offsets belong to the text that was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"

namespace orthink::install {

struct TomlStatement {
  enum class Kind : uint8_t { table, array_table, pair };
  Kind kind = Kind::pair;
  std::vector<std::string> table{};  // the header it stands under, or that it is
  std::vector<std::string> key{};    // of a pair, as written: a.b has two parts
  size_t begin = 0;                  // of its first line
  size_t value_begin = 0;            // of a pair
  size_t value_end = 0;
  size_t end = 0;  // behind the line end of its last line
};

// Errc::invalid_config with the line.
Result<std::vector<TomlStatement>> read_toml(std::string_view text);

}  // namespace orthink::install

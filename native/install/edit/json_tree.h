// Where the parts of a JSON text stand: offsets instead of values, so that an edit can leave all else alone. Reads what json_edit.h says.
// Thread rule: values; offsets belong to the text that was read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"

namespace orthink::install {

struct JsonEntry;

struct JsonNode {
  size_t begin = 0;  // its first character
  size_t end = 0;    // behind its last
  bool is_object = false;
  std::vector<JsonEntry> entries;  // of an object, in their order

  [[nodiscard]] size_t count(std::string_view key) const;
  // REQUIRES: count(key) == 1. Dies with this node.
  [[nodiscard]] const JsonEntry& at(std::string_view key) const;
};

struct JsonEntry {
  std::string key;       // decoded
  size_t key_begin = 0;  // its quote
  JsonNode value;
};

// The root value; white space and comments around it are skipped. Errc::invalid_json with line and column.
Result<JsonNode> read_json_tree(std::string_view text);

// Behind white space and comments from `at` on. REQUIRES: the text was read without an error.
size_t skip_json_blanks(std::string_view text, size_t at);

}  // namespace orthink::install

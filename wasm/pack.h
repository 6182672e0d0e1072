// Pack: builds the one result that a call of the C interface hands out: records, and all their text in one piece.
//
// One piece, so that a JavaScript host makes one string per call and cuts it by UTF-16 units, or none at all.
// Thread rule: one thread at a time. The result dies with the next begin().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/error.h"
#include "wasm/orthink_c.h"

namespace orthink::wasm {

// Length in UTF-16 units. REQUIRES: valid UTF-8 (other bytes give some number, nothing worse).
uint32_t utf16_units(std::string_view utf8);

class Pack {
 public:
  void begin();
  void add(uint32_t kind, std::string_view text, uint64_t value = 0);  // value saturates
  const orthink_result* done(uint32_t value = 0);
  // A result without records whose text is the error object.
  const orthink_result* failed(orthink_status status, const Error& error);

 private:
  const orthink_result* close(orthink_status status, uint32_t value);
  std::vector<orthink_record> records_;
  std::string text_;
  orthink_result result_{};
};

}  // namespace orthink::wasm

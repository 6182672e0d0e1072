// CSV cells (RFC 4180), safe to open in a spreadsheet.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace orthink::csv {

// Quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe in front.
std::string cell(std::string_view text);

}  // namespace orthink::csv

// RowText: a row of the ledger with all that is known of it, as a JSON object or as a line of CSV.
//
//   row_text::json(key, row);                   // {"key":"call-4f/1","state":"settled",...,"bound_usd":"0.0131",...}
//   row_text::csv_head(); row_text::csv(key, row);
//
// One table names the fields of both, in their order. What is not known is null, or an empty cell. A row whose record cannot be read shows
// what the store itself knows, and null for the rest; is_readable() tells.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "orthink/ledger/memory_table.h"

namespace orthink::row_text {

bool is_readable(const StoredRow& row);
// One object. `is_first`: with "schema" in front, as the first line of a stream.
std::string json(std::string_view key, const StoredRow& row, bool is_first = false);
// Lines of RFC 4180, ended by CR LF.
std::string csv_head();
std::string csv(std::string_view key, const StoredRow& row);

}  // namespace orthink::row_text

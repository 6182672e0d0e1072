// RowText: a row of the ledger with all that is known of it, as a JSON object or as a line of CSV.
//
//   RowText text(key, row);
//   text.json();                                // {"key":"call-4f/1","state":"settled",...,"bound_usd":"0.0131",...}
//   RowText::csv_head(); text.csv();
//
// One table names the fields of both, in their order. What is not known is null, or an empty cell. A row whose record cannot be read shows
// what the store itself knows, and null for the rest; is_readable() tells.
// Thread rule: a value. Lifetime: key and row outlive it.
#pragma once

#include <string>
#include <string_view>

#include "orthink/ledger/memory_table.h"
#include "orthink/ledger/record.h"

namespace orthink {

class RowText {
 public:
  RowText(std::string_view key, const StoredRow& row) : key_(key), row_(row), record_(HoldRecord::parse(row.record)) {}

  [[nodiscard]] bool is_readable() const { return record_.ok(); }
  // One object. `is_first`: with "schema" in front, as the first line of a stream.
  [[nodiscard]] std::string json(bool is_first = false) const;
  // Lines of RFC 4180, ended by CR LF.
  static std::string csv_head();
  [[nodiscard]] std::string csv() const;

 private:
  std::string_view key_;
  const StoredRow& row_;
  Result<HoldRecord> record_;
};

}  // namespace orthink

// The tables of a SQLite ledger, the steps that lead to them, and whether a file is one.
//
// Thread rule: that of the database.
#pragma once

#include <span>
#include <string>

#include "native/store/sqlite_database.h"
#include "orthink/base/result.h"

namespace orthink::sqlite {

inline constexpr int64_t kApplicationId = 0x6f72746b;  // "ortk"

// Step i leads from version i (user_version) to i + 1.
std::span<const char* const> schema_steps();

// What the database failed with, as Errc::store_unavailable with advice; `path` is named.
Error error_of(const SqliteDatabase& database, const std::string& path);

// Refuses a damaged file, another program's, and one of a newer version; takes an older one, or an empty one, to the last
// version of `steps`, all or nothing. A large file is looked at for damage once a day and after each boot.
Result<void> prepare(SqliteDatabase& database, const std::string& path, std::span<const char* const> steps);

// The whole file: SQLite's integrity_check, that every account's journal is numbered without a gap, that every row's state is one.
Result<void> verify(SqliteDatabase& database, const std::string& path);

}  // namespace orthink::sqlite

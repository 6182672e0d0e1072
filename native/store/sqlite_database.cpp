#include "native/store/sqlite_database.h"

#include <utility>

#include "native/system.h"

namespace orthink {

SqliteDatabase::SqliteDatabase(const std::string& path, int flags, const std::string& vfs, Duration busy) : busy_(busy) {
  const int code = sqlite3_open_v2(path.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX, vfs.empty() ? nullptr : vfs.c_str());
  if (database_ == nullptr) {
    code_ = SQLITE_NOMEM;
    words_ = sqlite3_errstr(SQLITE_NOMEM);
    return;
  }
  sqlite3_extended_result_codes(database_, 1);
  note(code);
  if (failed()) return;
  sqlite3_busy_handler(database_, &SqliteDatabase::on_busy, this);
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(database_); }

// SQLite's own handler backs off to 100 ms, which starves beside a process that commits without a pause.
int SqliteDatabase::on_busy(void* self, int tries) {
  auto& database = *static_cast<SqliteDatabase*>(self);
  const Instant at = now();
  if (tries == 0) database.busy_since_ = at;
  if (at - database.busy_since_ >= database.busy_) return 0;
  sqlite3_sleep(1);
  return 1;
}

void SqliteDatabase::note(int code) {
  if (failed() || code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  const int extended = sqlite3_extended_errcode(database_);
  code_ = (extended & 0xff) == (code & 0xff) ? extended : code;
  words_ = std::string(extended == code_ ? sqlite3_errmsg(database_) : sqlite3_errstr(code_)) + " (SQLite " + std::to_string(code_) + ")";
}

void SqliteDatabase::note_unreadable(std::string words) {
  if (failed()) return;
  code_ = kUnreadable;
  words_ = std::move(words);
}

void SqliteDatabase::clear() {
  code_ = SQLITE_OK;
  words_.clear();
}

bool SqliteDatabase::execute(const char* sql) {
  if (!failed()) note(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
  return !failed();
}

int64_t SqliteDatabase::integer(const char* sql) {
  SqliteStatement statement(*this, sql);
  SqliteRun run(statement);
  return run.next() ? run.integer(0) : 0;
}

// To its end: what a pragma changes is committed, or fails, after its row.
std::string SqliteDatabase::text(const char* sql) {
  SqliteStatement statement(*this, sql);
  SqliteRun run(statement);
  const std::string found = run.next() ? run.text(0) : std::string();
  while (run.next()) {
  }
  return failed() ? std::string() : found;
}

void SqliteDatabase::roll_back() {
  if (database_ == nullptr || sqlite3_get_autocommit(database_) != 0) return;
  note(sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr));
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, std::string_view sql) : database_(database) {
  if (database.failed()) return;
  database.note(sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteRun::~SqliteRun() { sqlite3_reset(statement_.statement_); }

void SqliteRun::bind(int index, int64_t value) {
  if (!statement_.database_.failed()) statement_.database_.note(sqlite3_bind_int64(statement_.statement_, index, value));
}

void SqliteRun::bind(int index, std::string_view value) {
  if (statement_.database_.failed()) return;
  const char* bytes = value.data() == nullptr ? "" : value.data();
  statement_.database_.note(
      sqlite3_bind_text64(statement_.statement_, index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

bool SqliteRun::next() {
  if (statement_.database_.failed()) return false;
  const int code = sqlite3_step(statement_.statement_);
  statement_.database_.note(code);
  return code == SQLITE_ROW;
}

int64_t SqliteRun::integer(int column) const { return sqlite3_column_int64(statement_.statement_, column); }

std::string SqliteRun::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.statement_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

}  // namespace orthink

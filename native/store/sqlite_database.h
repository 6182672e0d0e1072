// SqliteDatabase, SqliteStatement, SqliteRun: SQLite's connection, prepared statement and one run of it, as owners.
//
//   SqliteStatement find(database, "SELECT value FROM counters WHERE key=?1");
//   SqliteRun run(find, key);
//   if (run.next()) use(run.integer(0));
//   if (database.failed()) return database.words();
//
// The first failure stays in the database until clear(): every later step does nothing and gives no row, so that a caller
// looks once, at the end.
// Lifetime: a statement lives no longer than its database; a run no longer than its statement, one run of a statement at a time.
// Thread rule: one thread at a time for a database and everything of it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"

namespace orthink {

class SqliteDatabase {
 public:
  static constexpr int kUnreadable = SQLITE_FORMAT;  // which SQLite itself no longer uses

  // Check failed() after it. `flags` are SQLITE_OPEN_*; an empty `vfs` is the default one. A lock of another connection is
  // waited for until `busy` has passed.
  SqliteDatabase(const std::string& path, int flags, const std::string& vfs, Duration busy);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  bool execute(const char* sql);              // true: it went well
  int64_t integer(const char* sql);           // first column of the first row; 0 without one
  std::string text(const char* sql);          // the same as text
  void roll_back();                           // ends a transaction that stands, failed or not
  void note(int code);                        // keeps a failure that was met outside of a statement
  void note_unreadable(std::string words);    // likewise what was read and means nothing: code() is kUnreadable

  [[nodiscard]] bool failed() const { return code_ != SQLITE_OK; }
  [[nodiscard]] int code() const { return code_; }                  // extended
  [[nodiscard]] const std::string& words() const { return words_; } // SQLite's own, with the number of the code
  void clear();
  [[nodiscard]] sqlite3* get() const { return database_; }

 private:
  static int on_busy(void* self, int tries);
  sqlite3* database_ = nullptr;
  Duration busy_;
  Instant busy_since_;
  int code_ = SQLITE_OK;
  std::string words_;
};

class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, std::string_view sql);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Runs it to its end, for what it does.
  template <class... Values>
  void run(const Values&... values);

 private:
  friend class SqliteRun;
  SqliteDatabase& database_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteRun {
 public:
  // `values` are bound to ?1, ?2 ... and copied.
  template <class... Values>
  explicit SqliteRun(SqliteStatement& statement, const Values&... values) : statement_(statement) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~SqliteRun();
  SqliteRun(const SqliteRun&) = delete;
  SqliteRun& operator=(const SqliteRun&) = delete;

  bool next();  // true: a row stands, whose columns can be read
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  // Before next(): what stands at ?index.
  void bind(int index, int64_t value);
  void bind(int index, Instant value) { bind(index, value.us); }
  void bind(int index, std::string_view value);

 private:
  SqliteStatement& statement_;
};

template <class... Values>
void SqliteStatement::run(const Values&... values) {
  SqliteRun run(*this, values...);
  while (run.next()) {
  }
}

}  // namespace orthink

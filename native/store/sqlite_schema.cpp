#include "native/store/sqlite_schema.h"

#include <algorithm>
#include <array>

#include "native/store/sqlite_table.h"
#include "native/store/store.h"
#include "native/system.h"

namespace orthink::sqlite {
namespace {

constexpr std::array<const char*, 1> kSteps{
    R"(
    CREATE TABLE marks(key TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE documents(key TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
    CREATE INDEX documents_by_expiry ON documents(expires);
    CREATE TABLE rows(key TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL, account TEXT NOT NULL, epoch TEXT NOT NULL,
                      created INTEGER NOT NULL, due INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
    CREATE INDEX rows_by_due ON rows(state, due);
    CREATE INDEX rows_by_created ON rows(created, key);
    CREATE TABLE counters(key TEXT PRIMARY KEY NOT NULL,
                          value INTEGER NOT NULL CHECK(value BETWEEN -9007199254740991 AND 9007199254740991)) STRICT, WITHOUT ROWID;
    CREATE TABLE rates(key TEXT PRIMARY KEY NOT NULL, arrival INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE journal(account TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL,
                         PRIMARY KEY(account, number)) STRICT, WITHOUT ROWID;
    CREATE TABLE checked(boot TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    )",
};

const char* remedy_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "Restore the file from a backup, or move it away with its -wal and -shm: a new one begins with nothing spent.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "Another program holds the file: close it, then try again.";
    case SQLITE_FULL:
      return "Free some space on the disk, then try again.";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "Make the file and its folder writable for this user, or point ORTHINK_STORE at another file.";
    case SqliteDatabase::kUnreadable:
      return "Run `orthink ledger verify`; restore the file from a backup if it was damaged.";
    case SQLITE_IOERR:
      return "Look at the disk and at the system's log; start again once the disk is well.";
    default:
      return "";
  }
}

// Two connections that both leave the rollback journal can meet without SQLite asking its busy handler; a write lock is waited for.
bool use_wal(SqliteDatabase& database) {
  constexpr int kMeetings = 100;
  for (int i = 0; i < kMeetings; ++i) {
    if (database.text("PRAGMA journal_mode=WAL") == "wal") return true;
    if ((database.code() & 0xff) != SQLITE_BUSY) return false;
    database.clear();
    if (!database.execute("BEGIN IMMEDIATE")) return false;
    database.roll_back();
  }
  return false;
}

Result<void> refuse_strangers(SqliteDatabase& database, const std::string& path, int64_t version_known) {
  const int64_t application = database.integer("PRAGMA application_id");
  const int64_t version = database.integer("PRAGMA user_version");
  const int64_t tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (database.failed()) return error_of(database, path);
  if (application != kApplicationId && (application != 0 || version != 0 || tables != 0))
    return unusable_store(path + " is a database of another program", "Point ORTHINK_STORE at another file.");
  if (version > version_known)
    return unusable_store(path + " was written by a newer orthink: its format is " + std::to_string(version) + ", this one knows " +
                          std::to_string(version_known),
                          "Update orthink, or point ORTHINK_STORE at another file.");
  return {};
}

Result<void> migrate(SqliteDatabase& database, const std::string& path, std::span<const char* const> steps) {
  database.execute("BEGIN IMMEDIATE");
  // Another process may have been here since the version was looked at.
  if (const Result<void> fits = refuse_strangers(database, path, static_cast<int64_t>(steps.size())); !fits) {
    database.roll_back();
    return fits;
  }
  const auto version = static_cast<size_t>(database.integer("PRAGMA user_version"));
  for (size_t i = version; i < steps.size(); ++i) database.execute(steps[i]);
  if (version < steps.size()) {
    database.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    database.execute(("PRAGMA user_version=" + std::to_string(steps.size())).c_str());
  }
  database.execute("COMMIT");
  database.roll_back();
  if (database.failed()) return error_of(database, path);
  return {};
}

// SQLite's words have several lines.
Error damaged(const std::string& path, std::string words) {
  std::replace(words.begin(), words.end(), '\n', ' ');
  return unusable_store(path + " is damaged: " + words, remedy_of(SQLITE_CORRUPT));
}

// Looking at a whole file takes 1 ms for every MB. A small one is looked at each time, others once a day and after every boot.
constexpr int64_t kSmallPages = 128;
constexpr Duration kCheckedFor = Duration::seconds(86'400);

bool was_checked(SqliteDatabase& database) {
  if (database.integer("SELECT count(*) FROM sqlite_schema WHERE name='checked'") == 0) return false;
  SqliteStatement select(database, "SELECT at FROM checked WHERE boot=?1");
  SqliteRun run(select, boot_id());
  if (!run.next()) return false;
  const Duration age = wall_now() - Instant{run.integer(0)};
  return age >= Duration{} && age < kCheckedFor;
}

void note_checked(SqliteDatabase& database) {
  database.execute("BEGIN IMMEDIATE; DELETE FROM checked");
  SqliteStatement insert(database, "INSERT INTO checked VALUES(?1,?2)");
  insert.run(boot_id(), wall_now());
  database.execute("COMMIT");
  database.roll_back();
}

}  // namespace

std::span<const char* const> schema_steps() { return kSteps; }

Error error_of(const SqliteDatabase& database, const std::string& path) {
  Error error = unusable_store(path + ": " + database.words(), remedy_of(database.code()));
  const int code = database.code() & 0xff;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) error.retry = Retry::after;
  return error;
}

Result<void> prepare(SqliteDatabase& database, const std::string& path, std::span<const char* const> steps) {
  database.execute("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL");
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  database.execute("BEGIN");  // one view of the file: another opener may be making it
  const Result<void> fits = refuse_strangers(database, path, static_cast<int64_t>(steps.size()));
  database.roll_back();
  if (!fits) return fits;
  if (sqlite3_db_readonly(database.get(), "main") == 1)
    return unusable_store(path + " cannot be written", "Make the file writable for this user, or point ORTHINK_STORE at another file.");
  const bool is_wal = use_wal(database);
  if (database.failed()) return error_of(database, path);
  if (!is_wal)
    return unusable_store(path + ": this file system cannot hold a write-ahead log", "Put the store on a local disk.");
  const bool is_small = database.integer("PRAGMA page_count") <= kSmallPages;
  const bool is_due = is_small || !was_checked(database);
  const std::string found = is_due ? database.text("PRAGMA quick_check(1)") : "ok";
  if (database.failed()) return error_of(database, path);
  if (found != "ok") return damaged(path, found);
  if (const Result<void> done = migrate(database, path, steps); !done) return done;
  if (is_due && !is_small) note_checked(database);
  if (database.failed()) return error_of(database, path);
  return {};
}

Result<void> verify(SqliteDatabase& database, const std::string& path) {
  const std::string found = database.text("PRAGMA integrity_check(1)");
  if (database.failed()) return error_of(database, path);
  if (found != "ok") return damaged(path, found);
  SqliteStatement gaps(database,
                       "SELECT account FROM journal GROUP BY account HAVING count(*)<>max(number) OR min(number)<>1 LIMIT 1");
  SqliteRun run(gaps);
  if (run.next()) return unusable_store(path + ": lines are missing in the journal of " + run.text(0), remedy_of(SQLITE_CORRUPT));
  SqliteStatement rows(database,
                       "SELECT key,state FROM rows WHERE state NOT IN ('none','reserved','sent','settled','released','unknown') LIMIT 1");
  SqliteRun row(rows);
  if (row.next()) state_of(database, row.text(0), row.text(1));
  if (database.failed()) return error_of(database, path);
  return {};
}

}  // namespace orthink::sqlite

#include "native/store/sqlite_store.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/store/sqlite_schema.h"
#include "native/store/sqlite_table.h"
#include "native/system.h"

namespace orthink {
namespace {

constexpr const char* kForked = "the process was forked after the store was opened";

Error refused(const std::string& what, int error) {
  return unusable_store(what + ": " + std::generic_category().message(error),
                        "Make the file and its folder writable for this user, or point ORTHINK_STORE at another file.");
}

Result<void> make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR) return refused("cannot make " + folder, errno);
  }
  return {};
}

Result<void> refuse_network(const std::string& path) {
  struct statfs facts {};
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (::statfs(folder.c_str(), &facts) != 0) return refused("cannot look at " + folder, errno);
  constexpr unsigned kCifs = 0xff534d42;
  const auto type = static_cast<unsigned>(facts.f_type);
  if (type != NFS_SUPER_MAGIC && type != SMB_SUPER_MAGIC && type != kCifs && type != SMB2_SUPER_MAGIC) return {};
  return unusable_store(path + " is on a network file system, whose locks cannot be relied on",
                        "Put the store on a local disk, or share it through Redis.");
}

constexpr std::array kBeside{"-wal", "-shm", "-journal"};

// SQLite follows a link to the ledger and keeps its own files beside what it leads to.
std::string behind_links(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(path, failed);
  return failed ? path : real.string();
}

Error no_file(const std::string& path, mode_t mode) {
  std::string what = "no plain file";
  if (S_ISDIR(mode)) what = "a folder, not a file";
  if (S_ISCHR(mode) || S_ISBLK(mode)) what = "a device, not a file";
  if (S_ISFIFO(mode)) what = "a pipe, not a file";
  if (S_ISSOCK(mode)) what = "a socket, not a file";
  if (S_ISLNK(mode)) what = "a link, where SQLite keeps a file of its own";
  return unusable_store(path + " is " + what, "Point ORTHINK_STORE at another file: sqlite:PATH.");
}

// What is there already may be anybody's: it is looked at and stays as it is.
Result<void> look_at(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return refused("cannot look at " + path, errno);
  if (!S_ISREG(facts.st_mode)) return no_file(path, facts.st_mode);
  if ((facts.st_mode & 0222) == 0)
    return unusable_store(path + " is read-only: its mode lets nobody write",
                          "Make the file writable for this user, or point ORTHINK_STORE at another file.");
  const std::string real = behind_links(path);
  for (const char* suffix : kBeside)
    if (::lstat((real + suffix).c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) return no_file(real + suffix, facts.st_mode);
  return {};
}

// Takes what others may do. REQUIRES: the file is a ledger.
Result<void> make_private(const std::string& path) {
  const std::string real = behind_links(path);
  for (const char* suffix : {"", kBeside[0], kBeside[1], kBeside[2]}) {
    const std::string file = real + suffix;
    struct stat facts {};
    if (::lstat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode) || (facts.st_mode & 0077) == 0) continue;
    if (::chmod(file.c_str(), facts.st_mode & 0600) != 0) return refused("cannot make " + file + " private", errno);
  }
  return {};
}

// The file is made only where there is none: closing a descriptor of a file drops the locks that another store of this process has.
Result<void> make_file(const std::string& path) {
  if (const Result<void> made = make_folders(path); !made) return made;
  if (const Result<void> is_local = refuse_network(path); !is_local) return is_local;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno != EEXIST) return refused("cannot make " + path, errno);
  if (fd >= 0) ::close(fd);
  return look_at(path);
}

StoredRow row_of(SqliteDatabase& database, const SqliteRun& run) {
  return {sqlite::state_of(database, run.text(0), run.text(1)), run.text(2), run.text(3), Instant{run.integer(4)}, Instant{run.integer(5)},
          run.text(6)};
}

bool is_terminal(HoldState state) { return state == HoldState::settled || state == HoldState::released; }

bool is_few(const RowQuery& query) {
  const bool is_open_only = !query.states.empty() && std::none_of(query.states.begin(), query.states.end(), is_terminal);
  return is_open_only || (!query.due_by.is_never() && !query.states.empty());
}

// Open rows are few and found by their state; others by when they were made. Who asks for every state is shown every row, or told of
// one whose state is none.
std::string sql_of(const RowQuery& query) {
  std::string states;
  for (const HoldState state : query.states) states += (states.empty() ? "'" : ",'") + std::string(name(state)) + "'";
  std::string sql = "SELECT key,state,account,epoch,created,due,record FROM rows INDEXED BY ";
  sql += is_few(query) ? "rows_by_due" : "rows_by_created";
  sql += " WHERE created>=?1 AND due<=?2";
  if (!states.empty()) sql += " AND state IN (" + states + ")";
  if (!query.until.is_never()) sql += " AND created<?3";
  return sql + " ORDER BY created,key";
}

// What `body` reads in one view; the database has neither a transaction nor a failure afterwards.
template <class Body>
Result<void> view(SqliteDatabase& database, const std::string& path, const Body& body) {
  database.clear();
  if (database.execute("BEGIN")) body(database);
  database.roll_back();
  Result<void> done;
  if (database.failed()) done = sqlite::error_of(database, path);
  database.clear();
  return done;
}

}  // namespace

Result<void> SqliteStore::check_path(const std::string& path) {
  if (path.empty() || path.back() == '/')
    return unusable_store("the store has no file name: \"" + path + "\"", "Name a file: sqlite:PATH.");
  if (path == ":memory:")
    return make_error(Errc::invalid_config, "sqlite::memory: names no file", "Use memory: for a store that ends with the program, or sqlite:PATH.");
  if (path.starts_with("file:"))
    return make_error(Errc::invalid_config, "sqlite:" + path + " is a URI, which the store does not take",
                      "Name the file itself: sqlite:PATH; memory: is the store that ends with the program.");
  return {};
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options) {
  if (const Result<void> named = check_path(options.path); !named) return named.error();
  // SQLite gives ":memory:" and "file:" a meaning of their own.
  SqliteOptions own = options;
  if (own.path.front() != '/') own.path = "./" + own.path;
  if (own.vfs.empty())
    if (const Result<void> made = make_file(own.path); !made) return made.error();
  const int flags = SQLITE_OPEN_READWRITE | (own.vfs.empty() ? 0 : SQLITE_OPEN_CREATE);
  auto database = std::make_unique<SqliteDatabase>(own.path, flags, own.vfs, own.busy);
  if (database->failed()) return sqlite::error_of(*database, own.path);
  if (const Result<void> ready = sqlite::prepare(*database, own.path, sqlite::schema_steps()); !ready) return ready.error();
  if (own.vfs.empty())
    if (const Result<void> is_private = make_private(own.path); !is_private) return is_private.error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(own), std::move(database)));
}

SqliteStore::SqliteStore(SqliteOptions options, std::unique_ptr<SqliteDatabase> database)
    : options_(std::move(options)), process_(::getpid()), writer_(std::move(database), options_.is_normal_sync_only) {}

StoreReply SqliteStore::apply(const StoreBatch& batch) {
  if (::getpid() == process_) return writer_.apply(batch);
  StoreReply reply;
  reply.ticket = batch.ticket;
  reply.verdict = StoreReply::Verdict::unavailable;
  reply.found_text = kForked;
  return reply;
}

Result<void> SqliteStore::open_reader() {
  if (::getpid() != process_)
    return unusable_store(options_.path + ": " + kForked, "Open the store after the fork.");
  if (reader_) return {};
  auto reader = std::make_unique<SqliteDatabase>(options_.path, SQLITE_OPEN_READONLY, options_.vfs, options_.busy);
  if (!reader->execute("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY")) return sqlite::error_of(*reader, options_.path);
  reader_ = std::move(reader);
  return {};
}

template <class Body>
Result<void> SqliteStore::read(const Body& body) {
  const std::lock_guard lock(mutex_);
  if (const Result<void> opened = open_reader(); !opened) return opened;
  return view(*reader_, options_.path, body);
}

template <class Body>
Result<void> SqliteStore::read_soon(const Body& body) {
  Result<void> done;
  const auto on_writer = [&](SqliteDatabase& database) { done = view(database, options_.path, body); };
  if (::getpid() == process_ && writer_.while_idle(on_writer)) return done;
  return read(body);
}

Result<std::optional<StoredRow>> SqliteStore::row(const std::string& key) {
  std::optional<StoredRow> found;
  const Result<void> done = read_soon([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, "SELECT key,state,account,epoch,created,due,record FROM rows WHERE key=?1");
    SqliteRun run(select, key);
    if (run.next()) found = row_of(reader, run);
  });
  if (!done) return done.error();
  return found;
}

Result<void> SqliteStore::rows(const RowQuery& query, const OnRow& on_row) {
  const auto select = [&](SqliteDatabase& database, const OnRow& each) {
    SqliteStatement statement(database, sql_of(query));
    SqliteRun run(statement, query.since, query.due_by);
    if (!query.until.is_never()) run.bind(3, query.until);
    while (run.next()) {
      const StoredRow row = row_of(database, run);
      if (database.failed() || !each(run.text(0), row)) return;
    }
  };
  if (!is_few(query)) return read([&](SqliteDatabase& reader) { select(reader, on_row); });
  std::vector<std::pair<std::string, StoredRow>> found;
  const Result<void> done = read_soon([&](SqliteDatabase& database) {
    select(database, [&](const std::string& key, const StoredRow& row) {
      found.emplace_back(key, row);
      return true;
    });
  });
  if (!done) return done;
  for (const auto& [key, row] : found)
    if (!on_row(key, row)) break;
  return {};
}

Result<std::vector<int64_t>> SqliteStore::integers(std::string_view sql, const std::vector<std::string>& keys) {
  std::vector<int64_t> values;
  const Result<void> done = read_soon([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, sql);
    for (const std::string& key : keys) {
      SqliteRun run(select, key);
      values.push_back(run.next() ? run.integer(0) : 0);
    }
  });
  if (!done) return done.error();
  return values;
}

Result<std::vector<int64_t>> SqliteStore::counters(const std::vector<std::string>& keys) {
  return integers("SELECT value FROM counters WHERE key=?1", keys);
}

Result<std::vector<int64_t>> SqliteStore::rates(const std::vector<std::string>& keys) {
  return integers("SELECT arrival FROM rates WHERE key=?1", keys);
}

Result<int64_t> SqliteStore::mark(const std::string& key) {
  const Result<std::vector<int64_t>> found = integers("SELECT value FROM marks WHERE key=?1", {key});
  if (!found) return found.error();
  return found->front();
}

Result<void> SqliteStore::all_counters(const OnCounter& on_counter) {
  return read([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, "SELECT key,value FROM counters ORDER BY key");
    SqliteRun run(select);
    while (run.next() && on_counter(run.text(0), run.integer(1))) {
    }
  });
}

Result<std::optional<std::string>> SqliteStore::document(const std::string& key, Instant at) {
  std::optional<std::string> found;
  const Result<void> done = read_soon([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, "SELECT text FROM documents WHERE key=?1 AND expires>?2");
    SqliteRun run(select, key, at);
    if (run.next()) found = run.text(0);
  });
  if (!done) return done.error();
  return found;
}

Result<Store::Texts> SqliteStore::documents(std::string_view prefix, Instant at) {
  Texts texts;
  const Result<void> done = read_soon([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, "SELECT key,text FROM documents WHERE key>=?1 AND expires>?2 ORDER BY key");
    SqliteRun run(select, prefix, at);
    while (run.next()) {
      std::string key = run.text(0);
      if (!key.starts_with(prefix)) return;
      texts.emplace_back(std::move(key), run.text(1));
    }
  });
  if (!done) return done.error();
  return texts;
}

Result<std::vector<std::string>> SqliteStore::accounts() {
  std::vector<std::string> names;
  const Result<void> done = read([&](SqliteDatabase& reader) {
    SqliteStatement first(reader, "SELECT account FROM journal ORDER BY account LIMIT 1");
    SqliteStatement after(reader, "SELECT account FROM journal WHERE account>?1 ORDER BY account LIMIT 1");
    {
      SqliteRun run(first);
      if (run.next()) names.push_back(run.text(0));
    }
    while (!names.empty()) {
      SqliteRun run(after, names.back());
      if (!run.next()) return;
      names.push_back(run.text(0));
    }
  });
  if (!done) return done.error();
  return names;
}

Result<void> SqliteStore::journal(const std::string& account, uint64_t from, const OnLine& on_line) {
  const auto first = static_cast<int64_t>(std::min<uint64_t>(from, static_cast<uint64_t>(Instant::never().us)));
  return read([&](SqliteDatabase& reader) {
    SqliteStatement select(reader, "SELECT number,text FROM journal WHERE account=?1 AND number>=?2 ORDER BY number");
    SqliteRun run(select, account, first);
    while (run.next() && on_line(static_cast<uint64_t>(run.integer(0)), run.text(1))) {
    }
  });
}

Result<Instant> SqliteStore::now() { return orthink::now(); }

Result<void> SqliteStore::check() {
  Result<void> found;
  const Result<void> done = read([&](SqliteDatabase& reader) { found = sqlite::verify(reader, options_.path); });
  return done ? found : done;
}

}  // namespace orthink

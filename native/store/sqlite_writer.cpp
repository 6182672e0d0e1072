#include "native/store/sqlite_writer.h"

#include <algorithm>
#include <utility>

namespace orthink {
namespace {

constexpr int kFramesMax = 1000;  // of 4 KiB, before they are moved into the file
// Fewer are left for the next process, which reads them when it opens the file: that is faster than to sync and remove the log each time.
constexpr int kFramesLeftMax = 250;

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteDatabase> database, bool is_normal_sync_only)
    : database_(std::move(database)), table_(*database_), is_normal_sync_only_(is_normal_sync_only) {
  // SQLite's own checkpoint would hide a failed fsync; setting the hook takes its place.
  sqlite3_wal_hook(database_->get(), &SqliteWriter::on_commit, this);
}

SqliteWriter::~SqliteWriter() {
  if (frames_ <= kFramesLeftMax) sqlite3_db_config(database_->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

int SqliteWriter::on_commit(void* self, sqlite3*, const char*, int frames) {
  static_cast<SqliteWriter*>(self)->frames_ = frames;
  return SQLITE_OK;
}

StoreReply SqliteWriter::apply(const StoreBatch& batch) {
  Waiting waiting{&batch, {}, false};
  std::unique_lock lock(mutex_);
  queue_.push_back(&waiting);
  over_.wait(lock, [&] { return waiting.is_done || !is_led_; });
  if (!waiting.is_done) lead(lock);
  return std::move(waiting.reply);
}

void SqliteWriter::lead(std::unique_lock<std::mutex>& lock) {
  is_led_ = true;
  const Group group = std::exchange(queue_, {});
  lock.unlock();
  commit(group);
  lock.lock();
  for (Waiting* waiting : group) waiting->is_done = true;
  if (frames_ >= kFramesMax && lost_words_.empty()) {
    over_.notify_all();  // only the leader waits for the disk again
    lock.unlock();
    checkpoint();
    lock.lock();
  }
  is_led_ = false;
  over_.notify_all();
}

bool SqliteWriter::while_idle(const std::function<void(SqliteDatabase&)>& body) {
  std::unique_lock lock(mutex_);
  if (is_led_ || !lost_words_.empty()) return false;
  is_led_ = true;
  lock.unlock();
  body(*database_);
  lock.lock();
  is_led_ = false;
  over_.notify_all();
  return true;
}

void SqliteWriter::commit(const Group& group) {
  if (!lost_words_.empty()) return refuse(group, lost_words_);
  sync_for(group);
  if (database_->execute("BEGIN IMMEDIATE"))
    for (Waiting* waiting : group) waiting->reply = table_.apply(*waiting->batch);
  database_->execute("COMMIT");
  database_->roll_back();
  if (!database_->failed()) return;
  refuse(group, database_->words());
  break_on_lost_sync();
  database_->clear();
}

void SqliteWriter::refuse(const Group& group, const std::string& words) {
  for (Waiting* waiting : group) {
    waiting->reply = {};
    waiting->reply.ticket = waiting->batch->ticket;
    waiting->reply.verdict = StoreReply::Verdict::unavailable;
    waiting->reply.found_text = words;
  }
}

void SqliteWriter::sync_for(const Group& group) {
  const bool is_durable = std::any_of(group.begin(), group.end(), [](const Waiting* waiting) { return waiting->batch->is_durable; });
  const bool is_full_sync = is_durable && !is_normal_sync_only_;
  if (is_full_sync == is_full_sync_) return;
  if (database_->execute(is_full_sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL")) is_full_sync_ = is_full_sync;
}

// A checkpoint that readers hold up, or that fails short of a lost sync, leaves its frames for the next one.
void SqliteWriter::checkpoint() {
  frames_ = 0;
  database_->note(sqlite3_wal_checkpoint_v2(database_->get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr));
  break_on_lost_sync();
  database_->clear();
}

void SqliteWriter::break_on_lost_sync() {
  if (database_->code() != SQLITE_IOERR_FSYNC && database_->code() != SQLITE_IOERR_DIR_FSYNC) return;
  lost_words_ = database_->words();
  sqlite3_db_config(database_->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace orthink

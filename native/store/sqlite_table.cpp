#include "native/store/sqlite_table.h"

#include <algorithm>

#include "orthink/base/money.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;

// Expired documents stay this long for batches whose clock is behind.
constexpr Duration kSweepDelay = Duration::seconds(3600);

bool refuse(StoreReply& reply, Verdict verdict, const std::string& key, int64_t found = 0) {
  reply.verdict = verdict;
  reply.failed_key = key;
  reply.found_value = found;
  return false;
}

}  // namespace

HoldState sqlite::state_of(SqliteDatabase& database, const std::string& key, const std::string& text) {
  const std::optional<HoldState> state = hold_state(text);
  if (!state) database.note_unreadable("the row " + key + " cannot be read: its state is \"" + text + "\"");
  return state.value_or(HoldState::none);
}

SqliteTable::SqliteTable(SqliteDatabase& database)
    : database_(database),
      begin_(database, "SAVEPOINT batch"),
      keep_(database, "RELEASE batch"),
      undo_(database, "ROLLBACK TO batch"),
      mark_(database, "SELECT value FROM marks WHERE key=?1"),
      put_mark_(database, "INSERT INTO marks(key,value) VALUES(?1,?2) ON CONFLICT DO UPDATE SET value=excluded.value"),
      document_(database, "SELECT text FROM documents WHERE key=?1 AND expires>?2"),
      put_document_(database,
                    "INSERT INTO documents(key,text,expires) VALUES(?1,?2,?3) "
                    "ON CONFLICT DO UPDATE SET text=excluded.text, expires=excluded.expires"),
      remove_document_(database, "DELETE FROM documents WHERE key=?1"),
      sweep_(database, "DELETE FROM documents WHERE expires<=?1"),
      state_(database, "SELECT state FROM rows WHERE key=?1"),
      put_row_(database,
               "INSERT INTO rows(key,state,account,epoch,created,due,record) VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE "
               "SET state=excluded.state, account=excluded.account, epoch=excluded.epoch, due=excluded.due, record=excluded.record"),
      counter_(database, "SELECT value FROM counters WHERE key=?1"),
      put_counter_(database, "INSERT INTO counters(key,value) VALUES(?1,?2) ON CONFLICT DO UPDATE SET value=excluded.value"),
      rate_(database, "SELECT arrival FROM rates WHERE key=?1"),
      put_rate_(database, "INSERT INTO rates(key,arrival) VALUES(?1,?2) ON CONFLICT DO UPDATE SET arrival=excluded.arrival"),
      append_(database,
              "INSERT INTO journal(account,number,text) "
              "VALUES(?1,coalesce((SELECT max(number) FROM journal WHERE account=?1),0)+1,?2)") {}

int64_t SqliteTable::counter(const std::string& key) {
  SqliteRun found(counter_, key);
  return found.next() ? found.integer(0) : 0;
}

bool SqliteTable::raise(const MarkRaise& mark, StoreReply& reply) {
  int64_t raised = mark.value;
  {
    SqliteRun found(mark_, mark.key);
    if (found.next()) {
      const int64_t stands = found.integer(0);
      if (stands > mark.value + mark.slack) return refuse(reply, Verdict::clock_behind, mark.key, stands);
      raised = std::max(raised, stands);
    }
  }
  put_mark_.run(mark.key, raised);
  return true;
}

bool SqliteTable::write(const DocumentWrite& document, Instant at, StoreReply& reply) {
  using Expects = DocumentWrite::Expects;
  if (document.expects != Expects::anything) {
    SqliteRun found(document_, document.key, at);
    const bool is_there = found.next();
    const std::string text = is_there ? found.text(0) : std::string();
    const bool is_as_expected = document.expects == Expects::absence ? !is_there : is_there && text == document.expected;
    if (!is_as_expected) {
      reply.found_text = text;
      return refuse(reply, Verdict::document_conflict, document.key);
    }
  }
  if (document.text)
    put_document_.run(document.key, *document.text, document.expires);
  else
    remove_document_.run(document.key);
  return true;
}

bool SqliteTable::write(const RowWrite& row, StoreReply& reply) {
  HoldState state = HoldState::none;
  {
    SqliteRun found(state_, row.key);
    if (found.next()) state = sqlite::state_of(database_, row.key, found.text(0));
  }
  if (!row.from.has(state)) {
    reply.found_state = state;
    return refuse(reply, Verdict::row_conflict, row.key);
  }
  put_row_.run(row.key, name(row.to), row.account, row.epoch, row.created, row.due, row.record);
  return true;
}

bool SqliteTable::add(const GuardedAddition& addition, StoreReply& reply) {
  const int64_t before = counter(addition.key);
  const int64_t after = before + addition.add;  // both are at most 2^53 in size
  const bool is_over = (addition.limit && after > *addition.limit) || after > NanoUsd::kMax || after < -NanoUsd::kMax;
  if (is_over) return refuse(reply, Verdict::guard_failed, addition.key, before);
  put_counter_.run(addition.key, after);
  return true;
}

bool SqliteTable::update(const RateUpdate& rate, Instant at, StoreReply& reply) {
  int64_t arrival = at.us;
  {
    SqliteRun found(rate_, rate.key);
    if (found.next()) arrival = std::max(arrival, found.integer(0));
  }
  arrival += rate.cost_us;
  const int64_t wait = arrival - at.us - rate.tolerance_us;
  if (rate.cost_us > 0 && wait > 0) return refuse(reply, Verdict::rate_limited, rate.key, wait);
  put_rate_.run(rate.key, arrival);
  return true;
}

bool SqliteTable::apply_lines(const StoreBatch& batch, StoreReply& reply) {
  const auto all = [](const auto& lines, auto&& each) { return std::all_of(lines.begin(), lines.end(), each); };
  return all(batch.marks, [&](const MarkRaise& mark) { return raise(mark, reply); }) &&
         all(batch.documents, [&](const DocumentWrite& document) { return write(document, batch.at, reply); }) &&
         all(batch.rows, [&](const RowWrite& row) { return write(row, reply); }) &&
         all(batch.additions, [&](const GuardedAddition& addition) { return add(addition, reply); }) &&
         all(batch.rates, [&](const RateUpdate& rate) { return update(rate, batch.at, reply); });
}

StoreReply SqliteTable::apply(const StoreBatch& batch) {
  StoreReply reply;
  reply.ticket = batch.ticket;
  begin_.run();
  if (apply_lines(batch, reply)) {
    for (const JournalLine& line : batch.journal) append_.run(line.account, line.text);
    if (!batch.documents.empty()) sweep_.run(batch.at.us - kSweepDelay.us);
  } else {
    undo_.run();
  }
  keep_.run();
  for (const std::string& key : batch.reads) reply.values.push_back(counter(key));
  return reply;
}

}  // namespace orthink

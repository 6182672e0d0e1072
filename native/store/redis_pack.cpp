#include "native/store/redis_pack.h"

#include <array>
#include <charconv>

#include "native/store/redis_script.h"
#include "native/store/store.h"

namespace orthink::redis_pack {
namespace {

using Verdict = StoreReply::Verdict;

constexpr std::array kStates{HoldState::none,    HoldState::reserved, HoldState::sent,
                             HoldState::settled, HoldState::released, HoldState::unknown};
constexpr std::array kVerdicts{Verdict::applied,      Verdict::clock_behind, Verdict::document_conflict, Verdict::row_conflict,
                               Verdict::guard_failed, Verdict::rate_limited, Verdict::unavailable};
constexpr std::string_view kNoDue = "-";

Error unreadable(std::string_view what, std::string_view key, std::string_view found) {
  constexpr size_t kShownMax = 60;
  return redis_pack::unreadable("the " + std::string(what) + " " + std::string(key) + " cannot be read: it is \"" +
                                std::string(found.substr(0, kShownMax)) + "\"");
}

std::string digit(HoldState state) {
  return std::to_string(static_cast<int>(state));
}

std::string due_text(Instant due, std::string_view never) {
  return due.is_never() ? std::string(never) : std::to_string(due.us);
}

bool is_open(HoldState state) {
  return state == HoldState::reserved || state == HoldState::sent || state == HoldState::unknown;
}

class Out {
 public:
  explicit Out(Words& words) : words_(words) {}
  void text(std::string word) { words_.push_back(std::move(word)); }
  void number(int64_t value) { words_.push_back(std::to_string(value)); }
  void count(size_t value) { words_.push_back(std::to_string(value)); }
  void flag(bool is_true) { words_.emplace_back(is_true ? "1" : "0"); }

 private:
  Words& words_;
};

void write_document(Out& out, const DocumentWrite& document) {
  constexpr std::array kExpects{"any", "absent", "text"};
  out.text(document.key);
  out.text(kExpects[static_cast<size_t>(document.expects)]);
  out.text(document.expected);
  out.flag(document.text.has_value());
  out.text(document.text.value_or(""));
  out.text(due_text(document.expires, ""));
}

void write_row(Out& out, const RowWrite& row) {
  std::string from;
  for (const HoldState state : kStates)
    if (row.from.has(state)) from += digit(state);
  out.text(row.key);
  out.text(std::move(from));
  out.text(digit(row.to));
  out.flag(is_open(row.to));
  out.number(row.created.us);
  out.text(due_text(row.due, ""));
  out.text(due_text(row.due, kNoDue) + " " + std::to_string(row.account.size()) + " " + std::to_string(row.epoch.size()) + "\n" +
           row.account + row.epoch + row.record);
}

// The words of a packed row's first line, cut off one by one.
class Head {
 public:
  explicit Head(std::string_view text) : rest_(text) {}
  std::string_view word() {
    const std::string_view found = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(found.size() + 1, rest_.size()));
    return found;
  }
  template <class Number>
  bool number(Number& value) {
    return read(word(), value);
  }
  template <class Number>
  static bool read(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  }

 private:
  std::string_view rest_;
};

}  // namespace

Error unreadable(std::string_view what) {
  return unusable_store("in the Redis database " + std::string(what),
                        "Run orthink ledger verify; restore the database from a backup if it was damaged.");
}

Words keys_of(const StoreBatch& batch) {
  using namespace redis_script;
  Words keys{kEpoch, kRows, kCreated, kOpen, kDue, kCounters, kRates, kMarks, kDocuments, kNames, kExpiry, kAccounts};
  for (const JournalLine& line : batch.journal) keys.push_back(kJournalPrefix + line.account);
  return keys;
}

Words arguments_of(const StoreBatch& batch) {
  Words words;
  Out out(words);
  out.number(batch.at.us);
  out.count(batch.reads.size());
  for (const std::string& key : batch.reads) out.text(key);
  out.count(batch.marks.size());
  for (const MarkRaise& mark : batch.marks) {
    out.text(mark.key);
    out.number(mark.value);
    out.number(mark.slack);
  }
  out.count(batch.documents.size());
  for (const DocumentWrite& document : batch.documents) write_document(out, document);
  out.count(batch.rows.size());
  for (const RowWrite& row : batch.rows) write_row(out, row);
  out.count(batch.additions.size());
  for (const GuardedAddition& addition : batch.additions) {
    out.text(addition.key);
    out.number(addition.add);
    out.text(addition.limit ? std::to_string(*addition.limit) : "");
  }
  out.count(batch.rates.size());
  for (const RateUpdate& rate : batch.rates) {
    out.text(rate.key);
    out.number(rate.cost_us);
    out.number(rate.tolerance_us);
  }
  out.count(batch.journal.size());
  for (const JournalLine& line : batch.journal) {
    out.text(line.account);
    out.text(line.text);
  }
  return words;
}

Result<StoreReply> read_reply(const RedisAnswer& answer, const std::vector<std::string>& reads) {
  constexpr size_t kFirstValue = 5;
  const auto bad = [] { return unreadable("an answer of the batch script cannot be read"); };
  if (answer.size() != kFirstValue + reads.size()) return bad();
  for (size_t i = 0; i < answer.size(); ++i)
    if (!answer.text(i)) return bad();
  StoreReply reply;
  bool is_known = false;
  for (const Verdict verdict : kVerdicts) {
    if (name(verdict) != *answer.text(0)) continue;
    reply.verdict = verdict;
    is_known = true;
  }
  size_t state = 0;
  if (!is_known || !Head::read(*answer.text(2), state) || state >= kStates.size()) return bad();
  reply.failed_key = *answer.text(1);
  reply.found_state = kStates[state];
  reply.found_text = *answer.text(3);
  if (!Head::read(*answer.text(4), reply.found_value)) return bad();
  for (size_t i = kFirstValue; i < answer.size(); ++i) {
    const Result<int64_t> value = read_integer(reads[i - kFirstValue], *answer.text(i));
    if (!value) return value.error();
    reply.values.push_back(*value);
  }
  return reply;
}

Result<StoredRow> read_row(std::string_view key, std::string_view packed) {
  const auto bad = [&] { return unreadable("row", key, packed); };
  const size_t line = packed.find('\n');
  if (line == std::string_view::npos) return bad();
  Head head(packed.substr(0, line));
  size_t state = 0, account_size = 0, epoch_size = 0;
  StoredRow row;
  if (!head.number(state) || state >= kStates.size() || !head.number(row.created.us)) return bad();
  const std::string_view due = head.word();
  if (due != kNoDue && !Head::read(due, row.due.us)) return bad();
  if (!head.number(account_size) || !head.number(epoch_size)) return bad();
  const std::string_view body = packed.substr(line + 1);
  if (account_size > body.size() || epoch_size > body.size() - account_size) return bad();
  row.state = kStates[state];
  row.account = body.substr(0, account_size);
  row.epoch = body.substr(account_size, epoch_size);
  row.record = body.substr(account_size + epoch_size);
  return row;
}

Result<StoredDocument> read_document(std::string_view key, std::string_view packed) {
  const size_t line = packed.find('\n');
  StoredDocument document;
  if (line == std::string_view::npos) return unreadable("document", key, packed);
  if (line > 0 && !Head::read(packed.substr(0, line), document.expires.us)) return unreadable("document", key, packed);
  document.text = packed.substr(line + 1);
  return document;
}

Result<int64_t> read_integer(std::string_view key, std::string_view text) {
  int64_t value = 0;
  if (!Head::read(text, value)) return unreadable("number", key, text);
  return value;
}

LexRange range_of(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && next.back() == '\xff') next.pop_back();
  if (!next.empty()) next.back() = static_cast<char>(next.back() + 1);
  return {prefix.empty() ? "-" : "[" + std::string(prefix), next.empty() ? "+" : "(" + next};
}

}  // namespace orthink::redis_pack

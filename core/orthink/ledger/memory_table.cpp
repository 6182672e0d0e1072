#include "orthink/ledger/memory_table.h"

#include <algorithm>
#include <utility>

#include "orthink/base/money.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;

// What a batch has seen and changed of one map, until it is known to pass.
template <class Value>
class Overlay {
 public:
  explicit Overlay(std::map<std::string, Value>& below) : below_(below) {}
  // The value as the batch sees it now; null when there is none.
  const Value* find(const std::string& key) const {
    if (const auto it = changed_.find(key); it != changed_.end()) return it->second ? &*it->second : nullptr;
    const auto it = below_.find(key);
    return it == below_.end() ? nullptr : &it->second;
  }
  void put(const std::string& key, std::optional<Value> value) { changed_[key] = std::move(value); }
  void keep() {
    for (auto& [key, value] : changed_) {
      if (value)
        below_[key] = std::move(*value);
      else
        below_.erase(key);
    }
  }

 private:
  std::map<std::string, Value>& below_;
  std::map<std::string, std::optional<Value>> changed_;
};

int64_t value_of(const Overlay<int64_t>& overlay, const std::string& key) {
  const int64_t* value = overlay.find(key);
  return value == nullptr ? 0 : *value;
}

}  // namespace

struct MemoryTable::Staged {
  Overlay<StoredRow> rows;
  Overlay<int64_t> counters, rates, marks;
  Overlay<StoredDocument> documents;
  StoreReply reply;

  bool refuse(Verdict verdict, const std::string& key, int64_t found = 0) {
    reply.verdict = verdict;
    reply.failed_key = key;
    reply.found_value = found;
    return false;
  }
  bool raise(const MarkRaise& mark) {
    const int64_t* stands = marks.find(mark.key);
    if (stands != nullptr && *stands > mark.value + mark.slack) return refuse(Verdict::clock_behind, mark.key, *stands);
    marks.put(mark.key, std::max(mark.value, stands == nullptr ? mark.value : *stands));
    return true;
  }
  bool write(const DocumentWrite& document, Instant at) {
    using Expects = DocumentWrite::Expects;
    const StoredDocument* found = documents.find(document.key);
    if (found != nullptr && found->expires <= at) found = nullptr;
    const bool is_as_expected = document.expects == Expects::anything || (document.expects == Expects::absence && found == nullptr) ||
                                (document.expects == Expects::this_text && found != nullptr && found->text == document.expected);
    if (!is_as_expected) {
      if (found != nullptr) reply.found_text = found->text;
      return refuse(Verdict::document_conflict, document.key);
    }
    std::optional<StoredDocument> written;
    if (document.text) written = StoredDocument{*document.text, document.expires};
    documents.put(document.key, std::move(written));
    return true;
  }
  bool write(const RowWrite& row) {
    const StoredRow* found = rows.find(row.key);
    const HoldState state = found == nullptr ? HoldState::none : found->state;
    if (!row.from.has(state)) {
      reply.found_state = state;
      return refuse(Verdict::row_conflict, row.key);
    }
    const Instant created = found == nullptr ? row.created : found->created;
    rows.put(row.key, StoredRow{row.to, row.account, row.epoch, created, row.due, row.record});
    return true;
  }
  bool add(const GuardedAddition& addition) {
    const int64_t before = value_of(counters, addition.key);
    const int64_t after = before + addition.add;  // both are at most 2^53 in size
    const bool is_over = (addition.limit && after > *addition.limit) || after > NanoUsd::kMax || after < -NanoUsd::kMax;
    if (is_over) return refuse(Verdict::guard_failed, addition.key, before);
    counters.put(addition.key, after);
    return true;
  }
  bool update(const RateUpdate& rate, Instant at) {
    const int64_t* stands = rates.find(rate.key);
    const int64_t arrival = (stands == nullptr ? at.us : std::max(*stands, at.us)) + rate.cost_us;
    const int64_t wait = arrival - at.us - rate.tolerance_us;
    if (rate.cost_us > 0 && wait > 0) return refuse(Verdict::rate_limited, rate.key, wait);
    rates.put(rate.key, arrival);
    return true;
  }
  bool apply(const StoreBatch& batch) {
    const auto all = [](const auto& lines, auto&& each) { return std::all_of(lines.begin(), lines.end(), each); };
    return all(batch.marks, [&](const MarkRaise& mark) { return raise(mark); }) &&
           all(batch.documents, [&](const DocumentWrite& document) { return write(document, batch.at); }) &&
           all(batch.rows, [&](const RowWrite& row) { return write(row); }) &&
           all(batch.additions, [&](const GuardedAddition& addition) { return add(addition); }) &&
           all(batch.rates, [&](const RateUpdate& rate) { return update(rate, batch.at); });
  }
  void keep() {
    rows.keep();
    counters.keep();
    rates.keep();
    marks.keep();
    documents.keep();
  }
};

StoreReply MemoryTable::apply(const StoreBatch& batch) {
  Staged staged{Overlay(rows_), Overlay(counters_), Overlay(rates_), Overlay(marks_), Overlay(documents_), {}};
  staged.reply.ticket = batch.ticket;
  if (staged.apply(batch)) {
    staged.keep();
    for (const JournalLine& line : batch.journal) journals_[line.account].push_back(line.text);
  }
  for (const std::string& key : batch.reads) staged.reply.values.push_back(counter(key));
  return std::move(staged.reply);
}

const std::vector<std::string>& MemoryTable::journal(const std::string& account) const {
  static const std::vector<std::string> none;
  const auto found = journals_.find(account);
  return found == journals_.end() ? none : found->second;
}

int64_t MemoryTable::counter(const std::string& key) const {
  const auto found = counters_.find(key);
  return found == counters_.end() ? 0 : found->second;
}

}  // namespace orthink

#include "native/money/recovery.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "orthink/ledger/idempotency.h"
#include "orthink/ledger/ledger.h"

namespace orthink {
namespace {

using epoch::Fate;
using Verdict = StoreReply::Verdict;

constexpr Duration kGraceAfterDeadline = Duration::seconds(600);
constexpr std::string_view kEpochs = "epoch/";

struct OpenRow {
  HoldState state;
  std::string epoch;
  HoldRecord record;
};

class Recovery {
 public:
  Recovery(Store& store, const epoch::Epoch& self) : store_(store), self_(self) {}

  Result<Recovered> run() {
    if (auto ok = read(); !ok) return ok.error();
    for (const OpenRow& row : rows_)
      if (auto ok = look_at(row); !ok) return ok.error();
    for (const auto& [id, fate] : fates_) {
      if (fate != Fate::dead || busy_.contains(id)) continue;
      if (auto ok = epoch::end(store_, id); !ok) return ok.error();
      ++done_.epochs;
    }
    return done_;
  }

  Result<std::vector<HoldRecord>> in_flight() {
    if (auto ok = read(); !ok) return ok.error();
    std::vector<HoldRecord> found;
    for (const OpenRow& row : rows_)
      if (row.state == HoldState::sent && is_lost(row)) found.push_back(row.record);
    return found;
  }

 private:
  Result<void> read() {
    const Result<Instant> at = store_.now();
    if (!at) return at.error();
    at_ = *at;
    // Rows first: an epoch's document stands before its first row, so one that is missing now was given back.
    if (auto ok = read_rows(); !ok) return ok;
    return read_epochs();
  }

  Result<void> read_rows() {
    RowQuery query;
    query.states = {HoldState::reserved, HoldState::sent};
    return store_.rows(query, [&](const std::string&, const StoredRow& row) {
      Result<HoldRecord> record = HoldRecord::parse(row.record);
      if (record)
        rows_.push_back({row.state, row.epoch, std::move(*record)});
      else
        busy_.insert(row.epoch);  // `ledger verify` names it
      return true;
    });
  }

  Result<void> read_epochs() {
    const Result<Store::Texts> documents = store_.documents(kEpochs, at_);
    if (!documents) return documents.error();
    for (const auto& [key, text] : *documents) {
      const std::optional<epoch::Epoch> found = epoch::Epoch::parse(text);
      fates_[key.substr(kEpochs.size())] = found ? epoch::fate(*found, self_) : Fate::not_known;
    }
    return {};
  }

  [[nodiscard]] bool is_lost(const OpenRow& row) const {
    const auto found = fates_.find(row.epoch);
    if (found == fates_.end() || found->second == Fate::dead) return true;
    return !row.record.deadline.is_never() && at_ >= row.record.deadline + kGraceAfterDeadline;
  }

  Result<void> look_at(const OpenRow& row) {
    if (!is_lost(row)) {
      busy_.insert(row.epoch);
      return {};
    }
    const bool was_sent = row.state == HoldState::sent;
    StoreBatch batch = was_sent ? ledger::leave_unknown(row.record, at_, at_) : ledger::release(row.record, HoldState::reserved, {}, at_);
    if (!was_sent)
      if (auto ok = give_back_key(row.record, batch); !ok) return ok;
    const StoreReply reply = store_.apply(batch);
    if (reply.verdict == Verdict::applied) {
      ++(was_sent ? done_.unknown : done_.released);
      return {};
    }
    if (reply.verdict != Verdict::row_conflict && reply.verdict != Verdict::document_conflict) return not_taken(reply, "a recovery");
    busy_.insert(row.epoch);  // somebody moved it meanwhile: whoever looks next sees where to
    return {};
  }

  // The idempotency key of a call of which certainly nothing was bought falls with its last row. Otherwise it stands, as at a call that
  // ends without knowing.
  Result<void> give_back_key(const HoldRecord& record, StoreBatch& batch) {
    if (record.claim.empty()) return {};
    HoldRecord earlier = record;
    for (earlier.row = 1; earlier.row < record.row; ++earlier.row) {
      const Result<std::optional<StoredRow>> row = store_.row(earlier.key());
      if (!row) return row.error();
      if (!*row || (*row)->state != HoldState::released) return {};
    }
    Result<std::optional<std::string>> text = store_.document(record.claim, at_);
    if (!text) return text.error();
    if (!*text) return {};
    if (auto write = give_back_claim(record.claim, std::move(**text), record.call_id)) batch.documents.push_back(std::move(*write));
    return {};
  }

  Store& store_;
  const epoch::Epoch& self_;
  Instant at_;
  std::vector<OpenRow> rows_;
  std::map<std::string, Fate> fates_;
  std::set<std::string> busy_;  // epochs that still have open rows
  Recovered done_;
};

}  // namespace

Result<Recovered> recover(Store& store, const epoch::Epoch& self) {
  return Recovery(store, self).run();
}

Result<std::vector<HoldRecord>> lost_in_flight(Store& store, const epoch::Epoch& self) {
  return Recovery(store, self).in_flight();
}

}  // namespace orthink

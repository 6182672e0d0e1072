#include "native/money/due.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "native/system.h"

namespace orthink {
namespace {

using Kind = reconcile::Verdict::Kind;

constexpr Duration kQuestionMax = Duration::seconds(15);
constexpr size_t kGenerationBytesMax = size_t{1} << 20;

struct Found {
  std::string key;
  std::string record;
  Instant due;
};

class Round {
 public:
  Round(Store& store, HttpClient& client, const DueOptions& options) : store_(store), client_(client), options_(options) {}

  Reconciled run() {
    for (;;) {
      const std::optional<std::vector<Found>> rows = unknown_rows();
      if (!rows) break;
      Instant next = Instant::never();
      for (const Found& row : *rows) {
        if (is_over()) return counted();
        if (options_.takes_all || row.due <= store_now_)
          take(row);
        else
          next = std::min(next, row.due);
      }
      if (is_over() || options_.takes_all || options_.until.is_never() || next.is_never()) break;
      // What comes due while there is time is waited for.
      const int fds[] = {options_.stop_fd};
      if (wait_readable(fds, now() + (next - store_now_))) break;
    }
    return counted();
  }

 private:
  [[nodiscard]] bool is_over() const { return is_stopped_ || error_ || now() >= options_.until; }

  void stop(Error error) { error_ = std::move(error); }

  std::optional<std::vector<Found>> unknown_rows() {
    const Result<Instant> at = store_.now();
    if (!at) return stop(at.error()), std::nullopt;
    store_now_ = *at;
    RowQuery query;
    query.states = {HoldState::unknown};
    if (!options_.takes_all) query.due_by = options_.until.is_never() ? store_now_ : store_now_ + (options_.until - now());
    std::vector<Found> found;
    const Result<void> read = store_.rows(query, [&](const std::string& key, const StoredRow& row) {
      found.push_back({key, row.record, row.due});
      return true;
    });
    if (!read) return stop(read.error()), std::nullopt;
    return found;
  }

  void take(const Found& row) {
    const Result<Instant> at = store_.now();
    if (!at) return stop(at.error());
    store_now_ = *at;
    Result<HoldRecord> record = HoldRecord::parse(row.record);
    if (!record) {  // stays as it is: `ledger verify` names it
      verdicts_[row.key] = Kind::ask_again;
      return;
    }
    if (!reconcile::can_ask(*record)) return keep(row.key, reconcile::judge_nameless(std::move(*record), store_now_));
    const Instant until = std::min(options_.until, now() + kQuestionMax);
    const Result<HttpResponse> answer = get(client_, reconcile::request(*record).path, until, kGenerationBytesMax, options_.stop_fd);
    if (answer) return keep(row.key, reconcile::judge(std::move(*record), answer->head.status, answer->body, store_now_));
    // Cut short by the caller: nothing was learnt.
    is_stopped_ = answer.error().errc == Errc::cancelled || now() >= options_.until;
    if (is_stopped_) return;
    keep(row.key, reconcile::judge(std::move(*record), 0, {}, store_now_));
    stop(answer.error());
  }

  void keep(const std::string& key, const reconcile::Verdict& verdict) {
    const StoreReply reply = store_.apply(reconcile::batch(verdict, HoldState::unknown, store_now_));
    if (reply.verdict == StoreReply::Verdict::row_conflict) return;  // another has moved it
    if (reply.verdict != StoreReply::Verdict::applied) return stop(not_taken(reply, "what became of " + key));
    verdicts_[key] = verdict.kind;
    if (options_.on_verdict) options_.on_verdict(key, verdict);
  }

  [[nodiscard]] Reconciled counted() const {
    Reconciled done;
    for (const auto& [key, kind] : verdicts_) {
      if (kind == Kind::settled)
        ++done.settled;
      else if (kind == Kind::charged_bound)
        ++done.charged_bound;
      else
        ++done.still_unknown;
    }
    done.error = error_;
    return done;
  }

  Store& store_;
  HttpClient& client_;
  const DueOptions& options_;
  Instant store_now_;
  std::map<std::string, Kind> verdicts_;  // the last of each row
  std::optional<Error> error_;
  bool is_stopped_ = false;
};

}  // namespace

Reconciled reconcile_due(Store& store, HttpClient& client, const DueOptions& options) {
  return Round(store, client, options).run();
}

}  // namespace orthink

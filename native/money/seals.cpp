#include "native/money/seals.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orthink/ledger/chain.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;

// How often in a row another sealer may come first.
constexpr int kTurnsMax = 1000;

Error broken(const std::string& account, const std::string& what) {
  return make_error(Errc::internal, "the journal of " + account + " cannot be sealed: " + what, "Run orthink ledger verify; it names what does not hold.");
}

struct Head {
  uint64_t number = 0;                // of the last seal
  std::optional<chain::Seal> seal;
};

Result<Head> head_of(Store& store, const std::string& account) {
  const Result<int64_t> made = store.mark(chain::mark_key(account));
  if (!made) return made.error();
  Head head;
  if (*made <= 0) return head;
  head.number = static_cast<uint64_t>(*made);
  const Result<std::optional<std::string>> text = store.document(chain::seal_key(account, head.number), Instant::zero());
  if (!text) return text.error();
  if (!*text) return broken(account, "its last seal is gone");
  Result<chain::Seal> seal = chain::Seal::parse(**text);
  if (!seal) return broken(account, "its last seal cannot be read: " + seal.error().message);
  head.seal = std::move(*seal);
  return head;
}

Result<std::vector<std::string>> lines_after(Store& store, const std::string& account, const Head& head) {
  const uint64_t first = head.seal ? head.seal->to + 1 : 1;
  std::vector<std::string> lines;
  bool has_gap = false;
  const Result<void> read = store.journal(account, first, [&](uint64_t number, const std::string& line) {
    has_gap = number != first + lines.size();
    if (!has_gap) lines.push_back(line);
    return !has_gap && lines.size() < kSealLinesMax;
  });
  if (!read) return read.error();
  if (has_gap) return broken(account, "line " + std::to_string(first + lines.size()) + " is not there");
  return lines;
}

// True: the seal is kept; false: another sealer has come first.
Result<bool> keep(Store& store, const chain::Seal& seal, uint64_t number) {
  const Result<Instant> at = store.now();
  if (!at) return at.error();
  StoreBatch batch;
  batch.at = *at;
  batch.is_durable = true;
  batch.marks.push_back({chain::mark_key(seal.account), static_cast<int64_t>(number), 0});
  DocumentWrite write;
  write.key = chain::seal_key(seal.account, number);
  write.expects = DocumentWrite::Expects::absence;
  write.text = seal.to_json();
  batch.documents.push_back(std::move(write));
  const StoreReply reply = store.apply(batch);
  if (reply.verdict == Verdict::applied) return true;
  if (reply.verdict == Verdict::document_conflict || reply.verdict == Verdict::clock_behind) return false;
  return not_taken(reply, "a seal");
}

Result<void> seal_account(Store& store, const std::string& account, uint64_t lines_min, Sealed& sealed) {
  bool has_seal = false;
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    Result<Head> head = head_of(store, account);
    if (!head) return head.error();
    while (true) {
      const Result<std::vector<std::string>> lines = lines_after(store, account, *head);
      if (!lines) return lines.error();
      if (lines->size() < lines_min) return {};
      chain::Seal seal = chain::seal(head->seal ? &*head->seal : nullptr, account, *lines);
      const Result<bool> kept = keep(store, seal, head->number + 1);
      if (!kept) return kept.error();
      if (!*kept) break;
      sealed.accounts += has_seal ? 0 : 1;
      has_seal = true;
      ++sealed.seals;
      sealed.lines += lines->size();
      head = Head{head->number + 1, std::move(seal)};
    }
  }
  return broken(account, "a seal that was not counted stands where the next one belongs");
}

}  // namespace

Result<Sealed> seal_journals(Store& store, uint64_t lines_min) {
  const uint64_t least = std::clamp<uint64_t>(lines_min, 1, kSealLinesMax);
  const Result<std::vector<std::string>> accounts = store.accounts();
  if (!accounts) return accounts.error();
  Sealed sealed;
  for (const std::string& account : *accounts)
    if (const Result<void> done = seal_account(store, account, least, sealed); !done) return done.error();
  return sealed;
}

}  // namespace orthink

// Power loss: a store under traffic loses its power at a chance moment; then it is opened from what is left on the platter.
//
//   power_loss --cuts 2000               0 violations, or exit 1
//   power_loss --cuts 200 --normal 1     the same without durable syncs: exit 1 unless acknowledged batches were lost
//   power_loss --cuts 0 --faults 500     syncs and writes that fail, and a disk that is full, once and for ever, then a cut
//
// Whatever was acknowledged as durable must be there, nothing may be there that nobody asked for, every balance must equal the rows
// and the file must be whole. After a failed sync nothing is acknowledged any more.
#include <memory>
#include <string>

#include "native/store/sqlite_store.h"
#include "tests/rigs/books.h"
#include "tests/rigs/power_disk.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/traffic.h"

namespace orthink::rig {
namespace {

using Fault = PowerOptions::Fault;

struct Totals {
  uint64_t applied = 0, acknowledged = 0, lost = 0, double_cuts = 0, refused_opens = 0, lost_syncs = 0, failed = 0;
};

// Opens what `from` left at `before`, loses the power again while that is under way, and leaves what is then left at `after`.
std::string cut_again(Dice& dice, const std::string& before, const std::string& after) {
  PowerDisk disk({.seed = dice.next(), .cut_after = 1 + dice.below(40)});
  {
    const auto store = SqliteStore::open({.path = before, .vfs = disk.name()});
    disk.cut();
  }
  disk.leave(before, after);
  return after;
}

void look(const std::string& path, const Traffic& traffic, bool is_normal, Verdict& verdict, Totals& totals) {
  auto store = SqliteStore::open({.path = path});
  if (!store) return verdict.expect(false, "what was left cannot be opened: " + store.error().message);
  verdict.add(audit(**store));
  const Books books = recompute(**store);
  verdict.add(books.compare(**store, traffic.limits()));
  const Losses losses = compare(traffic.history(), books);
  totals.acknowledged += losses.acknowledged;
  totals.lost += losses.lost.size();
  if (is_normal) return;  // a step that came after a lost one is then unexplained too
  verdict.add(losses.lost);
  verdict.add(losses.wrong);
}

void run_once(Dice& dice, const Folder& folder, PowerOptions options, bool is_normal, Verdict& verdict, Totals& totals) {
  folder.clear();
  options.seed = dice.next();
  PowerDisk disk(options);
  // Enough to come to the cut. The log is moved into the file after some 2,100 operations, and again.
  const uint64_t steps = 20 + dice.below(options.cut_after > 2'000 || dice.one_in(8) ? 600 : 120);
  Traffic traffic(
      {.seed = dice.next(), .threads = 1 + dice.below(6), .steps = steps, .goes_on = options.fault != Fault::none, .must_refuse = [&disk] {
         return disk.has_lost_sync();
       }});
  {
    auto store = SqliteStore::open({.path = folder.file("before"), .vfs = disk.name(), .is_normal_sync_only = is_normal});
    if (store)
      traffic.run(**store);
    else
      ++totals.refused_opens;
    if (store && dice.one_in(8) && !disk.is_off()) (*store).reset();  // closed in good order: the log is moved and removed
    disk.cut();
  }
  totals.applied += traffic.applied();
  totals.lost_syncs += disk.has_lost_sync() ? 1 : 0;
  totals.failed += disk.has_failed() ? 1 : 0;
  verdict.add(traffic.violations());
  std::string left = folder.file("after");
  disk.leave(folder.file("before"), left);
  if (dice.one_in(3)) {
    left = cut_again(dice, left, folder.file("again"));
    ++totals.double_cuts;
  }
  look(left, traffic, is_normal, verdict, totals);
}

PowerOptions cut_options(Dice& dice) {
  constexpr uint64_t kMost[] = {60, 600, 600, 3'000, 3'000, 12'000};
  PowerOptions options;
  const bool is_at_move = dice.one_in(6);  // of the log into the file, or when it begins anew
  options.cut_after = is_at_move ? 2'050 + dice.below(250) : 1 + dice.below(kMost[dice.below(6)]);
  return options;
}

PowerOptions fault_options(Dice& dice) {
  PowerOptions options;
  options.fault = static_cast<Fault>(1 + dice.below(3));
  const bool is_sync = options.fault == Fault::sync_fails;
  options.fault_at = 1 + dice.below(is_sync ? 120 : dice.one_in(3) ? 60 : 3'000);
  options.is_for_ever = dice.one_in(2);
  if (dice.one_in(2)) options.cut_after = 1 + dice.below(6'000);
  return options;
}

int run(const Arguments& arguments) {
  const bool is_normal = arguments.get("normal") != 0;
  Verdict verdict(is_normal ? "power_loss, normal sync only" : "power_loss", arguments.seed());
  Dice dice(arguments.seed());
  Totals totals;
  const Folder folder;
  for (uint64_t i = 0; i < arguments.get("cuts"); ++i) run_once(dice, folder, cut_options(dice), is_normal, verdict, totals);
  for (uint64_t i = 0; i < arguments.get("faults"); ++i) run_once(dice, folder, fault_options(dice), is_normal, verdict, totals);
  verdict.expect(is_normal == (totals.lost > 0),
                 is_normal ? "nothing acknowledged was lost without syncs: the rig cannot fail" : "acknowledged batches were lost");
  return verdict.finish(std::to_string(arguments.get("cuts")) + " cuts, " + std::to_string(arguments.get("faults")) + " faults (" +
                        std::to_string(totals.failed) + " met, " + std::to_string(totals.lost_syncs) + " lost a sync), " +
                        std::to_string(totals.double_cuts) + " cut again in recovery, " + std::to_string(totals.applied) +
                        " batches applied, " + std::to_string(totals.acknowledged) + " durable ones acknowledged, " +
                        std::to_string(totals.lost) + " of them lost, " + std::to_string(totals.refused_opens) + " opens refused");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"cuts", 100}, {"faults", 0}, {"normal", 0}}));
}

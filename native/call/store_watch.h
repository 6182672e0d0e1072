// StoreWatch: whether the ledger's store would take a purchase now; asked often, tried seldom.
//
//   StoreWatch watch(desk, [&](std::function<void()> work) { return threads.run(std::move(work)); }, {});
//   if (const std::optional<Error> trouble = watch.trouble()) ...      // "redis://127.0.0.1:6379: Connection refused"
//
// A try opens the store where nobody has yet (which makes an SQLite file that is not there, as the first purchase would), and has it apply
// a batch without content. Whoever asks gets what the last try found and begins the next one when that is old. Nobody waits for a try,
// but for the first, and for that not long: a store that has not answered yet is no store to buy with.
// Thread rule: any thread. The work given to `run` ends before the watch does: whoever owns both sees to it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "native/call/desk.h"
#include "orthink/base/instant.h"

namespace orthink {

struct StoreWatchOptions {
  Duration every = Duration::seconds(5);
  Duration patience = Duration::millis(250);  // of who asks before the first try has ended
  Duration late = Duration::seconds(15);      // a try that takes longer is trouble by itself
};

class StoreWatch {
 public:
  using Run = std::function<bool(std::function<void()>)>;  // on another thread; false: there is none

  // `desk` outlives it.
  StoreWatch(Desk& desk, Run run, const StoreWatchOptions& options) : desk_(desk), run_(std::move(run)), options_(options) {}
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;

  // Why a purchase would be refused; nothing: the store took a batch.
  [[nodiscard]] std::optional<Error> trouble();

 private:
  void begin(Instant at);  // REQUIRES: the mutex is held
  void try_once();

  Desk& desk_;
  const Run run_;
  const StoreWatchOptions options_;
  std::mutex mutex_;  // of what stands below
  std::condition_variable ended_;
  bool is_trying_ = false;
  bool has_tried_ = false;
  Instant began_;
  Instant tried_;
  std::optional<Error> trouble_;
};

}  // namespace orthink

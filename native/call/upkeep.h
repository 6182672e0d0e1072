// Upkeep: what a program that lives on does beside its calls: it asks what became of unknown outcomes as they come due, and seals journals.
//
//   Upkeep upkeep(desk, &log);
//   upkeep.begin();              // after the first request: from now on a thread looks, first after kFirst, then every kEvery
//
// Where nobody has bought yet it takes in what dead processes left in an existing ledger, as `ledger reconcile` does, so that their holds
// end without a purchase. It needs a key; one that the upstream has refused (Desk::judge_key) is asked about with GET /key, which is free.
// None of it is any call's business: what fails is logged ("upkeep_failed"), counted, and taken up by the next round.
// Thread rule: any thread; the destructor stops the round that is under way and waits for it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "native/call/desk.h"
#include "native/observe/log.h"
#include "native/system.h"

namespace orthink {

class Upkeep {
 public:
  static constexpr Duration kFirst = Duration::seconds(1);  // the first call opens its ledger undisturbed
  static constexpr Duration kEvery = Duration::seconds(30);

  // `desk` and `log`, which may be null, outlive it.
  explicit Upkeep(Desk& desk, observe::Log* log = nullptr) : desk_(desk), log_(log) {}
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void begin();         // once; later calls do nothing
  void look_now();      // the next round begins at once

  // What the last round could not do; nothing: all was done, or there was nothing to do.
  [[nodiscard]] std::optional<Error> trouble() const;
  [[nodiscard]] uint64_t failures() const;  // since it began

 private:
  void run();
  void round();
  std::optional<Error> asked_and_sealed();
  void ask_about_key(const Upstream& upstream);
  std::optional<Error> note(std::string_view what, const Error& error);

  Desk& desk_;
  observe::Log* const log_;
  mutable std::mutex mutex_;
  std::thread thread_;
  std::optional<Error> trouble_;
  uint64_t failures_ = 0;
  Wakeup stop_, sooner_;
};

}  // namespace orthink

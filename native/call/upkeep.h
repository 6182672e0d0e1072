// Upkeep: what a program that lives on does beside its calls: it asks what became of unknown outcomes as they come due, and seals journals.
//
//   Upkeep upkeep(desk);
//   upkeep.begin();              // after the first call: from now on a thread looks every kEvery
//
// Neither is any call's business: what fails is taken up by the next round, or by whoever opens the ledger next.
// Thread rule: any thread; the destructor stops the round that is under way and waits for it.
#pragma once

#include <mutex>
#include <thread>

#include "native/call/desk.h"
#include "native/system.h"

namespace orthink {

class Upkeep {
 public:
  static constexpr Duration kEvery = Duration::seconds(30);

  explicit Upkeep(Desk& desk) : desk_(desk) {}
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void begin();         // once; later calls do nothing
  void look_now();      // the next round begins at once

 private:
  void run();
  void round();

  Desk& desk_;
  std::mutex mutex_;
  std::thread thread_;
  Wakeup stop_, sooner_;
};

}  // namespace orthink

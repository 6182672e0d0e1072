// Clock guard: refuses a clock that windows of money cannot be taken from.
//
//   Result<clock_guard::Anchor> anchor = clock_guard::check(store, clock_guard::read());   // when a book opens
//   Result<void> ok = clock_guard::check(*anchor, wall, since_boot());                      // at each call
//   Result<void> ok = clock_guard::check_upstream(ahead);                                   // when the upstream told its time
//
// Document "clock/BOOT" {"wall":us,"boot":us,"machine":S}: what the store's clock and the time since boot were when this boot was first
// seen. Wall and boot time progress alike unless somebody sets the clock: a difference of more than an hour is refused, and so is more
// than five minutes between this machine and its upstream. A new boot has a new anchor, and the machine's old ones go.
// Errc::clock_refused says what to do. Where the boot cannot be told, nothing is checked.
// Thread rule: any thread; values.
#pragma once

#include <optional>
#include <string>

#include "native/store/store.h"

namespace orthink::clock_guard {

struct Anchor {
  Instant wall;
  Duration since_boot;
};

// A moment by both clocks; `wall` is the store's.
struct Reading {
  Instant wall;
  Duration since_boot;
  std::string boot, machine;
};
Result<Reading> read(Store& store);

// Whether this boot has an anchor, or none can be told. Before it has one the clock was compared with nobody's.
Result<bool> is_anchored(Store& store, const Reading& reading);
// Against this boot's anchor, which is made where there is none.
Result<Anchor> check(Store& store, const Reading& reading);
Result<void> check(const Anchor& anchor, Instant wall, Duration since_boot);
// A new anchor for this boot: the clock was set and is known to be right now.
Result<Anchor> anchor_anew(Store& store, const Reading& reading);
// `ahead`: this machine's clock minus the upstream's.
Result<void> check_upstream(Duration ahead);

}  // namespace orthink::clock_guard

// RunningCall: one paid call of the server, and everyone who waits for it.
//
//   auto call = std::make_shared<RunningCall>(alarms, "alice", "stream-1", now());
//   RunningCall::SeatId seat = call->sit({mailbox, number, true, include, until});   // its news come to the mailbox
//   ... the thread that drives the exchange: call->tell(standing, now), at last call->end(ending) ...
//
// A seat gets exactly one result: the call's own, or, when its time is up first, the handle with which the rest is fetched. The call goes on
// without seats. A cancelled call's seats are released when the exchange has ended or drains, and soon after in any case.
// Thread rule: any thread; tell(), drains() and end() from the one that drives the call.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "native/driver.h"
#include "native/serve/alarms.h"
#include "native/serve/work.h"
#include "orthink/base/error.h"
#include "orthink/base/money.h"
#include "orthink/tools/question.h"

namespace orthink::serve {

// What a running call has come to.
struct Standing {
  std::string phase = "waiting";  // of Exchange
  uint64_t thinking_tokens = 0;
  uint64_t output_tokens = 0;
  Money spent;
  Money held;
};

// How it ended.
struct Ending {
  std::string line;                // the last event line; empty when it was refused before it was open
  std::string thinking;            // readable thinking, capped
  std::optional<Error> refused{};
  bool is_replayed = false;        // of an earlier call with the same idempotency key
};

struct Seat {
  std::shared_ptr<Mailbox> to;
  uint64_t number = 0;             // of the call in its conversation
  bool wants_progress = false;
  tools::Include include;
  Instant until = Instant::never();
};

class RunningCall : public std::enable_shared_from_this<RunningCall> {
 public:
  using SeatId = uint64_t;
  struct Pacing {
    Duration release_after = Duration::millis(30);  // of a cancel that the call does not heed
    Duration tell_every = Duration::millis(500);    // at most
    Duration beat_every = Duration::seconds(10);    // at least
  };

  // `alarms` outlives it.
  RunningCall(Alarms& alarms, std::string owner, std::string stream_id, Instant began) : RunningCall(alarms, owner, stream_id, began, Pacing()) {}
  RunningCall(Alarms& alarms, std::string owner, std::string stream_id, Instant began, const Pacing& pacing);

  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] const std::string& stream_id() const { return stream_id_; }
  // REQUIRES: the thread that drives the call, before end(). What has ended holds no descriptor.
  [[nodiscard]] Cancellation& cancellation() { return *cancellation_; }

  // Of a call that is over the result is posted before it returns.
  SeatId sit(Seat seat);
  // Nothing more is posted. True: it was still waiting.
  bool leave(SeatId seat);
  // The handle instead of the result, at once; nothing if it has left.
  void send_away(SeatId seat);

  // False: it had ended before. A second time does nothing. Its seats wait for its end this long, else as its pacing says.
  bool cancel(std::optional<Duration> release_after = std::nullopt);
  // The same, and nothing that is still billed is waited for: its row is left as unknown, and asked about later.
  void abandon();
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] Instant over_since() const;  // never() while it runs
  [[nodiscard]] size_t kept_bytes() const;   // of its ending
  // Somebody was told how it ended, or it ended without anything having been bought: it can be forgotten first.
  [[nodiscard]] bool is_spare() const { return is_told_ || is_refused_; }
  [[nodiscard]] bool is_told() const { return is_told_; }
  [[nodiscard]] bool is_refused() const { return is_refused_; }
  [[nodiscard]] Standing standing() const;
  // Its last line; empty while it runs, and where it was refused before it was open.
  [[nodiscard]] std::string last_line() const;
  // The id of its receipt, by which the ledger knows it; empty until it is made.
  [[nodiscard]] std::string call_id() const;
  void set_call_id(std::string call_id);

  // Progress leaves with the first token and then at most every tell_every; alarms see to one every beat_every.
  void tell(const Standing& standing, Instant now, bool is_first_token = false);
  [[nodiscard]] bool is_due(Instant now) const { return now >= next_tell_; }  // of the driving thread
  // It was cancelled, and what the upstream still bills is waited for: its seats get this in place of the end.
  void drains(Ending so_far);
  void end(Ending ending);

 private:
  struct Seated {
    Seat seat;
    std::optional<Alarms::Id> alarm;
  };
  void beat();
  void post_progress();                              // REQUIRES: the mutex is held
  void post_progress(const Seat& seat);              // REQUIRES: the mutex is held
  [[nodiscard]] std::string handle() const;          // REQUIRES: the mutex is held
  [[nodiscard]] std::string result(const Ending& ending, tools::Include include) const;
  void release(const std::map<SeatId, Seated>& seats, const Ending& ending);
  void set_beat(Instant at);                         // REQUIRES: the mutex is held

  Alarms& alarms_;
  const std::string owner_, stream_id_;
  const Instant began_;
  const Pacing pacing_;
  Instant next_tell_;  // of the driving thread

  mutable std::mutex mutex_;
  std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();  // null: it is over
  std::map<SeatId, Seated> seats_;
  SeatId last_seat_ = 0;
  Standing standing_;
  std::string call_id_;
  uint64_t told_ = 0;        // the value of the last progress
  Instant told_at_;
  bool is_cancelled_ = false;
  bool has_beat_ = false;    // the alarm of the next beat is set: one for all seats
  std::optional<Ending> ending_;
  Instant over_since_ = Instant::never();
  std::atomic<bool> is_told_{false};
  std::atomic<bool> is_refused_{false};
};

}  // namespace orthink::serve

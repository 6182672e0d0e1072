// The loop of one call: drain, act, wait. The same shape as web/drive.js.
//
//   drive(exchange, world, store, audience);
//   exchange.receipt();
//
// Thread rule: runs on the caller's thread until the exchange is over.
#pragma once

#include <atomic>
#include <cstdint>

#include "native/http_client.h"
#include "native/store/store.h"
#include "native/system.h"
#include "orthink/exchange/exchange.h"

namespace orthink {

// What a call needs of the world: time, a wire, and something to wait for.
class World {
 public:
  virtual ~World() = default;
  virtual Instant now() = 0;
  virtual void send(const output::SendHttp& out) = 0;
  virtual void close(uint32_t leg) = 0;
  // Blocks until something came or `until`: then a Tick. Views in the Input live until the next call.
  virtual Input wait(Instant until) = 0;
};

// Who watches the call. Outputs arrive in order; Store, SendHttp, CloseHttp and WaitUntil are not shown.
class Audience {
 public:
  virtual ~Audience() = default;
  virtual void see(const Exchange& exchange, const Output& out) = 0;
  // Called with each answer of the store, before the exchange hears it.
  virtual void stored(const StoreBatch&, const StoreReply&) {}
  // Called before each wait; the instant at which it wants to be called again at the latest (a live view).
  virtual Instant rest(const Exchange&, Instant) { return Instant::never(); }
};

void drive(Exchange& exchange, World& world, Store& store, Audience& audience);

// Lets one thread cancel the call that another one drives: how often it was asked for, behind a readable fd.
// Thread rule: cancel() and times() from any thread, the rest from the one that waits.
class Cancellation {
 public:
  void cancel() {
    times_.fetch_add(1);
    wakeup_.notify();
  }
  [[nodiscard]] uint32_t times() const { return times_.load(); }
  [[nodiscard]] int fd() const { return wakeup_.fd(); }
  void drain() { wakeup_.drain(); }  // look at times() afterwards

 private:
  std::atomic<uint32_t> times_{0};
  Wakeup wakeup_;
};

// The world of a machine: the system clock, libcurl, and whoever may cancel. SIGINT once is a Cancel, twice (or SIGTERM twice) an urgent
// one; the same holds for a Cancellation.
class NativeWorld : public World {
 public:
  // `signals` and `cancellation` may be null; all must outlive this. Signals from before are none of its business, a cancellation from
  // before is. `ahead`: of the system's clock, for a ledger whose time is another (native/money/book).
  NativeWorld(HttpClient& client, Signals* signals, Duration ahead = {}, Cancellation* cancellation = nullptr);
  Instant now() override { return orthink::now() + ahead_; }
  void send(const output::SendHttp& out) override { stream_.start(out.leg, out.request, here(out.connect_by)); }
  void close(uint32_t leg) override { stream_.close(leg); }
  Input wait(Instant until) override;
  // Asks for a Cancel at the next wait (the reader of our output has gone).
  void cancel() { is_cancel_wanted_ = true; }

 private:
  [[nodiscard]] Instant here(Instant at) const { return at + Duration{-ahead_.us}; }

  HttpStream stream_;
  Signals* signals_;
  Cancellation* cancellation_;
  Duration ahead_;
  HttpEvent event_;
  uint32_t cancels_ = 0;
  uint32_t signals_seen_ = 0;
  uint32_t cancellations_seen_ = 0;
  bool is_cancel_wanted_ = false;
};

}  // namespace orthink

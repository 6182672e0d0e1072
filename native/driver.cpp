#include "native/driver.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace orthink {
namespace {

// The signals count from the start of the call; the input says only whether this is more than the first.
Input cancel_of(uint32_t number) {
  return input::Cancel{number > 1};
}

Input input_of(const HttpEvent& event) {
  switch (event.kind) {
    case HttpEvent::Kind::sent:
      return input::Sent{event.leg};
    case HttpEvent::Kind::head:
      return input::Head{event.leg, event.head};
    case HttpEvent::Kind::bytes:
      return input::Bytes{event.leg, event.bytes};
    case HttpEvent::Kind::end:
      return input::BodyEnd{event.leg};
    case HttpEvent::Kind::lost:
      break;
  }
  return input::Lost{event.leg, event.where, event.sent_any, event.detail};
}

}  // namespace

void drive(Exchange& exchange, World& world, Store& store, Audience& audience) {
  for (;;) {
    const Output out = exchange.poll();
    if (const auto* batch = std::get_if<output::Store>(&out)) {
      const StoreReply reply = store.apply(batch->batch);
      audience.stored(batch->batch, reply);
      exchange.handle(world.now(), reply);
    } else if (const auto* request = std::get_if<output::SendHttp>(&out)) {
      world.send(*request);
    } else if (const auto* leg = std::get_if<output::CloseHttp>(&out)) {
      world.close(leg->leg);
    } else if (const auto* pause = std::get_if<output::WaitUntil>(&out)) {
      const Instant rested = audience.rest(exchange, world.now());
      const Input input = world.wait(std::min(pause->at, rested));
      exchange.handle(world.now(), input);
    } else {
      audience.see(exchange, out);
      if (is_last(out)) return;
    }
  }
}

NativeWorld::NativeWorld(HttpClient& client, Signals* signals, Duration ahead, Cancellation* cancellation)
    : stream_(client), signals_(signals), cancellation_(cancellation), ahead_(ahead) {
  if (signals_ != nullptr) signals_seen_ = signals_->seen().interrupts + signals_->seen().terminations;
}

Input NativeWorld::wait(Instant until) {
  for (;;) {
    if (std::exchange(is_cancel_wanted_, false)) return cancel_of(++cancels_);
    if (signals_ != nullptr) {
      const Signals::Seen seen = signals_->seen();
      const uint32_t before = std::exchange(signals_seen_, seen.interrupts + seen.terminations);
      if (signals_seen_ > before) return cancel_of(cancels_ += signals_seen_ - before);
    }
    if (cancellation_ != nullptr) {
      const uint32_t before = std::exchange(cancellations_seen_, cancellation_->times());
      if (cancellations_seen_ > before) return cancel_of(cancels_ += cancellations_seen_ - before);
    }
    if (stream_.take(event_)) return input_of(event_);
    const int fds[] = {stream_.fd(), signals_ != nullptr ? signals_->fd() : -1, cancellation_ != nullptr ? cancellation_->fd() : -1};
    if (!wait_readable(fds, here(until))) return input::Tick{};
    if (signals_ != nullptr) signals_->drain();
    if (cancellation_ != nullptr) cancellation_->drain();
  }
}

}  // namespace orthink

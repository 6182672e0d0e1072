#include "native/serve/running_call.h"

#include <algorithm>
#include <utility>

#include "native/system.h"
#include "orthink/tools/progress_text.h"
#include "orthink/tools/tool_result.h"

namespace orthink::serve {

RunningCall::RunningCall(Alarms& alarms, std::string owner, std::string stream_id, Instant began, const Pacing& pacing)
    : alarms_(alarms),
      owner_(std::move(owner)),
      stream_id_(std::move(stream_id)),
      began_(began),
      pacing_(pacing),
      next_tell_(began),
      told_at_(began) {}

RunningCall::SeatId RunningCall::sit(Seat seat) {
  std::unique_lock lock(mutex_);
  const SeatId id = ++last_seat_;
  if (ending_) {
    const Ending ending = *ending_;
    is_told_ = true;
    lock.unlock();
    seat.to->post(seat.number, mcp::news::Result{result(ending, seat.include)});
    return id;
  }
  if (seat.until <= now()) {
    seat.to->post(seat.number, mcp::news::Result{handle()});
    return id;
  }
  Seated seated{std::move(seat), std::nullopt};
  const std::weak_ptr<RunningCall> self = weak_from_this();
  if (!seated.seat.until.is_never()) {
    seated.alarm = alarms_.at(seated.seat.until, [self, id] {
      if (const auto call = self.lock()) call->send_away(id);
    });
  }
  if (seated.seat.wants_progress) {
    post_progress(seated.seat);
    if (!has_beat_) set_beat(now() + pacing_.beat_every);
  }
  seats_.emplace(id, std::move(seated));
  return id;
}

bool RunningCall::leave(SeatId seat) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(seat);
  if (found == seats_.end()) return false;
  if (found->second.alarm) alarms_.cancel(*found->second.alarm);
  seats_.erase(found);
  return true;
}

void RunningCall::send_away(SeatId seat) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(seat);
  if (found == seats_.end()) return;
  if (found->second.alarm) alarms_.cancel(*found->second.alarm);
  found->second.seat.to->post(found->second.seat.number, mcp::news::Result{handle()});
  seats_.erase(found);
}

bool RunningCall::cancel(std::optional<Duration> release_after) {
  {
    const std::lock_guard lock(mutex_);
    if (!cancellation_) return false;
    if (std::exchange(is_cancelled_, true)) return true;
    cancellation_->cancel();
  }
  // Whoever waits is let go even where a store or a name server keeps the call from heeding it.
  const std::weak_ptr<RunningCall> self = weak_from_this();
  alarms_.at(now() + release_after.value_or(pacing_.release_after), [self] {
    const auto call = self.lock();
    if (!call) return;
    std::map<SeatId, Seated> seats;
    {
      const std::lock_guard lock(call->mutex_);
      seats.swap(call->seats_);
      for (const auto& [id, seated] : seats) seated.seat.to->post(seated.seat.number, mcp::news::Result{call->handle()});
    }
  });
  return true;
}

void RunningCall::abandon() {
  cancel();
  const std::lock_guard lock(mutex_);
  if (cancellation_) cancellation_->cancel();
}

bool RunningCall::is_over() const {
  const std::lock_guard lock(mutex_);
  return ending_.has_value();
}

Instant RunningCall::over_since() const {
  const std::lock_guard lock(mutex_);
  return over_since_;
}

size_t RunningCall::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return ending_ ? ending_->line.size() + ending_->thinking.size() : 0;
}

std::string RunningCall::last_line() const {
  const std::lock_guard lock(mutex_);
  return ending_ ? ending_->line : std::string();
}

std::string RunningCall::call_id() const {
  const std::lock_guard lock(mutex_);
  return call_id_;
}

void RunningCall::set_call_id(std::string call_id) {
  const std::lock_guard lock(mutex_);
  call_id_ = std::move(call_id);
}

Standing RunningCall::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void RunningCall::tell(const Standing& standing, Instant at, bool is_first_token) {
  if (!is_first_token && !is_due(at)) return;
  next_tell_ = at + pacing_.tell_every;
  const std::lock_guard lock(mutex_);
  standing_ = standing;
  // Until there is a token only the beat speaks: what is allowed in a second is kept for the first one.
  if (!is_first_token && standing.thinking_tokens + standing.output_tokens == 0) return;
  told_at_ = at;
  post_progress();
}

void RunningCall::set_beat(Instant at) {
  has_beat_ = true;
  alarms_.at(at, [self = weak_from_this()] {
    if (const auto call = self.lock()) call->beat();
  });
}

// One for all seats; what was said meanwhile counts.
void RunningCall::beat() {
  const std::lock_guard lock(mutex_);
  has_beat_ = false;
  const bool is_wanted = std::any_of(seats_.begin(), seats_.end(), [](const auto& each) { return each.second.seat.wants_progress; });
  if (!is_wanted) return;
  const Instant at = now();
  if (told_at_ + pacing_.beat_every <= at) {
    told_at_ = at;
    post_progress();
  }
  set_beat(told_at_ + pacing_.beat_every);
}

void RunningCall::post_progress() {
  for (const auto& [id, seated] : seats_)
    if (seated.seat.wants_progress) post_progress(seated.seat);
}

void RunningCall::post_progress(const Seat& seat) {
  const tools::Progress progress{standing_.phase, standing_.thinking_tokens, standing_.output_tokens, standing_.spent, standing_.held};
  told_ = std::max(told_ + 1, tools::progress_value(progress));  // it must rise even while no token comes
  seat.to->post(seat.number, mcp::news::Progress{told_, std::nullopt, tools::progress_message(progress)});
}

std::string RunningCall::handle() const {
  return tools::result_of(tools::Running{stream_id_, standing_.phase, now() - began_, standing_.thinking_tokens, standing_.output_tokens,
                                         standing_.spent, standing_.held});
}

std::string RunningCall::result(const Ending& ending, tools::Include include) const {
  if (ending.refused) return tools::error_result(*ending.refused);
  return tools::result_of(tools::Ended{ending.line, stream_id_, include, ending.thinking, ending.is_replayed});
}

void RunningCall::release(const std::map<SeatId, Seated>& seats, const Ending& ending) {
  for (const auto& [id, seated] : seats) {
    if (seated.alarm) alarms_.cancel(*seated.alarm);
    seated.seat.to->post(seated.seat.number, mcp::news::Result{result(ending, seated.seat.include)});
  }
}

void RunningCall::drains(Ending so_far) {
  std::map<SeatId, Seated> seats;
  {
    const std::lock_guard lock(mutex_);
    seats.swap(seats_);
  }
  release(seats, so_far);
}

void RunningCall::end(Ending ending) {
  std::map<SeatId, Seated> seats;
  {
    const std::lock_guard lock(mutex_);
    seats.swap(seats_);
    ending_ = ending;
    over_since_ = now();
    is_refused_ = ending.refused.has_value();
    if (!seats.empty()) is_told_ = true;
    cancellation_.reset();
  }
  release(seats, ending);
}

}  // namespace orthink::serve

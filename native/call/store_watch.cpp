#include "native/call/store_watch.h"

#include <chrono>
#include <memory>
#include <utility>

#include "native/store/store.h"
#include "native/system.h"

namespace orthink {
namespace {

std::optional<Error> trouble_of(Desk& desk) {
  const Result<std::shared_ptr<Store>> store = desk.store();
  if (!store) return store.error();
  StoreBatch nothing;
  nothing.at = now();
  const StoreReply reply = (*store)->apply(nothing);
  if (reply.verdict == StoreReply::Verdict::applied) return std::nullopt;
  return not_taken(reply, "a batch without content");
}

}  // namespace

std::optional<Error> StoreWatch::trouble() {
  std::unique_lock lock(mutex_);
  const Instant at = now();
  if (!is_trying_ && (!has_tried_ || at >= tried_ + options_.every)) begin(at);
  if (is_trying_ && !has_tried_)
    ended_.wait_for(lock, std::chrono::microseconds(options_.patience.us), [this] { return has_tried_; });
  if (is_trying_ && now() >= began_ + options_.late)
    return make_error(Errc::store_unavailable, "the ledger has not answered for " + std::to_string(options_.late.us / 1'000'000) + " s");
  if (!has_tried_) return make_error(Errc::store_unavailable, "the ledger has not answered yet");
  return trouble_;
}

void StoreWatch::begin(Instant at) {
  is_trying_ = run_([this] { try_once(); });
  began_ = at;
}

void StoreWatch::try_once() {
  std::optional<Error> found = trouble_of(desk_);
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(found);
  is_trying_ = false;
  has_tried_ = true;
  tried_ = now();
  ended_.notify_all();
}

}  // namespace orthink

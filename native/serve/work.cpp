#include "native/serve/work.h"

#include <algorithm>
#include <variant>

#include "native/system.h"
#include "native/wait_piece.h"

namespace orthink::serve {

bool Mailbox::replaces(uint64_t call, const mcp::News& news) {
  const size_t waiting = letters_.size() - taken_;
  if (waiting >= kLettersMax && std::holds_alternative<mcp::news::Log>(news)) return true;
  if (waiting < kCrowded || !std::holds_alternative<mcp::news::Progress>(news)) return false;
  const auto last = std::find_if(letters_.rbegin(), letters_.rend() - static_cast<std::ptrdiff_t>(taken_),
                                 [&](const Letter& letter) { return letter.call == call; });
  if (last == letters_.rend() - static_cast<std::ptrdiff_t>(taken_) || !std::holds_alternative<mcp::news::Progress>(last->news)) return false;
  last->news = news;
  return true;
}

void Mailbox::when_over(uint64_t call, std::function<void(const mcp::News&)> hear) {
  const std::lock_guard<std::mutex> lock(mutex_);
  watchers_.emplace_back(call, std::move(hear));
}

void Mailbox::post(uint64_t call, mcp::News news) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!watchers_.empty() && mcp::is_last(news)) {
      const auto watcher = std::find_if(watchers_.begin(), watchers_.end(), [call](const auto& each) { return each.first == call; });
      if (watcher != watchers_.end()) {
        watcher->second(news);
        watchers_.erase(watcher);
      }
    }
    if (!replaces(call, news)) letters_.push_back({call, std::move(news)});
  }
  if (!on_post_) return changed_.notify_one();
  if (!on_post_()) rouse();
}

void Mailbox::rouse() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_one();
}

bool Mailbox::take(uint64_t& call, mcp::News& news) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (taken_ == letters_.size()) return false;
  Letter& letter = letters_[taken_++];
  call = letter.call;
  news = std::move(letter.news);
  if (taken_ == letters_.size() || taken_ >= kCrowded) {
    letters_.erase(letters_.begin(), letters_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  return true;
}

bool Mailbox::wait(Instant until) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (taken_ == letters_.size() && !is_woken_) {
    if (now() >= until) return false;
    changed_.wait_for(lock, wait_piece(until));
  }
  is_woken_ = false;
  return true;
}

void Mailbox::wake() {
  rouse();
  if (on_post_) static_cast<void>(on_post_());
}

}  // namespace orthink::serve

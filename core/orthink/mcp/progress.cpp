#include "orthink/mcp/progress.h"

namespace orthink::mcp {

std::optional<news::Progress> Progress::offer(Instant now, news::Progress news) {
  if (last_ && news.done <= *last_) return std::nullopt;
  if (held_ && news.done <= held_->done) return std::nullopt;
  held_ = std::move(news);
  return due(now);
}

std::optional<news::Progress> Progress::due(Instant now) {
  if (!held_ || now < free_at_) return std::nullopt;
  if (left_at_) free_at_ = *left_at_ + interval_ + interval_;
  left_at_ = now;
  last_ = held_->done;
  return std::exchange(held_, std::nullopt);
}

}  // namespace orthink::mcp

// Progress: holds a call's progress to rising values and to two notifications in any two intervals; the newest of what came too soon leaves
// later (specification, "Progress": the value must increase; both sides should limit the rate). Two, not one an interval: the first token
// may follow the beginning at once.
#pragma once

#include <optional>
#include <utility>

#include "orthink/base/instant.h"
#include "orthink/mcp/call.h"

namespace orthink::mcp {

class Progress {
 public:
  explicit Progress(Duration interval) : interval_(interval) {}

  // What may leave now.
  std::optional<news::Progress> offer(Instant now, news::Progress news);
  std::optional<news::Progress> due(Instant now);
  // When due() gives something; never() where nothing waits.
  [[nodiscard]] Instant next() const { return held_ ? free_at_ : Instant::never(); }

 private:
  Duration interval_;
  Instant free_at_ = Instant::zero();
  std::optional<Instant> left_at_;  // the last one
  std::optional<uint64_t> last_;
  std::optional<news::Progress> held_;
};

}  // namespace orthink::mcp

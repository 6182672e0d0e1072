// Sessions: what handles of the C interface name: calls, bodies that are read, and channels of MCP. A handle is a slot and a generation, so that a stale one
// is told from the slot's next tenant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "orthink/chat/stream.h"
#include "orthink/exchange/exchange.h"
#include "orthink/exchange/replay.h"
#include "orthink/mcp/text_channel.h"

namespace orthink::wasm {

inline constexpr uint32_t kSessionsMax = 4096;  // streams open at once in one module; each holds its answer

struct Session {
  std::shared_ptr<const Catalog> catalog;  // kept for as long as the session; null = the snapshot
  Instant now;                             // the latest time handed in
  bool is_first = true;                    // no event left yet
  bool is_over = false;
  // Exactly one of these.
  std::optional<Exchange> exchange;
  std::optional<Replay> replay;
  std::optional<ResponseReader> reader;
  std::unique_ptr<mcp::TextChannel> channel;

  // REQUIRES: a call or a body, no channel.
  [[nodiscard]] const Answer& answer() const;
};

class Sessions {
 public:
  // 0 when there are kSessionsMax already.
  uint32_t add(std::unique_ptr<Session> session);
  // Null when the handle names nothing. Dies with close().
  [[nodiscard]] Session* find(uint32_t handle) const;
  void close(uint32_t handle);

 private:
  struct Slot {
    uint32_t generation = 1;
    std::unique_ptr<Session> session;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace orthink::wasm

#include "wasm/sessions.h"

#include <utility>

namespace orthink::wasm {
namespace {

constexpr uint32_t kSlotBits = 12;
constexpr uint32_t kSlotMask = (1U << kSlotBits) - 1;
constexpr uint32_t kGenerationMax = UINT32_MAX >> kSlotBits;
static_assert(kSessionsMax == 1U << kSlotBits);

}  // namespace

const Answer& Session::answer() const { return exchange ? exchange->answer() : replay ? replay->answer() : reader->answer(); }

uint32_t Sessions::add(std::unique_ptr<Session> session) {
  if (free_.empty()) {
    if (slots_.size() == kSessionsMax) return 0;
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].session = std::move(session);
  return slots_[slot].generation << kSlotBits | slot;
}

Session* Sessions::find(uint32_t handle) const {
  const uint32_t slot = handle & kSlotMask;
  if (slot >= slots_.size() || slots_[slot].generation != handle >> kSlotBits) return nullptr;
  return slots_[slot].session.get();
}

void Sessions::close(uint32_t handle) {
  if (find(handle) == nullptr) return;
  Slot& slot = slots_[handle & kSlotMask];
  slot.session.reset();
  slot.generation = slot.generation == kGenerationMax ? 1 : slot.generation + 1;
  free_.push_back(handle & kSlotMask);
}

}  // namespace orthink::wasm

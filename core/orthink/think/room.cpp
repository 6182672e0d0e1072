#include "orthink/think/room.h"

#include <algorithm>

#include "orthink/think/words.h"

namespace orthink {

namespace {

// Far above every context window; sums and products of counts below it stay in 64 bits.
constexpr uint64_t kTokensMax = 1'000'000'000;

Error prompt_fills_context(const ModelCard& card, const ThinkRequest& request) {
  return make_error(Errc::context_too_small,
                    "The prompt may be " + tokens_text(request.prompt_tokens_bound) + ", which leaves nothing of the " +
                        tokens_text(*card.context_tokens) + " of context that " + card.id + " has.",
                    "Shorten the prompt or choose a model with a larger context.");
}

std::string ceiling_text(const ModelCard& card, const Room& room, const ThinkRequest& request) {
  if (!room.is_context_ceiling) return card.id + " answers with at most " + tokens_text(*room.ceiling);
  return "a prompt of up to " + tokens_text(request.prompt_tokens_bound) + " leaves " + tokens_text(*room.ceiling) + " of the " +
         grouped(*card.context_tokens) + " of " + card.id;
}

}  // namespace

uint64_t Room::cap_for_budget(uint64_t budget_tokens) const {
  if (fixed) return *fixed;
  const uint64_t cap = budget_tokens + answer_room;
  return ceiling ? std::min(*ceiling, cap) : cap;
}

uint64_t Room::cap_without_budget() const {
  if (fixed) return *fixed;
  const uint64_t cap = std::max(limits::kOutputCapDefaultTokens, floor + limits::kAnswerRoomDefaultTokens);
  return ceiling ? std::min(*ceiling, cap) : cap;
}

std::optional<uint64_t> Room::budget_max() const {
  const std::optional<uint64_t> cap = fixed ? fixed : ceiling;
  if (!cap) return std::nullopt;
  return *cap > floor + 1 ? *cap - floor - 1 : 0;
}

uint64_t Room::budget_by_share() const {
  constexpr uint64_t kShare = limits::kThinkingSharePercentMax;
  if (fixed) return *fixed * kShare / 100;
  const uint64_t beside_room = answer_room * kShare / (100 - kShare);
  return ceiling ? std::min(*ceiling * kShare / 100, beside_room) : beside_room;
}

uint64_t Room::cap_for_effort(Effort effort) const {
  if (fixed) return *fixed;
  const uint64_t cap = answer_room * 1000 / (1000 - effort_permille(effort));
  return ceiling ? std::min(*ceiling, cap) : cap;
}

Result<Room> find_room(const ModelCard& card, const ThinkRequest& request, std::vector<Note>& warnings) {
  if (request.max_tokens.value_or(0) > kTokensMax || request.answer_tokens.value_or(0) > kTokensMax) {
    return make_error(Errc::budget_out_of_range, "No model answers with more than " + tokens_text(kTokensMax) + ".", "Lower max_tokens and the answer floor.");
  }
  Room room;
  room.floor = request.answer_tokens.value_or(limits::kAnswerFloorDefaultTokens);
  room.answer_room = std::max(limits::kAnswerRoomDefaultTokens, room.floor + 1);
  room.ceiling = card.output_max_tokens;
  if (card.context_tokens) {
    if (request.prompt_tokens_bound >= *card.context_tokens) return prompt_fills_context(card, request);
    const uint64_t left = *card.context_tokens - request.prompt_tokens_bound;
    room.is_context_ceiling = !room.ceiling || left < *room.ceiling;
    if (room.is_context_ceiling) room.ceiling = left;
  }
  if (room.ceiling) room.ceiling = std::min(*room.ceiling, kTokensMax);
  if (request.max_tokens == uint64_t{0}) {
    return make_error(Errc::invalid_argument, "A total cap of 0 tokens leaves no answer.", "Raise max_tokens.");
  }
  room.fixed = request.max_tokens;
  if (room.fixed && room.ceiling && *room.fixed > *room.ceiling) {
    const std::string why = "max_tokens " + grouped(*room.fixed) + " is more than can be had: " + ceiling_text(card, room, request) + ".";
    if (!request.is_lenient) {
      return make_error(Errc::budget_out_of_range, why, "Send max_tokens " + std::to_string(*room.ceiling) + " or less.");
    }
    warnings.push_back({"cap_lowered", why + " It was lowered to that."});
    room.fixed = room.ceiling;
  }
  const std::optional<uint64_t> cap = room.fixed ? room.fixed : room.ceiling;
  if (request.answer_tokens && cap && room.floor > *cap) {
    return make_error(Errc::budget_out_of_range,
                      "An answer floor of " + tokens_text(room.floor) + " does not fit into a total of " + tokens_text(*cap) + " (" +
                          (room.fixed ? "max_tokens" : ceiling_text(card, room, request)) + ").",
                      "Lower the answer floor to " + std::to_string(*cap) + " or raise the cap.");
  }
  return room;
}

}  // namespace orthink

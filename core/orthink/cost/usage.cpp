#include "orthink/cost/usage.h"

#include <array>

namespace orthink {
namespace {

constexpr std::array<std::string_view, 3> kStates{"none", "partial", "final"};

}  // namespace

std::string_view name(UsageState state) { return kStates[static_cast<size_t>(state)]; }

}  // namespace orthink

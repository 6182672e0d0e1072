#include "orthink/cost/usage.h"

namespace orthink {

std::string_view name(UsageState state) {
  switch (state) {
    case UsageState::none: return "none";
    case UsageState::partial: return "partial";
    case UsageState::final_: return "final";
  }
  return "none";
}

}  // namespace orthink

#include "orthink/exchange/store.h"

namespace orthink {

std::string_view name(HoldState state) {
  switch (state) {
    case HoldState::none:
      return "none";
    case HoldState::reserved:
      return "reserved";
    case HoldState::sent:
      return "sent";
    case HoldState::settled:
      return "settled";
    case HoldState::released:
      return "released";
    case HoldState::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace orthink

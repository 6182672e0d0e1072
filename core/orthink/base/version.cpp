#include "orthink/base/version.h"

namespace orthink {

std::string_view version() { return ORTHINK_VERSION; }

}  // namespace orthink

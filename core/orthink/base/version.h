// The version of this build, from project() in CMakeLists.txt.
#pragma once

#include <string_view>

namespace orthink {

std::string_view version();  // "0.1.0"; lives for ever

}  // namespace orthink

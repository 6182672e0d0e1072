#include "orthink/mcp/call.h"

#include <array>

namespace orthink::mcp {
namespace {
constexpr std::array<std::string_view, 8> kLevels{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};
}  // namespace

std::string_view name(LogLevel level) {
  return kLevels[static_cast<size_t>(level)];
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  for (size_t i = 0; i < kLevels.size(); ++i)
    if (kLevels[i] == name) return static_cast<LogLevel>(i);
  return std::nullopt;
}

}  // namespace orthink::mcp

// The revisions of the specification that are spoken, oldest first.
#pragma once

#include <array>
#include <string_view>

#include "orthink/mcp/call.h"

namespace orthink::mcp {

struct Revision {
  std::string_view name;
  Era era;
};
inline constexpr std::array<Revision, 5> kRevisions{{
    {"2024-11-05", Era::legacy},
    {"2025-03-26", Era::legacy},
    {"2025-06-18", Era::legacy},
    {"2025-11-25", Era::legacy},
    {"2026-07-28", Era::modern},
}};
inline constexpr std::string_view kNewestLegacy = "2025-11-25";
inline constexpr std::string_view kFirstModern = "2026-07-28";
// What a legacy HTTP client without a version header speaks (2025-06-18, "Protocol Version Header").
inline constexpr std::string_view kLegacyWithoutHeader = "2025-03-26";

const Revision* find_revision(std::string_view name);
// YYYY-MM-DD, and not before the first modern revision: its sender expects modern answers, known to us or not.
bool is_modern_name(std::string_view name);
// The answer to initialize: the revision asked for where we speak it, else our newest ("Version Negotiation").
std::string_view negotiate(std::string_view asked);
// ["2026-07-28","2025-11-25",...], newest first
const std::string& supported_json();

}  // namespace orthink::mcp

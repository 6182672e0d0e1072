// Ink: what a part of a text for people means, so that a host may colour it. Without a Paint a text is plain.
// Thread rule: values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace orthink {

enum class Ink : uint8_t { heading, spent, held, alarm, faint };
using Paint = std::function<std::string(Ink ink, std::string_view text)>;

inline std::string inked(const Paint& paint, Ink ink, std::string_view text) { return paint ? paint(ink, text) : std::string(text); }

}  // namespace orthink

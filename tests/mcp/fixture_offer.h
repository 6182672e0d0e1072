// What the official conformance suite wants to find in a server: its tools, prompts and resources by their names.
#pragma once

#include "orthink/mcp/offer.h"

namespace orthink::test {

mcp::Offer fixture_offer();

inline constexpr const char* kPixelPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
inline constexpr const char* kSilentWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

}  // namespace orthink::test

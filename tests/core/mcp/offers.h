// A small offer for the tests of this room.
#pragma once

#include "orthink/mcp/menu.h"

namespace orthink::mcp::test {

inline Offer small_offer() {
  Offer offer;
  offer.name = "example";
  offer.version = "1.0";
  offer.instructions = "Call echo.";
  offer.tools = {{"echo", R"({"name":"echo","description":"Says it again","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}})"},
                 {"route", R"({"name":"route","description":"Goes there","inputSchema":{"type":"object","properties":{)"
                           R"("region":{"type":"string","x-mcp-header":"Region"},"level":{"type":"integer","x-mcp-header":"Level"}}}})"}};
  return offer;
}

// REQUIRES: the offer is good.
inline Menu menu_of(Offer offer) {
  return std::move(*Menu::open(std::move(offer)));
}

inline constexpr std::string_view kModernMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

}  // namespace orthink::mcp::test

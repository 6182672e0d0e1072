#include "orthink/tools/offer.h"

#include <utility>

#include "orthink/base/version.h"
#include "orthink/tools/tool_table.h"

namespace orthink::tools {

mcp::Offer offer() {
  mcp::Offer offer;
  offer.name = "orthink";
  offer.title = "Reasoning models under control";
  offer.version = std::string(version());
  offer.instructions = std::string(instructions());
  for (Definition& tool : definitions()) offer.tools.push_back({std::string(tool.name), std::move(tool.json)});
  return offer;
}

}  // namespace orthink::tools

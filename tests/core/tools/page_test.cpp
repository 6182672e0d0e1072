// docs/tools.md ends with what the table says; ORTHINK_UPDATE_GOLDENS=1 writes it.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "orthink/tools/tool_table.h"
#include "tests/support/golden.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

constexpr const char* kPage = ORTHINK_SOURCE_DIR "/docs/tools.md";
constexpr std::string_view kHead = "## Every tool and argument\n";

std::string type_text(const Field& field) {
  switch (field.type) {
    case Type::string:
      return field.takes_number ? "string or number" : "string";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::object:
      return "object";
    case Type::strings:
      return "list of strings";
    case Type::objects:
      return "list of objects";
    case Type::any:
      break;
  }
  return "string or object";
}

std::string bounds_text(const Field& field) {
  std::string out;
  for (const std::string_view each : field.one_of) out += (out.empty() ? "" : ", ") + std::string(each);
  if (field.min && field.max) out += std::to_string(*field.min) + " to " + std::to_string(*field.max);
  else if (field.min) out += "from " + std::to_string(*field.min);
  else if (field.max && field.one_of.empty()) out += "at most " + std::to_string(*field.max) + (field.type == Type::string ? " characters" : "");
  return out;
}

void add_rows(std::string& page, std::span<const Field> fields, const std::string& head) {
  for (const Field& field : fields) {
    page += "| `" + head + std::string(field.name) + "` | " + type_text(field) + " | " + bounds_text(field) + " | " +
            (field.is_required ? "needed" : std::string(field.fallback)) + " | " + std::string(field.says) + " |\n";
    add_rows(page, field.fields, head + std::string(field.name) + ".");
  }
}

std::string generated() {
  std::string page(kHead);
  for (const ToolRow& tool : tool_rows()) {
    page += "\n### " + std::string(tool.name) + "\n\n" + std::string(tool.says) + "\n";
    if (tool.detail == Detail::brief_input) {
      page += "\nIts arguments are those of thinking_completion up to `deadline_s`.\n";
      continue;
    }
    if (tool.shared.empty() && tool.own.empty()) {
      page += "\nIt takes no arguments.\n";
      continue;
    }
    page += "\n| argument | type | bounds | default | |\n|---|---|---|---|---|\n";
    add_rows(page, tool.shared, "");
    add_rows(page, tool.own, "");
  }
  return page;
}

}  // namespace

TEST_CASE("the page of the tools says what the table says") {
  const std::string page = test::read_file(kPage);
  const size_t head = page.find(kHead);
  REQUIRE(head != std::string::npos);
  if (std::getenv("ORTHINK_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(kPage) << page.substr(0, head) << generated();
    return;
  }
  CHECK(page.substr(head) == generated());
}

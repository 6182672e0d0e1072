#include "tests/mcp/fixture_offer.h"

#include <string>

#include "orthink/wire/json.h"

namespace orthink::test {
namespace {

constexpr const char* kNoArguments = R"({"type":"object","properties":{}})";
constexpr const char* kJsonSchema2020 =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","$defs":{"address":{"$anchor":"addressDef","type":"object",)"
    R"("properties":{"street":{"type":"string"},"city":{"type":"string"}}}},"properties":{"name":{"type":"string"},)"
    R"("address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},)"
    R"("email":{"type":"string"}},"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],)"
    R"("if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},)"
    R"("else":{"required":["email"]},"additionalProperties":false})";

mcp::Offered tool(const std::string& name, const std::string& description, const std::string& schema = kNoArguments) {
  json::Writer out;
  out.object().key("name").string(name).key("description").string(description).key("inputSchema").raw(schema).end();
  return {name, out.take()};
}

std::string one_text(const std::string& key) {
  return R"({"type":"object","properties":{")" + key + R"(":{"type":"string"}},"required":[")" + key + R"("]})";
}

struct Argument {
  std::string name, description;
};

mcp::Offered prompt(const std::string& name, const std::string& description, const std::vector<Argument>& arguments = {}) {
  json::Writer out;
  out.object().key("name").string(name).key("description").string(description).key("arguments").array();
  for (const Argument& argument : arguments)
    out.object().key("name").string(argument.name).key("description").string(argument.description).key("required").boolean(true).end();
  out.end().end();
  return {name, out.take()};
}

mcp::Offered resource(const std::string& uri, const std::string& name, const std::string& description, const std::string& type) {
  json::Writer out;
  const bool is_template = uri.find('{') != std::string::npos;
  out.object().key(is_template ? "uriTemplate" : "uri").string(uri).key("name").string(name).key("description").string(description);
  out.key("mimeType").string(type).end();
  return {uri, out.take()};
}

}  // namespace

mcp::Offer fixture_offer() {
  mcp::Offer offer;
  offer.name = "conformance-fixture";
  offer.title = "Conformance fixture";
  offer.version = "1.0.0";
  offer.instructions = "A server for the conformance suite; it does nothing useful.";
  offer.tools = {
      tool("test_simple_text", "Returns a sentence"),
      tool("test_image_content", "Returns an image"),
      tool("test_audio_content", "Returns audio"),
      tool("test_embedded_resource", "Returns an embedded resource"),
      tool("test_multiple_content_types", "Returns text, an image and a resource"),
      tool("test_tool_with_logging", "Logs three times while it runs"),
      tool("test_logging_tool", "Logs once"),
      tool("test_tool_with_progress", "Reports progress while it runs"),
      tool("test_error_handling", "Always fails"),
      tool("test_sampling", "Asks the client for a completion", one_text("prompt")),
      tool("test_elicitation", "Asks the client for input", one_text("message")),
      tool("test_elicitation_sep1034_defaults", "Asks for input with defaults"),
      tool("test_elicitation_sep1330_enums", "Asks for input with every form of enum"),
      tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", kJsonSchema2020),
      tool("test_missing_capability", "Needs a client that can sample"),
      tool("test_streaming_elicitation", "Needs input"),
      tool("test_trigger_tool_change", "Says that the tools have changed"),
      tool("test_trigger_prompt_change", "Says that the prompts have changed"),
      tool("test_input_required_result_elicitation", "Needs a name"),
      tool("test_input_required_result_sampling", "Needs a completion"),
      tool("test_input_required_result_list_roots", "Needs the roots"),
      tool("test_input_required_result_request_state", "Needs a confirmation and keeps state"),
      tool("test_input_required_result_multiple_inputs", "Needs three inputs"),
      tool("test_input_required_result_multi_round", "Needs two rounds"),
      tool("test_input_required_result_tampered_state", "Keeps state that must not be changed"),
      tool("test_input_required_result_capabilities", "Needs what the client can give"),
      tool("test_x_mcp_header", "Has arguments that are repeated in headers",
           R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"query":{"type":"string"}},"required":["region"]})"),
  };
  offer.prompts = {
      prompt("test_simple_prompt", "A prompt"),
      prompt("test_prompt_with_arguments", "A prompt with arguments", {{"arg1", "First test argument"}, {"arg2", "Second test argument"}}),
      prompt("test_prompt_with_embedded_resource", "A prompt with a resource", {{"resourceUri", "URI of the resource to embed"}}),
      prompt("test_prompt_with_image", "A prompt with an image"),
      prompt("test_input_required_result_prompt", "A prompt that needs input"),
  };
  offer.resources = {
      resource("test://static-text", "Static text", "A text", "text/plain"),
      resource("test://static-binary", "Static binary", "A picture", "image/png"),
      resource("test://watched-resource", "Watched resource", "A text that may be watched", "text/plain"),
  };
  offer.templates = {resource("test://template/{id}/data", "Template", "Data by id", "application/json")};
  offer.has_completions = true;
  offer.has_logging = true;
  offer.lists_change = true;
  offer.can_subscribe = true;
  return offer;
}

}  // namespace orthink::test

#include "tests/mcp/fixture_answers.h"

#include <map>
#include <string>

#include "orthink/mcp/code.h"
#include "orthink/mcp/open_call.h"
#include "tests/mcp/fixture_offer.h"

namespace orthink::test {
namespace {

using mcp::Call;
using mcp::News;
using mcp::news::Fault;
using mcp::news::InputRequired;
using mcp::news::Result;

const std::string kPicture = std::string(R"({"type":"image","data":")") + kPixelPng + R"(","mimeType":"image/png"})";

std::string quoted(std::string_view text) {
  std::string out;
  json::write_string(out, text);
  return out;
}

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.is_object() ? object.find(key) : nullptr;
  return value && value->is_string() ? value->text() : std::string();
}

const json::Value* at(const json::Value* value, std::string_view key) {
  return value && value->is_object() ? value->find(key) : nullptr;
}

News content(const std::string& items) {
  return Result{R"({"content":[)" + items + "]}"};
}

// --- requests for input

std::string form(const std::string& message, const std::string& key, const std::string& type) {
  return R"({"method":"elicitation/create","params":{"mode":"form","message":)" + quoted(message) +
         R"(,"requestedSchema":{"type":"object","properties":{")" + key + R"(":{"type":")" + type + R"("}},"required":[")" + key + R"("]}}})";
}

std::string sampling(const std::string& text, int tokens) {
  return R"({"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":)" + quoted(text) +
         R"(}}],"maxTokens":)" + std::to_string(tokens) + "}}";
}

const std::string kRoots = R"({"method":"roots/list","params":{}})";

News ask_for(const std::string& key, const std::string& request, const std::string& state = {}) {
  return InputRequired{"{\"" + key + "\":" + request + "}", state};
}

const json::Value* response(const Call& call, std::string_view key) {
  return at(&call.input_responses, key);
}

// The field of an accepted form; null where it was not given.
const json::Value* given(const Call& call, std::string_view key, std::string_view field) {
  const json::Value* answer = response(call, key);
  if (!answer || text_of(*answer, "action") != "accept") return nullptr;
  return at(at(answer, "content"), field);
}

News elicitation(const Call& call) {
  const json::Value* name = given(call, "user_name", "name");
  if (!name || !name->is_string()) return ask_for("user_name", form("What is your name?", "name", "string"));
  return text_result("Hello, " + name->text() + "!");
}

News sampled(const Call& call) {
  const json::Value* answer = response(call, "capital_question");
  if (!answer) return ask_for("capital_question", sampling("What is the capital of France?", 100));
  const json::Value* said = at(answer, "content");
  return text_result("The client says: " + (said ? text_of(*said, "text") : std::string()));
}

News rooted(const Call& call) {
  const json::Value* roots = at(response(call, "client_roots"), "roots");
  if (!roots || !roots->is_array()) return ask_for("client_roots", kRoots);
  std::string list = "Roots:";
  for (const json::Member& root : roots->members()) list += ' ' + text_of(root.value, "uri");
  return text_result(list);
}

News confirmed(const Call& call) {
  const json::Value* ok = given(call, "confirm", "ok");
  if (!ok || !call.state) return ask_for("confirm", form("Please confirm", "ok", "boolean"), "asked");
  return text_result(*call.state == "asked" ? "state-ok" : "another state");
}

News many_inputs(const Call& call) {
  const json::Value* name = given(call, "user_name", "name");
  if (call.state && name && response(call, "greeting") && response(call, "client_roots")) return text_result("All three came");
  return InputRequired{R"({"user_name":)" + form("What is your name?", "name", "string") + R"(,"greeting":)" +
                           sampling("Generate a greeting", 50) + R"(,"client_roots":)" + kRoots + "}",
                       "three"};
}

News two_rounds(const Call& call) {
  if (call.state && call.state->starts_with("name="))
    if (const json::Value* color = given(call, "step2", "color"); color && color->is_string())
      return text_result(call.state->substr(5) + " likes " + color->text());
  const json::Value* name = given(call, "step1", "name");
  if (call.state && name && name->is_string())
    return ask_for("step2", form("Step 2: What is your favorite color?", "color", "string"), "name=" + name->text());
  return ask_for("step1", form("Step 1: What is your name?", "name", "string"), "round-1");
}

News what_the_client_can(const Call& call) {
  if (call.input_responses.is_object()) return text_result("Enough");
  std::string requests;
  const auto add = [&](std::string_view method, const std::string& key, const std::string& request) {
    if (mcp::can_ask(method, call.client_capabilities)) requests += (requests.empty() ? "\"" : ",\"") + key + "\":" + request;
  };
  add("sampling/createMessage", "greeting", sampling("Generate a greeting", 50));
  add("elicitation/create", "user_name", form("What is your name?", "name", "string"));
  add("roots/list", "client_roots", kRoots);
  if (requests.empty()) return text_result("The client can give nothing");
  return InputRequired{"{" + requests + "}", {}};
}

News needs_sampling(const Call& call) {
  if (mcp::can_ask("sampling/createMessage", call.client_capabilities)) return text_result("The client can sample");
  return Fault{mcp::kMissingClientCapability, "this tool needs a client that can sample", R"({"requiredCapabilities":{"sampling":{}}})"};
}

using Answer = News (*)(const Call&);
const std::map<std::string_view, Answer>& tools() {
  static const std::map<std::string_view, Answer> kTools{
      {"test_simple_text", [](const Call&) -> News { return text_result("This is a simple text response for testing."); }},
      {"test_image_content", [](const Call&) { return content(kPicture); }},
      {"test_audio_content",
       [](const Call&) { return content(std::string(R"({"type":"audio","data":")") + kSilentWav + R"(","mimeType":"audio/wav"})"); }},
      {"test_embedded_resource",
       [](const Call&) {
         return content(R"({"type":"resource","resource":{"uri":"test://embedded-resource","mimeType":"text/plain",)"
                        R"("text":"This is an embedded resource content."}})");
       }},
      {"test_multiple_content_types",
       [](const Call&) {
         return content(R"({"type":"text","text":"Multiple content types test:"},)" + kPicture +
                        R"(,{"type":"resource","resource":{"uri":"test://mixed-content-resource","mimeType":"application/json",)"
                        R"("text":"{\"test\":\"data\",\"value\":123}"}})");
       }},
      {"test_error_handling",
       [](const Call&) -> News {
         return Result{R"({"isError":true,"content":[{"type":"text","text":"This tool intentionally returns an error for testing"}]})"};
       }},
      {"json_schema_2020_12_tool", [](const Call& call) -> News { return text_result(json::dump(call.arguments)); }},
      {"test_x_mcp_header", [](const Call& call) -> News { return text_result("Region: " + text_of(call.arguments, "region")); }},
      {"test_missing_capability", needs_sampling},
      {"test_streaming_elicitation", elicitation},
      {"test_input_required_result_elicitation", elicitation},
      {"test_input_required_result_sampling", sampled},
      {"test_input_required_result_list_roots", rooted},
      {"test_input_required_result_request_state", confirmed},
      {"test_input_required_result_multiple_inputs", many_inputs},
      {"test_input_required_result_multi_round", two_rounds},
      {"test_input_required_result_tampered_state", confirmed},
      {"test_input_required_result_capabilities", what_the_client_can},
  };
  return kTools;
}

// --- prompts and resources

std::string message(const std::string& item) {
  return R"({"role":"user","content":)" + item + "}";
}

std::string text_item(const std::string& text) {
  return R"({"type":"text","text":)" + quoted(text) + "}";
}

News messages(const std::string& list) {
  return Result{R"({"messages":[)" + list + "]}"};
}

News prompt(const Call& call) {
  const auto lacks = [&call](std::string_view key) { return !at(&call.arguments, key); };
  if (call.name == "test_simple_prompt") return messages(message(text_item("This is a simple prompt for testing.")));
  if (call.name == "test_prompt_with_arguments") {
    for (const char* key : {"arg1", "arg2"})
      if (lacks(key)) return Fault{mcp::kInvalidParams, std::string("the argument ") + key + " is missing", {}};
    return messages(message(text_item("Prompt with arguments: arg1='" + text_of(call.arguments, "arg1") + "', arg2='" +
                                      text_of(call.arguments, "arg2") + "'")));
  }
  if (call.name == "test_prompt_with_embedded_resource") {
    if (lacks("resourceUri")) return Fault{mcp::kInvalidParams, "the argument resourceUri is missing", {}};
    return messages(message(R"({"type":"resource","resource":{"uri":)" + quoted(text_of(call.arguments, "resourceUri")) +
                            R"(,"mimeType":"text/plain","text":"Embedded resource content for testing."}})") +
                    "," + message(text_item("Please process the embedded resource above.")));
  }
  if (call.name == "test_prompt_with_image") return messages(message(kPicture) + "," + message(text_item("Please analyze the image above.")));
  if (call.name != "test_input_required_result_prompt") return Fault{mcp::kInvalidParams, "unknown prompt", {}};
  const json::Value* context = given(call, "user_context", "context");
  if (!context || !context->is_string()) return ask_for("user_context", form("What context should the prompt use?", "context", "string"));
  return messages(message(text_item("Context: " + context->text())));
}

News contents(const std::string& uri, std::string_view type, std::string_view key, const std::string& value) {
  json::Writer out;
  out.object().key("contents").array().object().key("uri").string(uri).key("mimeType").string(type).key(key).string(value).end().end().end();
  return Result{out.take()};
}

News resource(const Call& call) {
  const std::string& uri = call.name;
  if (uri == "test://static-text") return contents(uri, "text/plain", "text", "This is the content of the static text resource.");
  if (uri == "test://watched-resource") return contents(uri, "text/plain", "text", "Watched resource content");
  if (uri == "test://static-binary") return contents(uri, "image/png", "blob", kPixelPng);
  const std::string before = "test://template/", after = "/data";
  if (uri.starts_with(before) && uri.ends_with(after) && uri.size() > before.size() + after.size()) {
    const std::string id = uri.substr(before.size(), uri.size() - before.size() - after.size());
    return contents(uri, "application/json", "text", R"({"id":)" + quoted(id) + R"(,"templateTest":true,"data":)" + quoted("Data for ID: " + id) + "}");
  }
  return Fault{mcp::kResourceNotFound, "Resource not found", R"({"uri":)" + quoted(uri) + "}"};
}

}  // namespace

Result text_result(std::string_view text) {
  return {R"({"content":[{"type":"text","text":)" + quoted(text) + "}]}"};
}

std::optional<News> answer_at_once(const Call& call) {
  if (call.method == "prompts/get") return prompt(call);
  if (call.method == "resources/read") return resource(call);
  if (call.method == "completion/complete") return Result{R"({"completion":{"values":["paris","park","party"],"total":3,"hasMore":false}})"};
  const auto tool = tools().find(call.name);
  if (tool == tools().end()) return std::nullopt;
  return tool->second(call);
}

}  // namespace orthink::test

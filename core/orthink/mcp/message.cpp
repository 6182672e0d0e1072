#include "orthink/mcp/message.h"

#include "orthink/mcp/code.h"

namespace orthink::mcp {
namespace {

constexpr size_t kIdBytesMax = 512;

// What a client sends has few members; what is deeper or longer than this is no call that we could serve.
json::ParseLimits parse_limits(size_t bytes_max) {
  json::ParseLimits limits;
  limits.bytes_max = bytes_max;
  return limits;
}

Unreadable refused(std::string id, std::string what) {
  return {std::move(id), {kInvalidRequest, std::move(what), {}}};
}

std::string on_one_line(std::string_view text) {
  if (Result<json::Value> value = json::parse(text)) return json::dump(*value);
  return "null";
}

void append_json(std::string& out, std::string_view text) {
  if (text.find_first_of("\r\n") == std::string_view::npos)
    out += text;
  else
    out += on_one_line(text);
}

std::variant<Message, Unreadable> read_response(json::Value& document, std::string id) {
  Message message;
  message.shape = Message::Shape::response;
  message.id = std::move(id);
  message.answer = json::Value::object();
  for (std::string_view key : {"result", "error"})
    if (json::Value* value = document.find(key)) message.answer.set(std::string(key), std::move(*value));
  if (message.answer.members().size() != 1 || !message.answer.members()[0].value.is_object())
    return refused(message.id, "a response has either a result or an error, an object");
  return message;
}

}  // namespace

std::string id_text(const json::Value& value) {
  if (value.text().size() > kIdBytesMax) return {};
  if (value.is_string()) return json::dump(value);
  if (!value.is_number() || value.text().find_first_of(".eE") != std::string::npos) return {};
  return value.text();
}

std::variant<Message, Unreadable> read_message(std::string_view text, size_t bytes_max) {
  Result<json::Value> document = json::parse(text, parse_limits(bytes_max));
  if (!document)
    return Unreadable{{}, {document.error().errc == Errc::invalid_json ? kParseError : kInvalidRequest, document.error().message, {}}};
  if (document->is_array()) return refused({}, "batches are not supported: send one message at a time");
  if (!document->is_object()) return refused({}, "a message is a JSON object");
  std::string id;
  const json::Value* id_value = document->find("id");
  if (id_value) {
    id = id_text(*id_value);
    if (id.empty()) return refused({}, "the id must be a string or an integer, of at most " + std::to_string(kIdBytesMax) + " bytes");
  }
  const json::Value* version = document->find("jsonrpc");
  if (!version || !version->is_string() || version->text() != "2.0") return refused(std::move(id), "\"jsonrpc\" must be \"2.0\"");
  json::Value* method = document->find("method");
  if (!method) {
    if (id.empty()) return refused({}, "a message has a method, or an id with a result or an error");
    return read_response(*document, std::move(id));
  }
  if (!method->is_string()) return refused(std::move(id), "\"method\" must be a string");
  Message message;
  message.shape = id_value ? Message::Shape::request : Message::Shape::notification;
  message.id = std::move(id);
  message.method = method->text();
  json::Value* params = document->find("params");
  message.params = params ? std::move(*params) : json::Value::object();
  if (!message.params.is_object()) return Unreadable{std::move(message.id), {kInvalidParams, "\"params\" must be an object", {}}};
  return message;
}

std::string write_result(std::string_view id, std::string_view result_json) {
  std::string out;
  out.reserve(result_json.size() + id.size() + 40);
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"result":)";
  append_json(out, result_json);
  out += '}';
  return out;
}

std::string write_error(std::string_view id, const news::Fault& fault) {
  std::string out = R"({"jsonrpc":"2.0",)";
  if (!id.empty()) {
    out += R"("id":)";
    out += id;
    out += ',';
  }
  out += R"("error":{"code":)";
  out += std::to_string(fault.code);
  out += R"(,"message":)";
  json::write_string(out, fault.message);
  if (!fault.data_json.empty()) {
    out += R"(,"data":)";
    append_json(out, fault.data_json);
  }
  out += "}}";
  return out;
}

std::string write_notification(std::string_view method, std::string_view params_json) {
  std::string out = R"({"jsonrpc":"2.0","method":)";
  json::write_string(out, method);
  if (!params_json.empty()) {
    out += R"(,"params":)";
    append_json(out, params_json);
  }
  out += '}';
  return out;
}

std::string write_request(std::string_view id, std::string_view method, std::string_view params_json) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"method":)";
  json::write_string(out, method);
  if (!params_json.empty()) {
    out += R"(,"params":)";
    append_json(out, params_json);
  }
  out += '}';
  return out;
}

}  // namespace orthink::mcp

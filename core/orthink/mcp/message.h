// JSON-RPC 2.0 messages as MCP uses them: no batches, ids that are strings or integers and keep their digits, params that are objects.
//
//   {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{...}}        request
//   {"jsonrpc":"2.0","method":"notifications/cancelled","params":{...}}  notification
//   {"jsonrpc":"2.0","id":1,"result":{...}}   or   "error":{"code":N,"message":"...","data":...}   response
//
// Thread rule: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "orthink/mcp/call.h"
#include "orthink/wire/json.h"

namespace orthink::mcp {

struct Message {
  enum class Shape : uint8_t { request, notification, response };
  Shape shape = Shape::request;
  std::string id;        // as JSON, to be echoed as it came; empty for a notification
  std::string method;    // empty for a response
  json::Value params;    // an object, empty where absent
  json::Value answer;    // response: {"result":...} or {"error":...}
};

// What cannot be taken as a message. `id` is empty where none could be read: the error response then has none.
struct Unreadable {
  std::string id;
  news::Fault fault;
};

std::variant<Message, Unreadable> read_message(std::string_view text, size_t bytes_max);

// As JSON, or empty: what may stand as an id or a progress token.
std::string id_text(const json::Value& value);

// One message without a line end. `result_json`, `params_json` and `data_json` are JSON; what has raw line ends in it is written anew.
std::string write_result(std::string_view id, std::string_view result_json);
std::string write_error(std::string_view id, const news::Fault& fault);
std::string write_notification(std::string_view method, std::string_view params_json);
std::string write_request(std::string_view id, std::string_view method, std::string_view params_json);

}  // namespace orthink::mcp

// What a streamed body said, taken apart by hand: the tests' own reading of the wire.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orthink/wire/json.h"

namespace wire {

struct Said {
  std::vector<orthink::json::Value> chunks;
  uint64_t comments = 0;
  uint64_t bad_chunks = 0;
  bool is_done = false;
  std::string thinking, output, tool_name, tool_arguments, signature, encrypted, summary, finish, native_finish, error;
  std::vector<orthink::json::Value> usages;
};

inline const orthink::json::Value* at(const orthink::json::Value* value, std::string_view key) {
  return value && value->is_object() ? value->find(key) : nullptr;
}

inline std::string text(const orthink::json::Value* value, std::string_view key) {
  const orthink::json::Value* found = at(value, key);
  return found && found->is_string() ? found->text() : std::string();
}

inline const orthink::json::Value* first(const orthink::json::Value* list) {
  return list && list->is_array() && !list->members().empty() ? &list->members().front().value : nullptr;
}

inline void read_delta(const orthink::json::Value* delta, Said& said) {
  said.thinking += text(delta, "reasoning");
  said.output += text(delta, "content");
  if (const orthink::json::Value* details = at(delta, "reasoning_details"); details && details->is_array()) {
    for (const orthink::json::Member& detail : details->members()) {
      said.signature += text(&detail.value, "signature");
      said.encrypted += text(&detail.value, "data");
      said.summary += text(&detail.value, "summary");
    }
  }
  if (const orthink::json::Value* call = first(at(delta, "tool_calls"))) {
    said.tool_name += text(at(call, "function"), "name");
    said.tool_arguments += text(at(call, "function"), "arguments");
  }
}

inline void read_chunk(const orthink::json::Value& chunk, Said& said) {
  const orthink::json::Value* choice = first(chunk.find("choices"));
  read_delta(at(choice, "delta"), said);
  read_delta(at(choice, "message"), said);
  if (const std::string finish = text(choice, "finish_reason"); !finish.empty()) said.finish = finish;
  if (const std::string native = text(choice, "native_finish_reason"); !native.empty()) said.native_finish = native;
  if (const orthink::json::Value* usage = chunk.find("usage")) said.usages.push_back(*usage);
  said.error += text(chunk.find("error"), "message") + text(at(choice, "error"), "message");
}

inline Said read(std::string_view body) {
  Said said;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.starts_with(':')) ++said.comments;
    if (!line.starts_with("data: ")) continue;
    if (line == "data: [DONE]") {
      said.is_done = true;
      continue;
    }
    orthink::Result<orthink::json::Value> chunk = orthink::json::parse(line.substr(6), {.bytes_max = size_t{256} << 20});
    if (!chunk) {
      ++said.bad_chunks;
      continue;
    }
    read_chunk(*chunk, said);
    said.chunks.push_back(std::move(*chunk));
  }
  return said;
}

inline uint64_t count(const orthink::json::Value& usage, std::string_view key) {
  const orthink::json::Value* found = usage.find(key);
  return found ? found->as_u64().value_or(UINT64_MAX) : UINT64_MAX;
}

inline uint64_t thinking_tokens(const orthink::json::Value& usage) { return count(*usage.find("completion_tokens_details"), "reasoning_tokens"); }

}  // namespace wire

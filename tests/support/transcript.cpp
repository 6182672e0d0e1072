#include "tests/support/transcript.h"

namespace orthink::test {
namespace {

void write_delta(std::string& out, const ResponseReader& reader, const Delta& delta) {
  const std::string text(reader.text(delta));
  switch (delta.kind) {
    case Delta::Kind::thinking:
      out += "thinking/" + std::string(name(delta.thinking_kind)) + " " + std::to_string(delta.tokens) + " [" + text + "]\n";
      break;
    case Delta::Kind::output: out += "output " + std::to_string(delta.tokens) + " [" + text + "]\n"; break;
    case Delta::Kind::tool_call: {
      const ToolCall& call = reader.answer().tool_calls[delta.tool_call];
      out += "tool_call " + std::to_string(call.index) + " " + call.id + " " + call.name + " " + call.arguments + "\n";
      break;
    }
    case Delta::Kind::usage: {
      const Usage& usage = reader.answer().usage;
      const auto count = [](const std::optional<uint64_t>& n) { return n ? std::to_string(*n) : std::string("?"); };
      out += "usage " + std::string(name(usage.state)) + " " + count(usage.prompt_tokens) + " " + count(usage.completion_tokens) + " " +
             count(usage.thinking_tokens) + " " + (usage.cost ? usage.cost->to_decimal() : "?") + "\n";
      break;
    }
  }
}

}  // namespace

Decoded decode(const Slices& slices, ResponseReader::Form form) {
  ResponseReader reader(form);
  Decoded out;
  for (std::string_view slice : slices) {
    reader.feed(slice);
    for (const Delta& delta : reader.deltas()) write_delta(out.transcript, reader, delta);
  }
  out.ending = reader.finish();
  for (const Delta& delta : reader.deltas()) write_delta(out.transcript, reader, delta);
  out.answer = reader.answer();
  if (out.ending.error) {
    out.transcript += "error " + out.ending.error->code + ": " + out.ending.error->message + "\n";
  } else {
    out.transcript += std::string(name(out.ending.outcome)) + " " + out.answer.finish_reason + "/" + out.answer.native_finish_reason + "\n";
  }
  out.transcript += "message " + out.answer.message_json() + "\n";
  out.transcript += "from " + out.answer.generation_id + " " + out.answer.model + " " + out.answer.provider + " comments " +
                    std::to_string(reader.comments()) + " invalid " + std::to_string(out.answer.invalid_chunks) + "\n";
  return out;
}

std::string transcript(const Slices& slices, ResponseReader::Form form) {
  return decode(slices, form).transcript;
}

}  // namespace orthink::test

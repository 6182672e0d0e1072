// A streamed body:
//
//   : OPENROUTER PROCESSING
//
//   data: {"id":"gen-...","object":"chat.completion.chunk","created":N,"model":"...","provider":"...","choices":[{"index":0,
//     "delta":{"content":"","role":"assistant","reasoning":"T","reasoning_details":[{...}]},"finish_reason":null,...}]}
//   ... text of the answer, tool calls ...
//   data: {... "finish_reason":"stop" ...}
//   data: {... "usage":{...}}
//   data: [DONE]
#include "native/sim/frames.h"

#include <algorithm>

#include "native/sim/pieces.h"
#include "native/sim/reply.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

constexpr std::string_view kComment = ": OPENROUTER PROCESSING\n\n";
constexpr std::string_view kBlank = "\n         \n";   // keep-alive of a body that is not streamed
constexpr size_t kMegabyte = size_t{1} << 20;
constexpr std::string_view kEmptyDelta = R"({"content":"","role":"assistant"})";

struct Choice {
  std::string_view delta = kEmptyDelta;
  std::string_view finish{};
  std::string_view native{};  // empty: null
};

void text_or_null(json::Writer& w, std::string_view key, std::string_view text) {
  w.key(key);
  if (text.empty()) w.null();
  else w.string(text);
}

void write_choice(json::Writer& w, const Choice& choice) {
  w.object().key("index").number(uint64_t{0}).key("delta").raw(choice.delta);
  text_or_null(w, "finish_reason", choice.finish);
  text_or_null(w, "native_finish_reason", choice.native);
  w.end();
}

// The event of one chunk. `tail` is raw JSON members that come after choices, each with a leading comma.
std::string event(const Script& script, const Choice* choice, std::string_view tail = {}) {
  json::Writer w;
  w.object().key("id").string(script.id).key("object").string("chat.completion.chunk").key("created").number(script.created_s);
  w.key("model").string(script.model).key("provider").string(script.provider).key("choices").array();
  if (choice) write_choice(w, *choice);
  w.end().end();
  std::string text = w.take();
  text.pop_back();
  return "data: " + text + std::string(tail) + "}\n\n";
}

std::string error_tail() {
  return R"(,"error":{"code":502,"message":"Provider disconnected","metadata":{"error_type":"provider_unavailable"}})";
}

std::string thinking_delta(const Script& script, std::string_view text) {
  json::Writer w;
  w.object().key("content").string("").key("role").string("assistant").key("reasoning").string(text);
  w.key("reasoning_details").raw(readable_details(script, text)).end();
  return w.take();
}

std::string content_delta(std::string_view text) {
  json::Writer w;
  w.object().key("content").string(text).key("role").string("assistant").end();
  return w.take();
}

std::string tool_delta(const Script& script, bool is_first, std::string_view arguments) {
  json::Writer w;
  w.object().key("content").null().key("role").string("assistant").key("tool_calls").array().object().key("index").number(uint64_t{0});
  if (is_first) w.key("id").string(script.tool_call_id).key("type").string("function");
  w.key("function").object();
  if (is_first) w.key("name").string(script.tool_name);
  w.key("arguments").string(arguments).end().end().end().end();
  return w.take();
}

}  // namespace

FrameWriter::FrameWriter(const Script& script, const ActiveFaults& faults)
    : script_(script),
      faults_(faults),
      dice_(script.cut_seed, script.id.substr(0, 4)),
      thinking_(pieces(script.thinking)),
      output_(pieces(script.output)),
      arguments_(pieces(script.tool_arguments)) {
  if (faults.has(Fault::long_line)) long_megabytes_ = faults.number(Stage::frames, 64);
}

bool FrameWriter::next(std::string& frame) {
  frame.clear();
  while (frame.empty() && step_ != Step::over && !wants_reset_ && !wants_stall_) advance(frame);
  return !frame.empty();
}

void FrameWriter::advance(std::string& frame) {
  const bool is_talking = step_ > Step::opening && step_ <= Step::finish;
  if (is_talking && is_interrupted(frame)) return;
  if (is_talking && step_ != Step::finish && dice_.below(40) == 0) {
    frame = kComment;
    return;
  }
  switch (step_) {
    case Step::comments: return step_comments(frame);
    case Step::whole: return step_whole(frame);
    case Step::opening:
      emit(frame, kEmptyDelta);
      step_ = Step::oddity;
      return;
    case Step::oddity: return step_oddity(frame);
    case Step::thinking: return step_thinking(frame);
    case Step::sealing: return step_sealing(frame);
    case Step::output: return step_output(frame);
    case Step::tool_call: return step_tool_call(frame);
    case Step::finish: return step_finish(frame);
    case Step::usage: return step_usage(frame);
    case Step::late_text:
      if (faults_.has(Fault::usage_then_text)) emit(frame, content_delta(" And this came after the usage."));
      step_ = Step::done;
      return;
    case Step::done:
      if (!faults_.has(Fault::no_done)) frame = "data: [DONE]\n\n";
      step_ = Step::over;
      return;
    case Step::over: return;
  }
}

// Takes over once the fault's number of chunks has gone out, at the latest before the finish reason.
bool FrameWriter::is_interrupted(std::string& frame) {
  const FaultSpec* spec = faults_.at(Stage::frames);
  if (!spec) return false;
  const bool is_error = spec->fault == Fault::midstream_error || spec->fault == Fault::midstream_error_billed;
  const bool interrupts =
      is_error || spec->fault == Fault::eof_no_done || spec->fault == Fault::stall || spec->fault == Fault::reset_midstream;
  if (!interrupts || (chunks_ < faults_.number(Stage::frames, 3) && step_ != Step::finish)) return false;
  if (is_error) {
    const Choice choice{.finish = "error"};
    const std::string usage = is_failure_billed() ? ",\"usage\":" + usage_json(script_, faults_, script_.usage_at(tokens_out_)) : std::string();
    frame = event(script_, &choice, error_tail() + usage);
    has_failed_ = true;
    step_ = Step::done;
  } else if (spec->fault == Fault::eof_no_done) {
    step_ = Step::over;
  } else {
    wants_reset_ = spec->fault == Fault::reset_midstream;
    wants_stall_ = spec->fault == Fault::stall;
  }
  return true;
}

void FrameWriter::step_comments(std::string& frame) {
  const bool is_endless = faults_.has(Fault::comments_only);
  if (!is_endless && comments_ == script_.comments) {
    step_ = script_.streams ? Step::opening : Step::whole;
    return;
  }
  ++comments_;
  frame = script_.streams ? kComment : kBlank;
}

void FrameWriter::step_whole(std::string& frame) {
  frame = whole_document(script_, faults_);
  step_ = Step::over;
  tokens_out_ = script_.completion_tokens;
  const bool is_cut = faults_.has(Fault::eof_no_done) || faults_.has(Fault::reset_midstream) || faults_.has(Fault::stall);
  if (is_cut) frame.resize(frame.size() / 2);
  wants_reset_ = faults_.has(Fault::reset_midstream);
  wants_stall_ = faults_.has(Fault::stall);
  has_failed_ = faults_.has(Fault::midstream_error) || is_failure_billed();
}

// What no well-meaning server sends: broken JSON, a NUL, an endless line.
void FrameWriter::step_oddity(std::string& frame) {
  step_ = Step::thinking;
  if (faults_.has(Fault::invalid_json)) frame = "data: {\"id\":\"" + script_.id + "\",\"choices\":[{\"delta\":{\"content\":\"brok\n\n";
  if (faults_.has(Fault::nul)) {
    frame = std::string(": a NUL \0 here\n\n", 16) + "data: {\"id\":\"" + script_.id + "\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a" +
            std::string(1, '\0') + "b\"}}]}\n\n";
  }
  if (!faults_.has(Fault::long_line)) return;
  const uint64_t whole = faults_.number(Stage::frames, 64);
  if (long_megabytes_ == whole) frame = "data: {\"id\":\"" + script_.id + "\",\"padding\":\"";
  if (long_megabytes_ > 0) {
    frame.append(kMegabyte, 'x');
    --long_megabytes_;
    step_ = Step::oddity;
  } else if (whole > 0) {
    frame = "\"}\n\n";
  }
}

void FrameWriter::step_thinking(std::string& frame) {
  if (thinking_at_ == thinking_.size()) {
    step_ = Step::sealing;
    return;
  }
  const std::string text = take_pieces(thinking_, thinking_at_);
  emit(frame, thinking_delta(script_, text));
  tokens_out_ = script_.thinking_tokens * thinking_at_ / thinking_.size();
}

void FrameWriter::step_sealing(std::string& frame) {
  step_ = script_.tool_name.empty() ? Step::output : Step::tool_call;
  tokens_out_ = std::min(script_.thinking_tokens, script_.completion_tokens);
  const std::string details = sealed_details(script_);
  if (details.empty()) return;
  json::Writer w;
  w.object().key("content").string("").key("role").string("assistant");
  if (script_.shape != ThinkingShape::text) w.key("reasoning").null();
  w.key("reasoning_details").raw(details).end();
  emit(frame, w.text());
}

void FrameWriter::step_output(std::string& frame) {
  if (output_at_ == output_.size()) {
    step_ = Step::finish;
    return;
  }
  const size_t before = output_at_;
  emit(frame, content_delta(take_pieces(output_, output_at_)));
  tokens_out_ += output_at_ - before;
}

void FrameWriter::step_tool_call(std::string& frame) {
  if (!has_named_tool_) {
    has_named_tool_ = true;
    emit(frame, tool_delta(script_, true, ""));
    return;
  }
  if (arguments_at_ == arguments_.size()) {
    step_ = Step::finish;
    return;
  }
  const size_t before = arguments_at_;
  emit(frame, tool_delta(script_, false, take_pieces(arguments_, arguments_at_)));
  tokens_out_ += arguments_at_ - before;
}

void FrameWriter::step_finish(std::string& frame) {
  step_ = faults_.has(Fault::no_usage) ? Step::done : Step::usage;
  tokens_out_ = script_.completion_tokens;
  if (script_.finish_reason.empty()) return;
  const bool is_malformed = script_.native_finish_reason == "MALFORMED_FUNCTION_CALL";
  const Choice choice{.delta = is_malformed ? R"({"content":null,"role":"assistant"})" : R"({"content":"","role":"assistant","reasoning":null})",
                      .finish = script_.finish_reason,
                      .native = script_.native_finish_reason};
  frame = event(script_, &choice);
  ++chunks_;
}

void FrameWriter::step_usage(std::string& frame) {
  const bool comes_twice = faults_.has(Fault::usage_twice) && usages_ == 0;
  const Usage usage = comes_twice ? script_.usage_at(script_.completion_tokens / 2) : script_.usage();
  const std::string tail = ",\"service_tier\":null,\"usage\":" + usage_json(script_, faults_, usage);
  const Choice choice{.finish = script_.finish_reason, .native = script_.native_finish_reason};
  frame = event(script_, script_.usage_choice_is_empty ? nullptr : &choice, tail);
  ++chunks_;
  ++usages_;
  if (!comes_twice) step_ = Step::late_text;
}

std::string FrameWriter::take_pieces(const std::vector<std::string_view>& from, size_t& at) {
  const size_t n = std::min<size_t>(from.size() - at, dice_.between(1, 4));
  std::string text;
  for (size_t i = 0; i < n; ++i) text += from[at++];
  return text;
}

void FrameWriter::emit(std::string& frame, std::string_view delta) {
  const Choice choice{.delta = delta};
  frame = event(script_, &choice);
  ++chunks_;
}

}  // namespace orthink::sim

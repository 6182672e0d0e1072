#include "orthink/chat/stream.h"

#include <algorithm>
#include <utility>

#include "orthink/base/limits.h"
#include "orthink/chat/upstream_error.h"
#include "orthink/chat/usage_read.h"

namespace orthink {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kBom = "\xEF\xBB\xBF";

// Native finish reasons that mean an error although finish_reason looks benign (OpenRouter's documentation).
constexpr std::string_view kNativeErrors[] = {"error", "network_error"};

bool is_malformed_call(std::string_view native) {
  return native == "MALFORMED_FUNCTION_CALL" || native == "malformed_function_call";
}

}  // namespace

void ResponseReader::begin_batch() {
  deltas_.clear();
  text_.clear();
}

void ResponseReader::fail(Errc errc, std::string message) {
  if (!error_) error_ = make_error(errc, std::move(message));
}

void ResponseReader::check_size(size_t bytes) {
  kept_bytes_ += bytes;
  if (kept_bytes_ > limits::kAnswerBytesMax) {
    fail(Errc::response_too_large, "the answer exceeds " + std::to_string(limits::kAnswerBytesMax) + " bytes");
  }
}

void ResponseReader::feed(std::string_view bytes) {
  begin_batch();
  if (error_ || saw_done_ || bytes.empty()) return;
  if (form_ == Form::detect && !detect(bytes)) return;
  bytes_ += bytes.size();
  if (form_ == Form::sse) return feed_events(bytes);
  if (body_.empty()) bytes.remove_prefix(std::min(bytes.size(), bytes.find_first_not_of(kSpaces)));  // keep-alive
  if (body_.size() + bytes.size() > limits::kBodyBytesMax) {
    return fail(Errc::response_too_large, "the body exceeds " + std::to_string(limits::kBodyBytesMax) + " bytes");
  }
  body_ += bytes;
}

// JSON begins with a bracket, perhaps behind a BOM and white space; anything else is read as events. What may yet be
// either is kept in body_; false while that is all there is.
bool ResponseReader::detect(std::string_view& bytes) {
  body_ += bytes;
  std::string_view seen = body_;
  if (seen.substr(0, kBom.size()) == kBom) seen.remove_prefix(kBom.size());
  if (seen.size() < kBom.size() && kBom.substr(0, seen.size()) == seen) return false;
  const size_t first = seen.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) {
    body_ = ' ';
    return false;
  }
  seen.remove_prefix(first);
  form_ = seen.front() == '{' || seen.front() == '[' ? Form::json : Form::sse;
  text_ = seen;
  bytes = text_;
  body_.clear();
  return true;
}

void ResponseReader::feed_events(std::string_view bytes) {
  sse_.feed(bytes);
  text_.clear();
  SseEvent event;
  while (!error_ && !saw_done_ && sse_.next(event)) take_event(event);
  if (sse_.overflowed()) {
    fail(Errc::response_too_large, "one event of the stream exceeds " + std::to_string(limits::kEventBytesMax) + " bytes");
  }
}

void ResponseReader::take_event(const SseEvent& event) {
  ++events_;
  if (event.data == "[DONE]") {
    saw_done_ = true;
    answer_.flush_held();
    report_tool_calls();
    report_usage();
  } else if (chunk_reader_.read(event.data, chunk_)) {
    take_chunk();
  } else {
    ++answer_.invalid_chunks;
  }
}

void ResponseReader::take_body() {
  const size_t size = body_.size();
  if (size == 0) return;
  body_.append(SseReader::kPaddingBytes, '\0');
  ++events_;
  if (chunk_reader_.read(std::string_view(body_).substr(0, size), chunk_)) {
    take_chunk();
  } else {
    ++answer_.invalid_chunks;
  }
}

void ResponseReader::refuse_foreign() {
  if (chunk_.kind == BodyKind::unknown) {
    ++unknown_chunks_;
  } else if (chat_chunks_ == 0) {
    fail(Errc::not_a_chat_body, "this is " + std::string(name(chunk_.kind)) + ", not one of chat completions");
  } else {
    ++answer_.invalid_chunks;
  }
}

void ResponseReader::take_chunk() {
  if (!is_chat(chunk_.kind)) return refuse_foreign();
  ++chat_chunks_;
  take_names();
  if (chunk_.has_choice) {
    take_thinking();
    take_output();
    take_tool_calls();
  }
  if (!chunk_.usage_raw.empty()) {
    answer_.usage = read_usage(chunk_.usage_raw);
    saw_usage_ = true;
    is_usage_overtaken_ = false;
  }
  if (chunk_.has_choice) {
    if (chunk_.usage_raw.empty() && saw_usage_ && answer_.finish_reason.empty()) is_usage_overtaken_ = true;
    take_finish();
  }
  if (!chunk_.error_raw.empty() && !error_) {
    error_ = error_from_object(chunk_.error_raw, http_status_);
    report_usage();
  }
}

void ResponseReader::take_names() {
  if (answer_.generation_id.empty() && !chunk_.id.empty()) answer_.generation_id = unescaped(chunk_.id);
  if (answer_.model.empty() && !chunk_.model.empty()) answer_.model = unescaped(chunk_.model);
  if (answer_.provider.empty() && !chunk_.provider.empty()) answer_.provider = unescaped(chunk_.provider);
}

void ResponseReader::take_finish() {
  if (!chunk_.native_finish_reason.empty()) answer_.native_finish_reason = unescaped(chunk_.native_finish_reason);
  if (!chunk_.finish_reason.empty()) answer_.finish_reason = unescaped(chunk_.finish_reason);
}

// Reports text_ from `begin` as one delta, and keeps it.
void ResponseReader::add_text(Delta::Kind kind, ThinkingKind thinking_kind, size_t begin) {
  const std::string_view piece = std::string_view(text_).substr(begin);
  if (piece.empty()) return;
  const bool is_thinking = kind == Delta::Kind::thinking;
  RunningTokens& tokens = is_thinking ? thinking_tokens_ : output_tokens_;
  tokens.add(piece);
  (is_thinking ? answer_.thinking : answer_.output) += piece;
  (is_thinking ? answer_.thinking_tokens_seen : answer_.output_tokens_seen) = tokens.tokens();
  has_first_token_ = true;
  check_size(piece.size());
  deltas_.push_back({.kind = kind,
                     .thinking_kind = thinking_kind,
                     .begin = static_cast<uint32_t>(begin),
                     .size = static_cast<uint32_t>(piece.size()),
                     .tokens = tokens.tokens(),
                     .tool_call = 0});
}

void ResponseReader::take_details(ThinkingKind& kind, uint32_t& new_encrypted) {
  answer_.has_details = answer_.has_details || chunk_.has_details;
  for (const DetailDelta& item : chunk_.details) {
    if (item.type.is("reasoning.summary")) kind = ThinkingKind::summary;
    const bool is_new = answer_.add_detail(item, chunk_.is_message);
    if (is_new && item.type.is("reasoning.encrypted")) ++new_encrypted;
    check_size(is_new ? item.raw.size() * 2 : size_t{item.text.size} + item.summary.size + item.data.size + item.signature.size);
  }
  if (answer_.details.size() > limits::kDetailsMax) {
    fail(Errc::response_too_large, "the answer has more than " + std::to_string(limits::kDetailsMax) + " thinking blocks");
  }
}

// Readable thinking is `reasoning`; the vendors' name for it, and the texts of the details, count only where it is absent.
void ResponseReader::take_thinking() {
  ThinkingKind kind = ThinkingKind::text;
  uint32_t new_encrypted = 0;
  take_details(kind, new_encrypted);
  const size_t begin = text_.size();
  if (chunk_.reasoning.present()) {
    append_unescaped(text_, chunk_.reasoning, thinking_held_);
    add_text(Delta::Kind::thinking, kind, begin);
  } else if (!chunk_.reasoning_content.empty()) {
    answer_.has_reasoning_content = true;
    append_unescaped(text_, chunk_.reasoning_content, thinking_held_);
    add_text(Delta::Kind::thinking, kind, begin);
  } else {
    take_details_text(kind);
  }
  for (; new_encrypted > 0; --new_encrypted) {
    answer_.saw_encrypted = true;
    has_first_token_ = true;
    deltas_.push_back({.kind = Delta::Kind::thinking,
                       .thinking_kind = ThinkingKind::encrypted,
                       .begin = static_cast<uint32_t>(text_.size()),
                       .size = 0,
                       .tokens = thinking_tokens_.tokens(),
                       .tool_call = 0});
  }
}

void ResponseReader::take_details_text(ThinkingKind kind) {
  const size_t begin = text_.size();
  for (const DetailDelta& item : chunk_.details) {
    append_unescaped(text_, item.text, thinking_held_);
    append_unescaped(text_, item.summary, thinking_held_);
  }
  add_text(Delta::Kind::thinking, kind, begin);
}

void ResponseReader::take_output() {
  if (chunk_.content.present()) {
    const size_t begin = text_.size();
    answer_.has_content_null = false;
    append_unescaped(text_, chunk_.content, output_held_);
    add_text(Delta::Kind::output, ThinkingKind::text, begin);
  } else if (!chunk_.content_parts_raw.empty()) {
    take_parts();
  }
  append_unescaped(answer_.refusal, chunk_.refusal, refusal_held_);
  const size_t raw_bytes = chunk_.annotations_raw.size() + chunk_.images_raw.size() + chunk_.audio_raw.size() + chunk_.refusal.size;
  if (raw_bytes == 0) return;
  check_size(raw_bytes);
  Answer::join_arrays(answer_.annotations_raw, chunk_.annotations_raw);
  Answer::join_arrays(answer_.images_raw, chunk_.images_raw);
  if (!chunk_.audio_raw.empty()) answer_.audio_raw = chunk_.audio_raw;
}

// Content as a list of parts: the texts of its text parts.
void ResponseReader::take_parts() {
  const size_t begin = text_.size();
  answer_.has_content_null = false;
  Cursor at(chunk_.content_parts_raw);
  (void)at.array([&] {
    if (at.peek() != '{') return at.skip();
    Span text;
    const bool ok = at.object([&](std::string_view key) { return key == "text" ? at.string(text) : at.skip(); });
    append_unescaped(text_, text, output_held_);
    return ok;
  });
  add_text(Delta::Kind::output, ThinkingKind::text, begin);
}

void ResponseReader::take_tool_calls() {
  for (const ToolCallDelta& call : chunk_.tool_calls) {
    answer_.add_tool_call(call, chunk_.is_message);
    has_first_token_ = true;
    check_size(size_t{call.id.size} + call.name.size + call.arguments.size + call.arguments_raw.size());
  }
  if (answer_.tool_calls.size() > limits::kToolCallsMax) {
    fail(Errc::response_too_large, "the answer has more than " + std::to_string(limits::kToolCallsMax) + " tool calls");
  }
}

void ResponseReader::report_tool_calls() {
  for (; tool_calls_reported_ < answer_.tool_calls.size(); ++tool_calls_reported_) {
    deltas_.push_back({.kind = Delta::Kind::tool_call,
                       .thinking_kind = ThinkingKind::text,
                       .begin = 0,
                       .size = 0,
                       .tokens = 0,
                       .tool_call = static_cast<uint32_t>(tool_calls_reported_)});
  }
}

// Counts are final when the answer ended as it should, or when the error that ended it brought them along. A running count that more
// of the answer came after is not, nor is a zero beside text that was delivered: nobody measured it.
void ResponseReader::report_usage() {
  if (!saw_usage_ || usage_reported_) return;
  const bool came_with_error = error_ && !chunk_.usage_raw.empty();
  const bool is_whole = !is_usage_overtaken_ && !(has_first_token_ && answer_.usage.completion_tokens == uint64_t{0});
  const bool ended_well = !error_ && is_whole && (saw_done_ || !answer_.finish_reason.empty() || form_ == Form::json);
  answer_.usage.state = came_with_error || ended_well ? UsageState::final_ : UsageState::partial;
  usage_reported_ = true;
  deltas_.push_back({.kind = Delta::Kind::usage, .thinking_kind = ThinkingKind::text, .begin = 0, .size = 0, .tokens = 0, .tool_call = 0});
}

std::optional<Error> ResponseReader::error_without_chat() const {
  if (answer_.invalid_chunks > 0) return make_error(Errc::malformed_response, "the body is not valid JSON of a chat answer");
  if (unknown_chunks_ > 0) {
    return make_error(Errc::not_a_chat_body, "this is " + std::string(name(BodyKind::unknown)) + ", so not one of chat completions");
  }
  const bool is_stream = sse_.comments() > 0 || sse_.fields() > 0;
  if (bytes_ > 0 && !is_stream && form_ == Form::sse) {
    return make_error(Errc::not_a_chat_body, "this is neither an event stream nor a JSON document");
  }
  if (ended_inside_event_) return make_error(Errc::stream_truncated, "the stream broke off inside its first event");
  return make_error(Errc::empty_response, is_stream ? "the stream ended without a single event" : "the body is empty");
}

std::optional<Error> ResponseReader::error_at_end() const {
  if (error_) return error_;
  if (chat_chunks_ == 0) return error_without_chat();
  const std::string& native = answer_.native_finish_reason;
  if (is_malformed_call(native) && answer_.tool_calls.empty()) {
    return make_error(Errc::malformed_function_call, "the model called a function that does not parse (" + native + ")");
  }
  const bool is_native_error = std::find(std::begin(kNativeErrors), std::end(kNativeErrors), native) != std::end(kNativeErrors);
  if (answer_.finish_reason == "error" || is_native_error) {
    return make_error(Errc::midstream_error, "the answer ended in an error that the upstream did not explain");
  }
  if (answer_.invalid_chunks > 0) {
    return make_error(Errc::malformed_response, std::to_string(answer_.invalid_chunks) + " of " + std::to_string(events_) +
                                                    " events were not valid JSON; parts of the answer are missing");
  }
  if (form_ != Form::json && answer_.finish_reason.empty() && !saw_done_) {
    return make_error(Errc::stream_truncated, "the stream broke off: no finish reason and no [DONE]");
  }
  return std::nullopt;
}

Ending ResponseReader::finish() {
  begin_batch();
  if (form_ == Form::detect) body_.clear();
  if (form_ == Form::json && !error_) take_body();
  ended_inside_event_ = sse_.finish() && !saw_done_;  // what follows [DONE] does not count
  const size_t begin = text_.size();
  flush_held(text_, thinking_held_);
  add_text(Delta::Kind::thinking, ThinkingKind::text, begin);
  const size_t output_begin = text_.size();
  flush_held(text_, output_held_);
  add_text(Delta::Kind::output, ThinkingKind::text, output_begin);
  flush_held(answer_.refusal, refusal_held_);
  answer_.flush_held();
  Ending ending;
  ending.error = error_at_end();
  if (!ending.error) report_tool_calls();  // after an error the last one may lack its end
  report_usage();
  if (!ending.error) ending.outcome = outcome_of(answer_);
  return ending;
}

}  // namespace orthink

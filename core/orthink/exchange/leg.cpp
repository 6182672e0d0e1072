// One leg: a request on its way, the head, the body, and how it ends.
#include <algorithm>

#include "orthink/chat/upstream_error.h"
#include "orthink/exchange/state.h"
#include "orthink/policy/billing.h"

namespace orthink {
namespace {

// What a status says about the bill: a closed list of refusals before any work. 429, 503 and 529 are such only in the
// upstream's own words: a gateway in front of it may say the same of work that is under way.
Bill bill_of_status(int status, std::string_view body) {
  switch (status) {
    case 400:
    case 401:
    case 402:
    case 403:
    case 404:
    case 413:
    case 422:
      return Bill::none;
    case 429:
    case 503:
    case 529:
      return is_error_document(body) ? Bill::none : Bill::unknown;
    default:
      return Bill::unknown;
  }
}

// Failures that the upstream put into words, unlike a stream that broke off.
bool is_told_by_upstream(Errc errc) {
  return errc == Errc::midstream_error || (errc >= Errc::upstream_auth && errc <= Errc::upstream_unknown_status) ||
         (errc >= Errc::upstream_key_limit && errc <= Errc::upstream_call_too_dear);
}

Errc errc_of(const input::Lost& lost, bool is_late) {
  switch (lost.where) {
    case input::Lost::Where::resolve:
      return Errc::connect_failed;
    case input::Lost::Where::connect:
      return is_late ? Errc::connect_timeout : Errc::connect_failed;
    case input::Lost::Where::tls:
      return is_late ? Errc::connect_timeout : Errc::tls_failed;
    case input::Lost::Where::sending:
    case input::Lost::Where::waiting:
    case input::Lost::Where::body:
      return Errc::connection_lost;
  }
  return Errc::connection_lost;
}

ResponseReader::Form form_of(const http::Head& head) {
  const std::string_view type = head.find("content-type");
  if (type.find("event-stream") != std::string_view::npos) return ResponseReader::Form::sse;
  return ResponseReader::Form::detect;
}

// Nobody gave the body that is no answer: it came in place of one.
Error foreign_answer(const http::Head& head, const Error& found) {
  if (head.find("content-type").find("html") == std::string_view::npos) return make_error(Errc::malformed_response, found.message);
  return make_error(Errc::malformed_response, "a web page came in place of an answer",
                    "Something between here and the upstream sent it, such as a network's sign-in page: look with a browser, and check "
                    "ORTHINK_BASE_URL.");
}

}  // namespace

void Exchange::State::send() {
  ++leg;
  ++receipt.attempts;
  stage = Stage::connecting;
  is_leg_open = true;
  is_sent = false;
  head = {};
  error_body.clear();
  generation_id.clear();
  provider.clear();
  reader = ResponseReader(ResponseReader::Form::detect);
  leg_started = now;
  connect_by = std::min(now + options.deadlines.connect, call_by);
  first_token_by = idle_by = Instant::never();
  output::SendHttp request;
  request.leg = leg;
  request.request.method = "POST";
  request.request.path = "/chat/completions";
  request.request.headers = {{"content-type", "application/json"}, {"accept", prepared.streams ? "text/event-stream" : "application/json"}};
  request.request.body = prepared.body;
  request.connect_by = connect_by;
  queue(std::move(request));
}

void Exchange::State::on_sent() {
  if (stage == Stage::closing) {
    is_leg_open = false;
    return conclude(make_error(Errc::cancelled, "the call was cancelled"), Bill::unknown);
  }
  if (is_sent) return;
  is_sent = true;
  tell(Decided::sent);
  if (stage == Stage::connecting) stage = Stage::waiting;
  // A whole body is silent until it comes: only the call's deadline counts then.
  const Duration usual =
      prepared.think.expected == ThinkingExpected::no ? limits::kFirstTokenDeadline : limits::kFirstTokenDeadlineThinking;
  if (prepared.streams) first_token_by = now + options.deadlines.first_token.value_or(usual);
}

void Exchange::State::on_head(const http::Head& received) {
  if (stage == Stage::connecting) on_sent();
  if (stage != Stage::waiting) return;
  head = received;
  generation_id = std::string(head.find("x-generation-id"));
  provider = std::string(head.find("x-provider-name"));
  tell(Decided::head);
  if (prepared.streams) idle_by = now + options.deadlines.idle;
  if (head.status != 200) {
    stage = Stage::error_body;
    idle_by = now + options.deadlines.idle;
    if (head.status < 300 || head.status >= 400) return;
    close_leg();
    return conclude(make_error(Errc::redirected, "the upstream redirects to \"" + std::string(head.find("location")) + "\""),
                    Bill::unknown);
  }
  stage = Stage::body;
  reader = ResponseReader(form_of(head), head.status);
  // The handle by which an unknown outcome can be looked up later; not worth a sync to disk, nor a wait.
  if (!generation_id.empty()) note_generation();
  if (is_draining() && stops_billing()) {
    close_leg();
    end_body();
  } else {
    slice();
  }
}

void Exchange::State::on_bytes(std::string_view bytes) {
  if (stage == Stage::error_body) {
    idle_by = now + options.deadlines.idle;
    error_body.append(bytes.substr(0, limits::kErrorBytesMax - error_body.size()));
    if (error_body.size() < limits::kErrorBytesMax) return;
    close_leg();
    return end_error_body();
  }
  if (stage != Stage::body) return;
  idle_by = now + options.deadlines.idle;
  reader.feed(bytes);
  if (!receipt.first_token && reader.has_first_token()) receipt.first_token = now - started;
  queue_deltas();
  if (reader.is_done() || reader.error() || (is_draining() && stops_billing())) {
    close_leg();
    end_body();
  } else {
    slice();
  }
}

void Exchange::State::on_body_end() {
  if (stage == Stage::error_body) {
    is_leg_open = false;
    end_error_body();
  } else if (stage == Stage::body) {
    is_leg_open = false;
    end_body();
  } else {
    on_lost(input::Lost{leg, input::Lost::Where::waiting, true, "the response ended before its head"});
  }
}

void Exchange::State::on_lost(const input::Lost& lost) {
  is_leg_open = false;
  if (stage == Stage::error_body) return end_error_body();
  if (stage == Stage::body) {
    hold_whole();
    return end_body();
  }
  const bool has_left = is_sent || lost.sent_any;
  const Bill bill = has_left ? Bill::unknown : Bill::none;
  Errc errc = errc_of(lost, now >= connect_by);
  if (has_left) errc = Errc::connection_lost;
  std::string message = lost.detail.empty() ? std::string("the connection failed") : lost.detail;
  if (stage == Stage::closing || is_cancelled()) return conclude(make_error(Errc::cancelled, "the call was cancelled"), bill);
  conclude(make_error(errc, std::move(message)), bill);
}

void Exchange::State::queue_deltas() {
  for (const Delta& delta : reader.deltas()) {
    if (delta.kind == Delta::Kind::usage) {
      queue(output::Usage{&reader.answer().usage});
      continue;
    }
    if (is_cancelled()) continue;
    has_delivered = true;
    switch (delta.kind) {
      case Delta::Kind::thinking:
        queue(output::Thinking{reader.text(delta), delta.tokens, delta.thinking_kind});
        break;
      case Delta::Kind::output:
        queue(output::Text{reader.text(delta), delta.tokens});
        break;
      case Delta::Kind::tool_call:
        queue(output::ToolCall{&reader.answer().tool_calls[delta.tool_call]});
        break;
      case Delta::Kind::usage:
        break;
    }
  }
}

// Queued views point at the reader's batch, which finish() overtakes: they are moved to text of our own.
void Exchange::State::keep_views() {
  size_t size = 0;
  const auto view_of = [](Output& out) -> std::string_view* {
    if (auto* thinking = std::get_if<output::Thinking>(&out)) return &thinking->text;
    if (auto* text = std::get_if<output::Text>(&out)) return &text->text;
    return nullptr;
  };
  for (Output& out : outs) {
    if (const std::string_view* view = view_of(out)) size += view->size();
  }
  std::string kept;
  kept.reserve(size);
  for (Output& out : outs) {
    if (std::string_view* view = view_of(out)) {
      const size_t begin = kept.size();
      kept.append(*view);
      *view = std::string_view(kept.data() + begin, view->size());
    }
  }
  kept_text = std::move(kept);
  // Short strings live inside their object, which has just moved.
  size_t begin = 0;
  for (Output& out : outs) {
    if (std::string_view* view = view_of(out)) {
      *view = std::string_view(kept_text.data() + begin, view->size());
      begin += view->size();
    }
  }
}

void Exchange::State::end_body() {
  keep_views();
  Ending ending = reader.finish();
  queue_deltas();
  Answer& answer = reader.answer();
  if (answer.generation_id.empty()) answer.generation_id = generation_id;
  if (answer.provider.empty()) answer.provider = provider;
  if (is_cancelled()) return conclude(make_error(Errc::cancelled, "the call was cancelled"), Bill::unknown);
  if (!ending.error) {
    outcome = ending.outcome;
    return conclude(std::nullopt, Bill::unknown);
  }
  const Bill bill = is_insured(*ending.error) ? Bill::insured : Bill::unknown;
  conclude(ending.error->errc == Errc::not_a_chat_body ? foreign_answer(head, *ending.error) : std::move(*ending.error), bill);
}

// Zero-completion insurance (OpenRouter's documentation) holds where the upstream says that it failed, or its final usage says that nothing was
// generated. A stream that merely broke off is no such word, a missing count is no zero, and what could not be read may have been tokens.
bool Exchange::State::is_insured(const Error& failure) const {
  if (!is_fee_free || has_content() || reader.answer().invalid_chunks > 0) return false;
  const Usage& usage = reader.answer().usage;
  if (usage.completion_tokens.value_or(0) > 0) return false;
  if (usage.completion_tokens && usage.state == UsageState::final_) return true;
  return reader.error() && is_told_by_upstream(failure.errc);
}

// Anything of an answer, be it not yet reported (half a tool call) or never (a refusal's text).
bool Exchange::State::has_content() const {
  const Answer& answer = reader.answer();
  return has_delivered || reader.has_first_token() || !answer.refusal.empty() || !answer.images_raw.empty() || !answer.audio_raw.empty() ||
         !answer.annotations_raw.empty();
}

void Exchange::State::end_error_body() {
  Error failure = error_from_response(head, error_body, now);
  if (failure.provider == std::nullopt && !provider.empty()) failure.provider = provider;
  if (is_cancelled()) failure = make_error(Errc::cancelled, "the call was cancelled");
  conclude(std::move(failure), bill_of_status(head.status, error_body));
}

void Exchange::State::close_leg() {
  is_leg_open = false;
  queue(output::CloseHttp{leg});
}

// The bytes have left and what becomes of them is not known.
void Exchange::State::cut(Error why) {
  close_leg();
  if (stage == Stage::body) {
    keep_views();
    reader.finish();
    if (reader.answer().generation_id.empty()) reader.answer().generation_id = generation_id;
    if (reader.answer().provider.empty()) reader.answer().provider = provider;
  }
  conclude(std::move(why), Bill::unknown);
}

bool Exchange::State::stops_billing() const {
  const std::string& named = reader.answer().provider;
  return prepared.streams && stops_billing_on_cancel(named.empty() ? provider : named);
}

}  // namespace orthink

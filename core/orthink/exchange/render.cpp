#include "orthink/exchange/render.h"

#include "orthink/chat/document.h"
#include "orthink/ledger/batch_json.h"

namespace orthink::render {
namespace {

json::Writer line(Position at, std::string_view type) {
  json::Writer out;
  out.object();
  if (at == Position::first) out.key("schema").number(uint64_t{1});
  out.key("type").string(type);
  return out;
}

std::string closed(json::Writer out) {
  out.end();
  return out.take();
}

void write_text_or_null(json::Writer& out, const std::string& text) {
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

// Rounded up, so that a tick at that millisecond is never early.
void write_instant(json::Writer& out, Instant at) {
  if (at.is_never()) {
    out.null();
  } else {
    out.number(at.us / 1000 + (at.us % 1000 > 0 ? 1 : 0));
  }
}

std::string store(Position at, const StoreBatch& batch) {
  json::Writer out = line(at, "store");
  write_batch(out, batch);
  return closed(std::move(out));
}

std::string send(Position at, const output::SendHttp& request) {
  json::Writer out = line(at, "send");
  out.key("leg").number(uint64_t{request.leg}).key("connect_by_ms");
  write_instant(out, request.connect_by);
  out.key("method").string(request.request.method).key("path").string(request.request.path).key("headers").array();
  for (const http::Header& header : request.request.headers) out.array().string(header.name).string(header.value).end();
  out.end().key("body").string(request.request.body);
  return closed(std::move(out));
}

struct ToJson {
  Position at;
  const Exchange& exchange;

  std::string operator()(const output::Store& o) const { return store(at, o.batch); }
  std::string operator()(const output::SendHttp& o) const { return send(at, o); }
  std::string operator()(const output::CloseHttp& o) const {
    json::Writer out = line(at, "close");
    out.key("leg").number(uint64_t{o.leg});
    return closed(std::move(out));
  }
  std::string operator()(const output::Thinking& o) const { return thinking(at, o.text, o.tokens, o.kind); }
  std::string operator()(const output::Text& o) const { return output(at, o.text, o.tokens); }
  std::string operator()(const output::ToolCall& o) const { return tool_call(at, *o.call); }
  std::string operator()(const output::Usage& o) const { return usage(at, *o.usage); }
  std::string operator()(const output::Heartbeat& o) const { return heartbeat(at, o.phase, o.elapsed); }
  std::string operator()(const output::Complete&) const { return complete(at, exchange.answer(), exchange.outcome(), exchange.receipt()); }
  std::string operator()(const output::Failed&) const { return failed(at, *exchange.error(), exchange.receipt()); }
  std::string operator()(const output::Replay& o) const { return o.line; }
  std::string operator()(const output::WaitUntil& o) const {
    json::Writer out = line(at, "wait");
    out.key("at_ms");
    write_instant(out, o.at);
    return closed(std::move(out));
  }
};

}  // namespace

std::string thinking(Position at, std::string_view text, uint64_t tokens, ThinkingKind kind) {
  json::Writer out = line(at, "thinking");
  out.key("text").string(text).key("tokens").number(tokens).key("kind").string(name(kind));
  return closed(std::move(out));
}

std::string output(Position at, std::string_view text, uint64_t tokens) {
  json::Writer out = line(at, "output");
  out.key("text").string(text).key("tokens").number(tokens);
  return closed(std::move(out));
}

std::string tool_call(Position at, const ToolCall& call) {
  json::Writer out = line(at, "tool_call");
  out.key("index").number(call.index).key("id").string(call.id).key("name").string(call.name).key("arguments").string(call.arguments);
  return closed(std::move(out));
}

std::string usage(Position at, const Usage& usage) {
  json::Writer out = line(at, "usage");
  out.key("state").string(name(usage.state));
  write_usage_counts(out, usage);
  return closed(std::move(out));
}

std::string heartbeat(Position at, std::string_view phase, Duration elapsed) {
  json::Writer out = line(at, "heartbeat");
  out.key("phase").string(phase).key("elapsed_ms").number(elapsed.ms());
  return closed(std::move(out));
}

std::string complete(Position at, const Answer& answer, Outcome outcome, const Receipt& receipt) {
  json::Writer out = line(at, "complete");
  out.key("outcome").string(name(outcome)).key("finish_reason");
  write_text_or_null(out, answer.finish_reason);
  out.key("native_finish_reason");
  write_text_or_null(out, answer.native_finish_reason);
  out.key("message").raw(answer.message_json()).key("receipt").raw(receipt_json(receipt));
  return closed(std::move(out));
}

std::string failed(Position at, const Error& error, const Receipt& receipt) {
  json::Writer out = line(at, "error");
  out.key("error").raw(error_json(error)).key("receipt").raw(receipt_json(receipt));
  return closed(std::move(out));
}

std::string error_json(const Error& error) {
  json::Writer out;
  write_error(out, error);
  return out.take();
}

std::string output_json(Position at, const Output& out, const Exchange& exchange) {
  return std::visit(ToJson{at, exchange}, out);
}

bool is_event(const Output& out) {
  return !std::holds_alternative<output::Store>(out) && !std::holds_alternative<output::SendHttp>(out) &&
         !std::holds_alternative<output::CloseHttp>(out) && !std::holds_alternative<output::WaitUntil>(out);
}

}  // namespace orthink::render

#include "orthink/mcp/act_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace orthink::mcp {
namespace {

using What = news::Changed::What;
constexpr std::array<std::string_view, 4> kChanged{"tools", "prompts", "resources", "resource"};

Error wrong(std::string_view what) { return make_error(Errc::invalid_argument, std::string(what)); }

// Without its line end, which Write has.
std::string_view message_of(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

// JSON text from the work or the wire, which is known to be whole.
void write_json(json::Writer& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out.key(key).raw(text);
}

void write_text(json::Writer& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out.key(key).string(text);
}

struct NewsWriter {
  json::Writer& out;

  void operator()(const news::Progress& progress) const {
    out.key("progress").object().key("done").number(progress.done);
    if (progress.total) out.key("total").number(*progress.total);
    write_text(out, "message", progress.message);
    out.end();
  }
  void operator()(const news::Log& log) const {
    out.key("log").object().key("level").string(name(log.level));
    write_text(out, "logger", log.logger);
    write_json(out, "data", log.data_json);
    out.end();
  }
  void operator()(const news::Ask& ask) const {
    out.key("ask").object().key("tag").number(ask.tag).key("method").string(ask.method);
    write_json(out, "params", ask.params_json);
    out.end();
  }
  void operator()(const news::Changed& changed) const {
    out.key("changed").object().key("what").string(kChanged[static_cast<size_t>(changed.what)]);
    write_text(out, "uri", changed.uri);
    out.end();
  }
  void operator()(const news::Result& result) const { out.key("result").raw(result.json); }
  void operator()(const news::InputRequired& required) const {
    out.key("input_required").object();
    write_json(out, "requests", required.requests_json);
    write_text(out, "state", required.state);
    out.end();
  }
  void operator()(const news::Fault& fault) const {
    out.key("fault").object().key("code").number(int64_t{fault.code}).key("message").string(fault.message);
    write_json(out, "data", fault.data_json);
    out.end();
  }
  void operator()(const news::Cancelled&) const { out.key("cancelled").object().end(); }
  void operator()(const news::Answer& answer) const {
    out.key("answer").object().key("ask_id").string(answer.ask_id);
    write_json(out, "answer", answer.json);
    out.end();
  }
};

void write_call(json::Writer& out, const Call& call) {
  out.key("number").number(call.number).key("method").string(call.method).key("name").string(call.name);
  out.key("arguments").value(call.arguments).key("params").value(call.params);
  out.key("era").string(call.era == Era::modern ? "modern" : "legacy").key("revision").string(call.revision);
  out.key("client_capabilities").value(call.client_capabilities).key("client_name").string(call.client_name);
  out.key("wants_progress").boolean(call.wants_progress).key("log_level");
  if (call.log_level)
    out.string(name(*call.log_level));
  else
    out.null();
  out.key("traceparent").string(call.traceparent).key("tracestate").string(call.tracestate);
  out.key("input_responses").value(call.input_responses).key("state").string_or_null(call.state);
}

// The members of each act behind its type.
struct ActWriter {
  json::Writer& out;

  void operator()(const act::Write& write) const { type("write").key("message").raw(message_of(write.line)); }
  void operator()(const act::Start& start) const { write_call(type("start"), start.call); }
  void operator()(const act::Cancel& cancel) const { type("cancel").key("number").number(cancel.number); }
  void operator()(const act::Heard& heard) const {
    type("heard").key("number").number(heard.number).key("tag").number(heard.tag).key("answer").raw(heard.answer_json);
  }
  void operator()(const act::Close&) const { type("close"); }
  void operator()(const act::WaitUntil& wait) const {
    type("wait").key("at_ms");
    if (wait.at.is_never())
      out.null();
    else
      out.number(wait.at.ms());
  }
  void operator()(const act::Head& head) const {
    type("head").key("status").number(int64_t{head.status}).key("headers").array();
    for (const orthink::http::Header& header : head.headers) out.array().string(header.name).string(header.value).end();
    out.end().key("stream").boolean(head.is_stream);
  }
  void operator()(const act::Body& body) const { type("body").key("text").string(body.bytes); }
  void operator()(const act::End&) const { type("end"); }
  void operator()(const act::Enlist& enlist) const { type("enlist").key("key").string(enlist.key).key("number").number(enlist.number); }
  void operator()(const act::Deliver& deliver) const {
    type("deliver").key("key").string(deliver.key).key("news").object();
    std::visit(NewsWriter{out}, deliver.news);
    out.end();
  }

 private:
  json::Writer& type(std::string_view type) const { return out.object().key("type").string(type); }
};

template <class Act>
std::string any_act_json(const Act& act) {
  json::Writer out;
  std::visit(ActWriter{out}, act);
  return out.end().take();
}

// The one member of an object that names what happened.
const json::Member* only_member(const json::Value& object) {
  const bool is_one = object.is_object() && object.members().size() == 1;
  return is_one ? &object.members().front() : nullptr;
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

std::string json_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr ? json::dump(*value) : std::string();
}

std::optional<uint64_t> number_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr ? value->as_u64() : std::nullopt;
}

std::optional<int> code_at(const json::Value& object) {
  const json::Value* value = object.find("code");
  if (value == nullptr || !value->is_number()) return std::nullopt;
  int code = 0;
  const char* end = value->text().data() + value->text().size();
  const auto [stop, error] = std::from_chars(value->text().data(), end, code);
  return error == std::errc{} && stop == end ? std::optional(code) : std::nullopt;
}

Result<News> read_progress(const json::Value& value) {
  const std::optional<uint64_t> done = number_at(value, "done");
  if (!done) return wrong("progress needs \"done\", a whole number");
  return News(news::Progress{*done, number_at(value, "total"), text_at(value, "message")});
}

Result<News> read_log(const json::Value& value) {
  const std::optional<LogLevel> level = log_level_named(text_at(value, "level"));
  if (!level) return wrong("log needs \"level\", one of the eight severities");
  return News(news::Log{*level, text_at(value, "logger"), json_at(value, "data")});
}

Result<News> read_ask(const json::Value& value) {
  const std::optional<uint64_t> tag = number_at(value, "tag");
  if (!tag || text_at(value, "method").empty()) return wrong("ask needs \"tag\", a whole number, and \"method\"");
  return News(news::Ask{*tag, text_at(value, "method"), json_at(value, "params")});
}

Result<News> read_changed(const json::Value& value) {
  const auto found = std::find(kChanged.begin(), kChanged.end(), text_at(value, "what"));
  if (found == kChanged.end()) return wrong("changed needs \"what\": tools, prompts, resources or resource");
  return News(news::Changed{static_cast<What>(found - kChanged.begin()), text_at(value, "uri")});
}

Result<News> read_fault(const json::Value& value) {
  const std::optional<int> code = code_at(value);
  if (!code) return wrong("fault needs \"code\", a whole number");
  return News(news::Fault{*code, text_at(value, "message"), json_at(value, "data")});
}

Result<event::NewsOf> read_news_of(const json::Value& value) {
  const std::optional<uint64_t> number = number_at(value, "number");
  const json::Value* inner = value.find("news");
  if (!number || inner == nullptr) return wrong("news need \"number\", that of a call, and \"news\"");
  Result<News> news = read_news(*inner);
  if (!news) return news.error();
  return event::NewsOf{*number, std::move(*news)};
}

// What both kinds of host may hand in.
template <class Event>
std::optional<Result<Event>> common_event(const json::Member& member) {
  if (member.key == "stop") return Event(event::Stop{});
  if (member.key == "tick") return Event(event::Tick{});
  if (member.key != "news") return std::nullopt;
  Result<event::NewsOf> news = read_news_of(member.value);
  if (!news) return news.error();
  return Event(std::move(*news));
}

}  // namespace

std::string act_json(const ChannelAct& act) { return any_act_json(act); }
std::string act_json(const HttpAct& act) { return any_act_json(act); }

Result<News> read_news(const json::Value& object) {
  const json::Member* member = only_member(object);
  if (member == nullptr || !member->value.is_object()) return wrong("news are an object with one member, an object");
  const json::Value& value = member->value;
  if (member->key == "progress") return read_progress(value);
  if (member->key == "log") return read_log(value);
  if (member->key == "ask") return read_ask(value);
  if (member->key == "changed") return read_changed(value);
  if (member->key == "result") return News(news::Result{json::dump(value)});
  if (member->key == "input_required") return News(news::InputRequired{json_at(value, "requests"), text_at(value, "state")});
  if (member->key == "fault") return read_fault(value);
  if (member->key == "cancelled") return News(news::Cancelled{});
  if (member->key == "answer") return News(news::Answer{text_at(value, "ask_id"), json_at(value, "answer")});
  return wrong("there are no news of this name");
}

Result<ChannelEvent> read_channel_event(const json::Value& object) {
  const json::Member* member = only_member(object);
  if (member == nullptr) return wrong("an event is an object with one member");
  if (auto common = common_event<ChannelEvent>(*member)) return std::move(*common);
  if (member->key == "message") return ChannelEvent(event::Line{json::dump(member->value)});
  if (member->key == "line") return ChannelEvent(event::Line{text_at(member->value, "text")});
  if (member->key == "too_long") return ChannelEvent(event::TooLong{});
  if (member->key == "eof") return ChannelEvent(event::Eof{});
  return wrong("a channel knows the events message, line, too_long, news, eof, stop and tick");
}

Result<HttpEvent> read_http_event(const json::Value& object) {
  const json::Member* member = only_member(object);
  if (member == nullptr) return wrong("an event is an object with one member");
  if (auto common = common_event<HttpEvent>(*member)) return std::move(*common);
  if (member->key == "closed") return HttpEvent(event::Closed{});
  return wrong("an exchange knows the events news, closed, stop and tick");
}

}  // namespace orthink::mcp

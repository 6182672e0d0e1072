// Acts and events as JSON: what hosts in JavaScript carry out and hand in, and what whole conversations are written down in.
//
// Acts, one object each:
//   {"type":"write","message":M}                              a line of standard output
//   {"type":"head","status":N,"headers":[[name,value],...],"stream":B}   {"type":"body","text":T}   {"type":"end"}   {"type":"close"}
//   {"type":"start","number":N,"method","name","arguments","params","era":"legacy|modern","revision","client_capabilities","client_name",
//    "wants_progress":B,"log_level":LEVEL|null,"traceparent","tracestate","input_responses","state":T|null}
//   {"type":"cancel","number":N}   {"type":"heard","number":N,"tag":N,"answer":{...}}   {"type":"wait","at_ms":N|null}
//   {"type":"enlist","key":K,"number":N}   {"type":"deliver","key":K,"news":{...}}
// Events, an object with one member that names what happened:
//   {"message":M}, a line that is JSON  {"line":{"text":T}}, any line  {"too_long":{}}  {"eof":{}}  {"closed":{}}  {"stop":{}}  {"tick":{}}  {"news":{"number":N,"news":{...}}}
// News, an object with one member:
//   {"progress":{"done":N[,"total":N][,"message":T]}}   {"log":{"level":L[,"logger":T],"data":J}}   {"ask":{"tag":N,"method":M,"params":J}}
//   {"changed":{"what":"tools|prompts|resources|resource"[,"uri":T]}}   {"result":{...}}   {"input_required":{["requests":{...}][,"state":T]}}
//   {"fault":{"code":N,"message":T[,"data":J]}}   {"cancelled":{}}   {"answer":{"ask_id":T,"answer":{...}}}
// Thread rule: pure functions.
#pragma once

#include <string>

#include "orthink/base/result.h"
#include "orthink/mcp/events.h"
#include "orthink/wire/json.h"

namespace orthink::mcp {

std::string act_json(const ChannelAct& act);
std::string act_json(const HttpAct& act);

// Errc::invalid_argument says what is wrong with it.
Result<ChannelEvent> read_channel_event(const json::Value& object);
Result<HttpEvent> read_http_event(const json::Value& object);
Result<News> read_news(const json::Value& object);

}  // namespace orthink::mcp

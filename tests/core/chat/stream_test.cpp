// Guards ResponseReader: what each shape of a stream or body becomes, how each wrong ending is told apart, the caps, and that no
// cut changes anything.
#include "orthink/chat/stream.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/slicer.h"
#include "tests/support/transcript.h"

namespace orthink {
namespace {

std::string event(std::string_view chunk) {
  return "data: " + std::string(chunk) + "\n\n";
}
std::string delta(std::string_view members, std::string_view rest = "") {
  return event(R"({"id":"gen-1","model":"m","provider":"P","choices":[{"index":0,"delta":{)" + std::string(members) + "}" + std::string(rest) + "}]}");
}
const std::string kStop = delta("", R"(,"finish_reason":"stop")");
const std::string kDone = "data: [DONE]\n\n";

// Decodes under every cut, checks that they agree, and returns the one reading.
test::Decoded decode(std::string_view body) {
  const test::Decoded whole = test::decode({body});
  CHECK(test::transcript(test::slices_bytes(body)) == whole.transcript);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    CHECK(test::transcript(test::slices_seeded(body, seed, 40)) == whole.transcript);
  }
  return whole;
}

std::optional<Errc> errc_of(std::string_view body) {
  const test::Decoded decoded = decode(body);
  return decoded.ending.error ? std::optional(decoded.ending.error->errc) : std::nullopt;
}

TEST_CASE("a stream becomes deltas in the order of its chunks") {
  const std::string body = ": OPENROUTER PROCESSING\n\n" + delta(R"("role":"assistant","content":"","reasoning":"Let me")") +
                           delta(R"("content":"","reasoning":" see.")") + ": OPENROUTER PROCESSING\n\n" + delta(R"("content":"4")") +
                           delta(R"("content":"2","reasoning":null)") + kStop +
                           event(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"cost":0.00001,)"
                                 R"("completion_tokens_details":{"reasoning_tokens":3}}})") + kDone;
  CHECK(decode(body).transcript ==
        "thinking/text 2 [Let me]\nthinking/text 4 [ see.]\noutput 1 [4]\noutput 2 [2]\nusage final 9 5 3 0.00001\nanswered stop/\n"
        "message {\"role\":\"assistant\",\"content\":\"42\",\"reasoning\":\"Let me see.\"}\nfrom gen-1 m P comments 2 invalid 0\n");
}

TEST_CASE("a whole body, also behind white space or a BOM, becomes the same") {
  const std::string body = R"({"id":"gen-1","model":"m","provider":"P","choices":[{"index":0,"message":{"role":"assistant","content":"42",)"
                           R"("reasoning":"Let me see."},"finish_reason":"stop","native_finish_reason":"end_turn"}],"usage":{"prompt_tokens":9}})";
  const std::string expected = "thinking/text 4 [Let me see.]\noutput 2 [42]\nusage final 9 ? ? ?\nanswered stop/end_turn\n"
                               "message {\"role\":\"assistant\",\"content\":\"42\",\"reasoning\":\"Let me see.\"}\nfrom gen-1 m P comments 0 invalid 0\n";
  CHECK(decode(body).transcript == expected);
  CHECK(decode("\n         \n\n         " + body + "\n").transcript == expected);
  CHECK(decode("\xEF\xBB\xBF" + body).transcript == expected);
  CHECK(test::transcript({body}, ResponseReader::Form::json) == expected);
}

TEST_CASE("thinking comes from one source: reasoning, else reasoning_content, else the details") {
  CHECK(decode(delta(R"("reasoning":"a","reasoning_content":"a","reasoning_details":[{"type":"reasoning.text","text":"a"}])") + kStop).answer.thinking == "a");
  CHECK(decode(delta(R"("reasoning_content":"b","reasoning_details":[{"type":"reasoning.text","text":"c"}])") + kStop).answer.thinking == "b");
  CHECK(decode(delta(R"("reasoning":null,"reasoning_details":[{"type":"reasoning.text","text":"c"},{"type":"reasoning.summary","summary":"d"}])") + kStop)
            .answer.thinking == "cd");
}

TEST_CASE("the kind of thinking is said; the unreadable kind is reported without text") {
  const test::Decoded decoded = decode(delta(R"("reasoning":"s","reasoning_details":[{"type":"reasoning.summary","summary":"s","index":0}])") +
                                       delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"AAAA","index":1}])") +
                                       delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"BBBB","index":1}])") + delta(R"("content":"x")") + kStop);
  CHECK(decoded.transcript.substr(0, 73) == "thinking/summary 1 [s]\nthinking/encrypted 1 []\noutput 1 [x]\nanswered stop");
  CHECK(decoded.answer.saw_encrypted);
  CHECK(decoded.answer.details.back().data == "AAAABBBB");
}

TEST_CASE("content as a list of parts is the text of its text parts") {
  CHECK(decode(delta(R"("content":[{"type":"text","text":"a"},{"type":"image"},7,{"type":"text","text":"b"}])") + kStop).answer.output == "ab");
}

TEST_CASE("tool calls are reported once, whole, when the stream has ended") {
  const std::string call = delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}])") +
                           delta(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])");
  const test::Decoded decoded = decode(call + delta("", R"(,"finish_reason":"tool_calls")") + delta("", R"(,"finish_reason":"tool_calls")") + kDone);
  CHECK(decoded.transcript.substr(0, 46) == "tool_call 0 a f {\"x\":1}\ntool_calls tool_calls/");
  CHECK(decoded.ending.outcome == Outcome::tool_calls);
  const std::string late = delta(R"("tool_calls":[{"index":0,"function":{"arguments":" "}}])");
  const test::Decoded behind = decode(call + delta("", R"(,"finish_reason":"tool_calls")") + late + kDone);
  CHECK(behind.transcript.find("tool_call 0 a f {\"x\":1} \n") == 0);
  const test::Decoded broken = decode(call);
  CHECK(broken.transcript.find("tool_call 0") == std::string::npos);
  CHECK(broken.ending.error->errc == Errc::stream_truncated);
  CHECK(decode(call + kDone).transcript.find("tool_call 0 a f {\"x\":1}") == 0);
}

TEST_CASE("surrogate pairs split over chunks are joined; what stays alone is replaced at the end") {
  CHECK(decode(delta(R"("content":"a\ud83d")") + delta(R"("content":"\ude00b")") + kStop).answer.output == "a\xF0\x9F\x98\x80" "b");
  CHECK(decode(delta(R"("reasoning":"\ud83d")") + delta(R"("content":"x")") + delta(R"("reasoning":"\ude00")") + kStop).answer.thinking == "\xF0\x9F\x98\x80");
  CHECK(decode(delta(R"("content":"a\ud83d")") + kStop).answer.output == "a\xEF\xBF\xBD");
}

TEST_CASE("a finish reason that is empty is none, one that comes twice is one") {
  CHECK(errc_of(delta(R"("content":"a")", R"(,"finish_reason":"")")) == Errc::stream_truncated);
  const test::Decoded decoded = decode(delta(R"("content":"a")", R"(,"finish_reason":"")") + delta(R"("content":"b")") + kStop + kStop + kDone);
  CHECK_FALSE(decoded.ending.error);
  CHECK(decoded.answer.output == "ab");
}

TEST_CASE("errors inside a stream, in every form they come") {
  const std::string start = delta(R"("content":"par")");
  CHECK(errc_of(start + event(R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"Provider disconnected"}})")));
  CHECK(errc_of(start + delta("", R"(,"finish_reason":"length")") + event(R"({"choices":[{"index":0,"delta":{},"finish_reason":null}],"error":{"code":400,"message":"x"}})") + kDone));
  CHECK(errc_of(start + event(R"({"choices":[],"error":{"code":503,"message":"x"}})")));
  CHECK(errc_of(start + event(R"({"error":{"code":429,"message":"x"}})")));
  CHECK(errc_of(start + event(R"({"error":"boom"})")));
  CHECK(errc_of(start + delta("", R"(,"error":{"code":500,"message":"x"},"finish_reason":"error")")));
  CHECK(errc_of(start + delta("", R"(,"finish_reason":"error")") + kDone) == Errc::midstream_error);
  CHECK(errc_of(start + delta("", R"(,"finish_reason":"stop","native_finish_reason":"network_error")") + kDone) == Errc::midstream_error);
  CHECK(errc_of(start + delta("", R"(,"finish_reason":"stop","native_finish_reason":"error")") + kDone) == Errc::midstream_error);
  CHECK(errc_of(delta(R"("content":null)", R"(,"finish_reason":"stop","native_finish_reason":"MALFORMED_FUNCTION_CALL")") + kDone) == Errc::malformed_function_call);
  CHECK(errc_of(R"({"choices":[{"index":0,"message":{"content":"par"},"finish_reason":"error","error":{"code":502,"message":"x"}}]})"));
  CHECK(errc_of(R"(   {"error":{"code":429,"message":"x"},"user_id":"u"})") == Errc::upstream_rate_limited);
}

TEST_CASE("usage beside an error is final, usage before a broken end is partial, absent usage is none") {
  const std::string usage = R"("usage":{"prompt_tokens":43,"completion_tokens":10}})";
  const test::Decoded with_error = decode(delta(R"("content":"a")") + event(R"({"error":{"code":400,"message":"x"},"choices":[],)" + usage));
  CHECK(with_error.answer.usage.state == UsageState::final_);
  CHECK(with_error.transcript.find("usage final 43 10") != std::string::npos);
  const test::Decoded broken = decode(event(R"({"choices":[{"index":0,"delta":{"content":"a"}}],)" + usage));
  CHECK(broken.answer.usage.state == UsageState::partial);
  CHECK(broken.ending.error->errc == Errc::stream_truncated);
  CHECK(decode(delta(R"("content":"a")") + kStop).answer.usage.state == UsageState::none);
  const test::Decoded twice = decode(event(R"({"choices":[],)" + usage) + kStop + event(R"({"choices":[],"usage":{"prompt_tokens":44}})") + kDone);
  CHECK(twice.answer.usage.prompt_tokens == 44);
  CHECK(twice.transcript.find("usage final 44 ? ? ?\n") == 0);
}

TEST_CASE("a running count that the answer overtook, and zeros beside text, are not final") {
  const auto counted = [](uint64_t completion, std::string_view choices) {
    return event(R"({"choices":[)" + std::string(choices) + R"(],"usage":{"prompt_tokens":9,"completion_tokens":)" + std::to_string(completion) + "}}");
  };
  const std::string text = delta(R"("content":"42")");
  const std::string running = counted(1, R"({"index":0,"delta":{"content":"4"}})");
  const std::string stopping = counted(2, R"({"index":0,"delta":{"content":"2"},"finish_reason":"stop"})");
  const auto has = [](const std::string& body, std::string_view line) { return decode(body).transcript.find(line) != std::string::npos; };
  CHECK(has(running + text + kStop, "usage partial 9 1"));
  CHECK(has(running + kStop + kDone, "usage partial 9 1"));
  CHECK(has(running + kStop + counted(3, "") + kDone, "usage final 9 3"));
  CHECK(has(running + stopping, "usage final 9 2"));
  CHECK(has(text + kStop + counted(3, "") + text + kDone, "usage final 9 3"));
  CHECK(has(text + kStop + counted(0, "") + kDone, "usage partial 9 0"));
  CHECK(has(delta("") + counted(0, "") + kDone, "usage final 9 0"));
}

TEST_CASE("nothing, half and broken are told apart") {
  CHECK(errc_of("") == Errc::empty_response);
  CHECK(errc_of("  \n ") == Errc::empty_response);
  CHECK(errc_of(": OPENROUTER PROCESSING\n\n") == Errc::empty_response);
  CHECK(errc_of(kDone) == Errc::empty_response);
  CHECK(errc_of(kDone + "data: {\"choices\":[") == Errc::empty_response);
  CHECK(errc_of("data: {\"choices\":[") == Errc::stream_truncated);
  CHECK(errc_of(delta(R"("content":"a")")) == Errc::stream_truncated);
  CHECK(errc_of(delta(R"("content":"a")") + "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n") == Errc::stream_truncated);
  CHECK_FALSE(errc_of(delta(R"("content":"a")") + kStop));
  CHECK_FALSE(errc_of(delta(R"("content":"a")") + kDone));
  CHECK(errc_of("{\"choices\":[") == Errc::malformed_response);
  CHECK(errc_of("data: nonsense\n\n") == Errc::malformed_response);
  CHECK(errc_of(delta(R"("content":"a")") + "data: {\"choices\":[{]}\n\n" + kStop + kDone) == Errc::malformed_response);
  CHECK(decode(delta("") + kDone).ending.outcome == Outcome::empty);
}

TEST_CASE("foreign bodies are refused by name, streamed and whole") {
  const auto refusal = [](std::string_view body) {
    const test::Decoded decoded = decode(body);
    REQUIRE(decoded.ending.error);
    CHECK(decoded.ending.error->errc == Errc::not_a_chat_body);
    return decoded.ending.error->message;
  };
  CHECK(refusal("event: message_start\ndata: {\"type\":\"message_start\"}\n\n") == "this is an Anthropic Messages body, not one of chat completions");
  CHECK(refusal(event(R"({"type":"response.created"})")) == "this is an OpenAI Responses body, not one of chat completions");
  CHECK(refusal(event(R"({"candidates":[]})")) == "this is a Gemini generateContent body, not one of chat completions");
  CHECK(refusal(R"({"data":[{"id":"a/b"}]})") == "this is a models list, not one of chat completions");
  CHECK(refusal("{}") == "this is none of the known kinds of body, so not one of chat completions");
  CHECK(refusal("<!doctype html><html></html>") == "this is neither an event stream nor a JSON document");
  CHECK(refusal("hello") == "this is neither an event stream nor a JSON document");
  CHECK_FALSE(errc_of(event(R"({"debug":{"echo_upstream_body":{}}})") + delta(R"("content":"a")") + kStop + kDone));
}

TEST_CASE("what comes after [DONE] or an error is ignored") {
  CHECK(decode(delta(R"("content":"a")") + kStop + kDone + delta(R"("content":"b")")).answer.output == "a");
  CHECK(decode(delta(R"("content":"a")") + event(R"({"error":{"code":500,"message":"x"}})") + delta(R"("content":"b")")).answer.output == "a");
}

TEST_CASE("hostile sizes end in an error, not in memory") {
  const std::string big(10'000'000, 'x');
  CHECK(test::decode({delta("\"content\":\"" + big + "\"") + kStop}).answer.output.size() == big.size());
  CHECK(errc_of("{\"choices\":" + std::string(200'000, '[')) == Errc::malformed_response);
  ResponseReader line;
  line.feed("data: ");
  for (int i = 0; i < 2 && !line.error(); ++i) line.feed(big);
  REQUIRE(line.error());
  CHECK(line.error()->errc == Errc::response_too_large);
  ResponseReader whole;
  whole.feed("{\"a\":\"");
  for (int i = 0; i < 4 && !whole.error(); ++i) whole.feed(big);
  REQUIRE(whole.error());
  CHECK(whole.error()->errc == Errc::response_too_large);
  ResponseReader answer;
  const std::string chunk = delta("\"content\":\"" + big + "\"");
  for (int i = 0; i < 7 && !answer.error(); ++i) answer.feed(chunk);
  REQUIRE(answer.error());
  CHECK(answer.error()->errc == Errc::response_too_large);
  std::string calls;
  for (int i = 0; i < 1'001; ++i) calls += delta("\"tool_calls\":[{\"index\":" + std::to_string(i) + ",\"id\":\"c\"}]");
  CHECK(test::decode({calls}).ending.error->errc == Errc::response_too_large);
}

TEST_CASE("invalid UTF-8 makes its event invalid and nothing else") {
  const test::Decoded decoded = decode(delta(R"("content":"a")") + delta("\"content\":\"\xC3\x28\"") + delta(R"("content":"b")") + kStop + kDone);
  CHECK(decoded.answer.output == "ab");
  CHECK(decoded.answer.invalid_chunks == 1);
  CHECK(decoded.ending.error->message == "1 of 5 events were not valid JSON; parts of the answer are missing");
}

}  // namespace
}  // namespace orthink

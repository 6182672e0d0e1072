// Guards what an answer keeps for the next turn: the merge of reasoning_details, tool calls in pieces, and what an ending means.
#include "orthink/chat/answer.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tests/support/transcript.h"

namespace orthink {
namespace {

// The stream of these deltas, each one chunk.
std::string stream_of(const std::vector<std::string>& deltas, std::string_view finish = "stop") {
  std::string out;
  for (const std::string& delta : deltas) out += R"(data: {"choices":[{"index":0,"delta":{)" + delta + "}}]}\n\n";
  return out + R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":")" + std::string(finish) + "\"}]}\n\ndata: [DONE]\n\n";
}

std::string message_of(const std::vector<std::string>& deltas, std::string_view finish = "stop") {
  const std::string stream = stream_of(deltas, finish);
  const test::Decoded decoded = test::decode({stream});
  CHECK(test::transcript(test::slices_bytes(stream)) == decoded.transcript);
  CHECK_FALSE(decoded.ending.error);
  return decoded.answer.message_json();
}

std::string details_of(const std::vector<std::string>& items) {
  std::vector<std::string> deltas;
  for (const std::string& item : items) deltas.push_back("\"reasoning_details\":[" + item + "]");
  const std::string message = message_of(deltas);
  const std::string head = R"({"role":"assistant","content":"","reasoning_details":)";
  REQUIRE(message.substr(0, head.size()) == head);
  return message.substr(head.size(), message.size() - head.size() - 1);
}

TEST_CASE("pieces of one thinking block are joined, a signature of its own completes it") {
  CHECK(details_of({R"({"type":"reasoning.text","text":"","signature":"","index":0,"format":"anthropic-claude-v1"})",
                    R"({"type":"reasoning.text","text":"Let ","index":0,"format":"anthropic-claude-v1"})",
                    R"({"type":"reasoning.text","text":"me.","index":0,"format":"anthropic-claude-v1"})",
                    R"({"type":"reasoning.text","signature":"Eq==","index":0,"format":"anthropic-claude-v1"})"}) ==
        R"([{"type":"reasoning.text","text":"Let me.","signature":"Eq==","index":0,"format":"anthropic-claude-v1"}])");
}

TEST_CASE("text behind a finished signature begins a new block, a signature alone does not") {
  CHECK(details_of({R"({"type":"reasoning.text","text":"a","signature":"S1","index":0})", R"({"type":"reasoning.text","text":"b","index":0})"}) ==
        R"([{"type":"reasoning.text","text":"a","signature":"S1","index":0},{"type":"reasoning.text","text":"b","index":0}])");
  CHECK(details_of({R"({"type":"reasoning.text","text":"a","index":0})", R"({"type":"reasoning.text","signature":"S","index":0})",
                    R"({"type":"reasoning.text","text":"","index":0})"}) ==
        R"([{"type":"reasoning.text","text":"a","index":0,"signature":"S"}])");
}

TEST_CASE("blocks are told apart by type and index together") {
  CHECK(details_of({R"({"type":"reasoning.summary","summary":"s1","index":0})", R"({"type":"reasoning.encrypted","data":"d1","index":0})",
                    R"({"type":"reasoning.summary","summary":"s2","index":0})", R"({"type":"reasoning.summary","summary":"x","index":1})",
                    R"({"type":"reasoning.encrypted","data":"d2","index":0})"}) ==
        R"([{"type":"reasoning.summary","summary":"s1s2","index":0},{"type":"reasoning.encrypted","data":"d1d2","index":0},)"
        R"({"type":"reasoning.summary","summary":"x","index":1}])");
}

TEST_CASE("encrypted blocks of different ids are not joined") {
  CHECK(details_of({R"({"type":"reasoning.encrypted","data":"d1","id":"rs_1","index":0})", R"({"type":"reasoning.encrypted","data":"d2","id":"rs_2","index":0})"}) ==
        R"([{"type":"reasoning.encrypted","data":"d1","id":"rs_1","index":0},{"type":"reasoning.encrypted","data":"d2","id":"rs_2","index":0}])");
}

TEST_CASE("without an index the last block goes on if its type is the same") {
  CHECK(details_of({R"({"type":"reasoning.text","text":"a"})", R"({"type":"reasoning.text","text":"b"})", R"({"type":"reasoning.encrypted","data":"d"})",
                    R"({"type":"reasoning.text","text":"c"})"}) ==
        R"([{"type":"reasoning.text","text":"ab"},{"type":"reasoning.encrypted","data":"d"},{"type":"reasoning.text","text":"c"}])");
}

TEST_CASE("what is not known is kept byte for byte and in order; so is a block of one piece") {
  const std::string odd = R"({ "z":[1, 2.50], "type":"reasoning.text","text":"\u0061\/","x":{"b":1,"a":1e400},"signature":null})";
  CHECK(details_of({odd}) == "[" + odd + "]");
  CHECK(details_of({R"({"z":[1, 2.50],"type":"reasoning.text","index":0,"text":"\u0061","id":null})", R"({"type":"reasoning.text","text":"b","index":0,"q":1e400})"}) ==
        R"([{"z":[1, 2.50],"type":"reasoning.text","index":0,"text":"ab","id":null,"q":1e400}])");
  CHECK(details_of({R"({"type":"reasoning.text","index":0,"id":null,"text":null})", R"({"type":"reasoning.text","index":0,"id":"i","text":"t"})"}) ==
        R"([{"type":"reasoning.text","index":0,"id":"i","text":"t"}])");
}

TEST_CASE("a surrogate pair split over two pieces of a block is joined") {
  CHECK(details_of({R"({"type":"reasoning.text","text":"\ud83d","index":0})", R"({"type":"reasoning.text","text":"\ude00","index":0})"}) ==
        "[{\"type\":\"reasoning.text\",\"text\":\"\xF0\x9F\x98\x80\",\"index\":0}]");
  CHECK(details_of({R"({"type":"reasoning.text","text":"a","index":0})", R"({"type":"reasoning.text","text":"\ud83d","index":0})"}) ==
        "[{\"type\":\"reasoning.text\",\"text\":\"a\xEF\xBF\xBD\",\"index\":0}]");
}

TEST_CASE("thinking goes back once: as details, else under the name it came by; an empty list goes back as well") {
  CHECK(message_of({R"("reasoning":"r","content":"c")"}) == R"({"role":"assistant","content":"c","reasoning":"r"})");
  CHECK(message_of({R"("reasoning_content":"r","content":"c")"}) == R"({"role":"assistant","content":"c","reasoning_content":"r"})");
  CHECK(message_of({R"("reasoning":"r","reasoning_details":[{"type":"reasoning.text","text":"r"}],"content":"c")"}) ==
        R"({"role":"assistant","content":"c","reasoning_details":[{"type":"reasoning.text","text":"r"}]})");
  CHECK(message_of({R"("content":"c","reasoning_details":[])"}) == R"({"role":"assistant","content":"c","reasoning_details":[]})");
  CHECK(message_of({R"("content":"c")"}) == R"({"role":"assistant","content":"c"})");
}

TEST_CASE("tool calls are put together from their pieces") {
  CHECK(message_of({R"("content":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}])",
                    R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}])",
                    R"("tool_calls":[{"index":1,"function":{"arguments":"}"}},{"index":0,"function":{"arguments":"1}"}}])"},
                   "tool_calls") ==
        R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},)"
        R"({"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]})");
}

TEST_CASE("tool calls without index, with one index for all, or with arguments as an object") {
  const std::string two = R"("tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},)"
                          R"({"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]})";
  const std::string head = R"({"role":"assistant","content":null,)";
  CHECK(message_of({R"("tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}])", R"("tool_calls":[{"function":{"arguments":"}"}}])",
                    R"("tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}])"}) == head + two);
  CHECK(message_of({R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                    R"("tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}])"}) == head + two);
  CHECK(message_of({R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{}}},{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}])"}) ==
        head + two);
}

TEST_CASE("annotations of several chunks become one list") {
  std::string list;
  Answer::join_arrays(list, "[]");
  CHECK(list == "[]");
  Answer::join_arrays(list, "[{\"a\":1}]");
  Answer::join_arrays(list, "[ ]");
  Answer::join_arrays(list, "[2, 3]");
  CHECK(list == "[{\"a\":1},2, 3]");
  Answer::join_arrays(list, "[{\"a\":1},2, 3]");
  CHECK(list == "[{\"a\":1},2, 3]");
}

TEST_CASE("what an ending means") {
  Answer answer;
  CHECK(outcome_of(answer) == Outcome::empty);
  answer.finish_reason = "stop";
  answer.output = " \n";
  CHECK(outcome_of(answer) == Outcome::empty);
  answer.output = "x";
  CHECK(outcome_of(answer) == Outcome::answered);
  answer.finish_reason = "length";
  CHECK(outcome_of(answer) == Outcome::truncated);
  answer.output.clear();
  CHECK(outcome_of(answer) == Outcome::empty);
  answer.usage.completion_tokens = 50;
  CHECK(outcome_of(answer) == Outcome::thinking_used_all);
  answer.usage = {};
  answer.thinking = "t";
  CHECK(outcome_of(answer) == Outcome::thinking_used_all);
  answer.tool_calls.emplace_back();
  CHECK(outcome_of(answer) == Outcome::truncated);
  answer.finish_reason = "tool_calls";
  CHECK(outcome_of(answer) == Outcome::tool_calls);
  answer.finish_reason = "content_filter";
  CHECK(outcome_of(answer) == Outcome::filtered);
  answer.finish_reason = "stop";
  answer.tool_calls.clear();
  answer.refusal = "no";
  CHECK(outcome_of(answer) == Outcome::filtered);
}

}  // namespace
}  // namespace orthink

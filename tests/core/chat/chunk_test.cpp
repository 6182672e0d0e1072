// Guards the reading of one chunk: which key goes where, wrong types in every field, duplicate keys, several choices, and what
// kind of body a text is.
#include "orthink/chat/chunk.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/slicer.h"

namespace orthink {
namespace {

struct Text {
  explicit Text(std::string_view text) : bytes(std::string(text) + "\n" + std::string(40, '}')), size(text.size()) {}
  [[nodiscard]] std::string_view view() const { return std::string_view(bytes).substr(0, size); }
  std::string bytes;
  size_t size;
};

bool reads(std::string_view text) {
  const Text padded(text);
  Chunk chunk;
  return ChunkReader().read(padded.view(), chunk);
}

BodyKind kind_of(std::string_view text) {
  const Text padded(text);
  Chunk chunk;
  REQUIRE(ChunkReader().read(padded.view(), chunk));
  return chunk.kind;
}

std::string shown(const Span& span) {
  return span.present() ? "\"" + unescaped(span) + "\"" : "-";
}
std::string shown(const std::optional<uint64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

// Everything a chunk holds, as text.
std::string shown(ChunkReader& reader, std::string_view text) {
  const Text padded(text);
  Chunk c;
  if (!reader.read(padded.view(), c)) return "invalid";
  std::string out = shown(c.id) + shown(c.model) + shown(c.provider) + shown(c.finish_reason) + shown(c.native_finish_reason) + shown(c.content) +
                    shown(c.reasoning) + shown(c.reasoning_content) + shown(c.refusal) + (c.has_choice ? " choice" : "") +
                    (c.is_message ? " message" : "") + (c.has_details ? " details" : "");
  for (const DetailDelta& d : c.details) {
    out += " {" + shown(d.type) + shown(d.text) + shown(d.summary) + shown(d.data) + shown(d.signature) + shown(d.id) + shown(d.format) +
           shown(d.index) + (d.has_other_keys ? "+" : "") + "}";
  }
  for (const ToolCallDelta& t : c.tool_calls) {
    out += " (" + shown(t.index) + shown(t.id) + shown(t.name) + shown(t.arguments) + std::string(t.arguments_raw) + ")";
  }
  for (std::string_view raw : {c.content_parts_raw, c.annotations_raw, c.images_raw, c.audio_raw, c.usage_raw, c.error_raw}) out += " " + std::string(raw);
  return out;
}

std::string shown(std::string_view text) {
  ChunkReader reader;
  return shown(reader, text);
}

std::string in_delta(std::string_view members) {
  return R"({"choices":[{"index":0,"delta":{)" + std::string(members) + "}}]}";
}

TEST_CASE("every field of a chunk is read from its place") {
  const std::string text = R"({"id":"gen-1","provider":"P","model":"m","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":)"
                           R"({"role":"assistant","content":"c","reasoning":"r","reasoning_content":"rc","refusal":"no","reasoning_details":)"
                           R"([{"type":"reasoning.text","text":"t","summary":"s","data":"d","signature":"g","id":"i","format":"f","index":3,"x":1}],)"
                           R"("tool_calls":[{"index":1,"id":"call","type":"function","function":{"name":"n","arguments":"{}"}}],)"
                           R"("annotations":[1],"images":[2],"audio":{"a":3}},"finish_reason":"stop","native_finish_reason":"end"}],)"
                           R"("usage":{"prompt_tokens":1},"error":{"code":1}})";
  CHECK(shown(text) == R"("gen-1""m""P""stop""end""c""r""rc""no" choice details {"reasoning.text""t""s""d""g""i""f"3+} (1"call""n""{}"))"
                       R"(  [1] [2] {"a":3} {"prompt_tokens":1} {"code":1})");
}

// The bytes around a delta are remembered from chunk to chunk; a reader that remembers must see what a new one sees.
TEST_CASE("a reader that has read other chunks reads the next like a new one") {
  const char* kAround[] = {
      R"({"id":"g","provider":"P","model":"m","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":@,"finish_reason":null}]})",
      R"({"id":"h","choices":[{"index":0,"delta":@,"finish_reason":null}],"model":"m\u0041","provider":"Q"} )",
      R"({"id":"g","choices":[{"index":0,"delta":@,"finish_reason":"stop"}]})",
      R"({"id":"g","choices":[{"index":0,"delta":@}],"usage":{"prompt_tokens":1}})",
      R"({"id":"g","choices":[{"index":1,"delta":@},{"index":0,"delta":{"content":"z"}}]})",
      R"({"id":"g","choices":[{"index":1},{"index":0,"delta":@}]})",
      R"({"id":"g","choices":[{"index":1,"delta":@},{"index":0}]})",
      R"({"id":"g","choices":[{"delta":@,"delta":null}]})",
      R"({"id":"g","choices":[{"delta":@,"delta":{"content":"later"}}]})",
      R"({"id":"g","choices":[{"delta":@}],"choices":[{"index":0}]})",
      R"({"id":"g","choices":[{"delta":@}],"choices":null})",
      R"({"id":"g","choices":[{"delta":@,"message":null}],"error":{"code":1}})",
      R"({"id":"g","choices":[{"message":@}]})",
  };
  const char* kDeltas[] = {
      "{}", "null", "7", R"({"content":"a"})", R"({"content":"a","content":null})", R"({"content":"a"},"delta":{"content":"b"})", R"({"content":"a"}})",
      R"({"content":"a"}],"choices":[{"delta":{}})", R"({"reasoning":"r","reasoning_details":[{"type":"reasoning.text","text":"r","index":0}]})",
      R"({"content":"}"})", R"({"content":"a)", R"({"content":)", R"({"tool_calls":[{"index":0,"function":{"arguments":"{"}}]})", "{\"content\":\"\x80\"}",
  };
  constexpr uint64_t kSeed = 20261124;
  INFO("seed " << kSeed);
  test::Seeded seeded(kSeed);
  ChunkReader reader;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = kAround[seeded.below(seeded.below(2) == 0 ? 2 : std::size(kAround))];
    text.replace(text.find('@'), 1, kDeltas[seeded.below(std::size(kDeltas))]);
    if (seeded.below(8) == 0) text[seeded.below(text.size())] = static_cast<char>(seeded.below(256));
    REQUIRE(shown(reader, text) == shown(text));
  }
}

TEST_CASE("a wrong type in any field leaves it absent and the chunk valid") {
  const char* kValues[] = {"null", "true", "7", "-1.5e400", "\"text\"", "[]", "[[1,{}]]", "{}", R"({"a":[{"b":null}]})"};
  const char* kPlaces[] = {
      R"({"id":@})", R"({"model":@})", R"({"provider":@})", R"({"object":@})", R"({"type":@})", R"({"choices":@})", R"({"choices":[@]})",
      R"({"usage":@})", R"({"error":@})", R"({"data":@})", R"({"results":@})", R"({"candidates":@})", R"({"usageMetadata":@})",
      R"({"service_tier":@})", R"({"choices":[{"index":@}]})", R"({"choices":[{"delta":@}]})", R"({"choices":[{"message":@}]})",
      R"({"choices":[{"finish_reason":@}]})", R"({"choices":[{"native_finish_reason":@}]})", R"({"choices":[{"error":@}]})",
      R"({"choices":[{"delta":{"content":@}}]})", R"({"choices":[{"delta":{"reasoning":@}}]})", R"({"choices":[{"delta":{"reasoning_content":@}}]})",
      R"({"choices":[{"delta":{"refusal":@}}]})", R"({"choices":[{"delta":{"role":@}}]})", R"({"choices":[{"delta":{"annotations":@}}]})",
      R"({"choices":[{"delta":{"images":@}}]})", R"({"choices":[{"delta":{"audio":@}}]})", R"({"choices":[{"delta":{"reasoning_details":@}}]})",
      R"({"choices":[{"delta":{"reasoning_details":[@]}}]})", R"({"choices":[{"delta":{"tool_calls":@}}]})", R"({"choices":[{"delta":{"tool_calls":[@]}}]})",
      R"({"choices":[{"delta":{"reasoning_details":[{"type":@,"text":@,"summary":@,"data":@,"signature":@,"id":@,"format":@,"index":@}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":@,"id":@,"function":@}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"function":{"name":@,"arguments":@}}]}}]})",
  };
  for (const char* place : kPlaces) {
    for (const char* value : kValues) {
      std::string text = place;
      for (size_t at = text.find('@'); at != std::string::npos; at = text.find('@')) text.replace(at, 1, value);
      INFO(text);
      CHECK(reads(text));
    }
  }
  CHECK(shown(in_delta(R"("content":{"a":1},"reasoning":7,"refusal":[],"reasoning_details":{},"tool_calls":null)")) == "--------- choice      ");
  CHECK(shown(R"({"choices":[{"delta":null,"finish_reason":false}],"usage":[],"error":false})") == "--------- choice      ");
  CHECK(shown(R"({"choices":null})") == "---------      ");
  CHECK(shown(R"({"choices":[]})") == "---------      ");
}

TEST_CASE("of equal keys the last one wins, also where it takes away") {
  CHECK(shown(in_delta(R"("content":"a","content":"b")")) == shown(in_delta(R"("content":"b")")));
  CHECK(shown(in_delta(R"("content":"a","content":null)")) == shown(in_delta("")));
  CHECK(shown(in_delta(R"("content":[1],"content":"b")")) == shown(in_delta(R"("content":"b")")));
  CHECK(shown(in_delta(R"("content":"b","content":[1])")) == shown(in_delta(R"("content":[1])")));
  CHECK(shown(in_delta(R"("c\u006fntent":"x")")) == shown(in_delta(R"("content":"x")")));
  CHECK(shown(in_delta(R"("reasoning_details":[{"text":"a"}],"reasoning_details":[])")) == shown(in_delta(R"("reasoning_details":[])")));
  CHECK(shown(in_delta(R"("reasoning_details":[{"text":"a"}],"reasoning_details":null)")) == shown(in_delta("")));
  CHECK(shown(in_delta(R"("tool_calls":[{"id":"a"}],"tool_calls":[{"id":"b"}])")) == shown(in_delta(R"("tool_calls":[{"id":"b"}])")));
  CHECK(shown(in_delta(R"("tool_calls":[{"function":{"name":"a","arguments":"x"},"function":{"arguments":{}}}])")) ==
        shown(in_delta(R"("tool_calls":[{"function":{"arguments":{}}}])")));
  CHECK(shown(R"({"choices":[{"delta":{"content":"a"},"delta":{"reasoning":"b"}}]})") == shown(in_delta(R"("reasoning":"b")")));
  CHECK(shown(R"({"choices":[{"delta":{"content":"a"},"delta":null}]})") == shown(in_delta("")));
  CHECK(shown(R"({"choices":[{"delta":{"content":"a"},"finish_reason":"x","error":{}}],"choices":[]})") == shown(R"({"choices":[]})"));
  CHECK(shown(R"({"error":{"a":1},"error":null,"choices":[]})") == shown(R"({"choices":[]})"));
}

TEST_CASE("a message stands where a delta would; a null beside it takes nothing away") {
  CHECK(shown(R"({"choices":[{"message":{"content":"a"}}]})") == R"(-----"a"--- choice message      )");
  CHECK(shown(R"({"choices":[{"delta":{"content":"a"},"message":null}]})") == R"(-----"a"--- choice      )");
  CHECK(shown(R"({"choices":[{"message":{"content":"a"},"delta":null}]})") == R"(-----"a"--- choice message      )");
}

TEST_CASE("of several choices the one with index 0 is read") {
  const std::string first = shown(in_delta(R"("content":"a")"));
  CHECK(shown(R"({"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]})") == first);
  CHECK(shown(R"({"choices":[{"delta":{"content":"b"},"index":1},{"index":0,"delta":{"content":"a"}}]})") == first);
  CHECK(shown(R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]})") == first);
  CHECK(shown(R"({"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop","error":{}}]})") == shown(R"({"choices":[]})"));
  CHECK_FALSE(reads(R"({"choices":[{"index":0},{"index":1,"delta":{"content":"\x"}}]})"));
}

TEST_CASE("errors are taken from the top or from the choice, as objects or strings") {
  CHECK(shown(R"({"error":"boom"})") == R"(---------      "boom")");
  CHECK(shown(R"({"choices":[{"error":{"code":5}}]})") == R"(--------- choice      {"code":5})");
  CHECK(shown(R"({"error":{"code":1},"choices":[{"error":{"code":5}}]})") == R"(--------- choice      {"code":1})");
}

TEST_CASE("what is no JSON object is refused") {
  for (const char* bad : {"", "[]", "1", "null", "[DONE]", "{", "{}x", "{}{}", R"({"a":1,})", R"({"a" 1})", R"({a:1})", "{'a':1}", R"({"choices":[{]})",
                          R"({"choices":[{"delta":{"content":"a}}]})", "{\"choices\":[{\"delta\":{\"content\":\"a\tb\"}}]}", R"({"id":tru})",
                          R"({"usage":{"a":01}})", R"({"choices":[{"delta":{"reasoning_details":[{"text":"a"]}}]})", "{\"id\":\"\xC3\"}"}) {
    INFO(bad);
    CHECK_FALSE(reads(bad));
  }
  CHECK(reads(" \t\n{ \"id\" :\r\n\"a\" } \n"));
}

TEST_CASE("the JSON test suite inside a skipped value") {
  const auto folder = test::folder_of("ORTHINK_CORPORA");
  if (!folder) SKIP("ORTHINK_CORPORA names no folder");
  for (const auto& path : test::files_ending(*folder / "json-test-suite", ".json")) {
    const std::string name = path.filename().string();
    INFO(name);
    const std::string text = test::read_file(path);
    if (name.rfind("y_", 0) == 0) {
      CHECK(reads("{\"skipped\":" + text + "}"));
      CHECK(reads(in_delta("\"skipped\":" + text)));
    }
    if (name.rfind("n_", 0) == 0) CHECK_FALSE(reads(text));
  }
}

TEST_CASE("the depth of what is read and of what is skipped counts together") {
  const auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(reads(in_delta("\"x\":" + nested(60))));          // four levels around it
  CHECK_FALSE(reads(in_delta("\"x\":" + nested(61))));
  CHECK_FALSE(reads(in_delta("\"x\":" + std::string(1'000'000, '['))));
}

TEST_CASE("bodies are known by what they carry") {
  CHECK(kind_of(R"({"object":"chat.completion.chunk","choices":[{"delta":{}}]})") == BodyKind::chat_chunk);
  CHECK(kind_of(R"({"choices":[]})") == BodyKind::chat_chunk);
  CHECK(kind_of(R"({"object":"chat.completion","choices":[{"message":{}}]})") == BodyKind::chat_completion);
  CHECK(kind_of(R"({"choices":[{"message":{}}]})") == BodyKind::chat_completion);
  CHECK(kind_of(R"({"object":"chat.completion.chunk","usage":{}})") == BodyKind::chat_chunk);
  CHECK(kind_of(R"({"error":{"code":429},"user_id":"u"})") == BodyKind::chat_error);
  CHECK(kind_of(R"({"object":"response","output":[]})") == BodyKind::responses);
  CHECK(kind_of(R"({"type":"response.created","response":{}})") == BodyKind::responses);
  CHECK(kind_of(R"({"type":"message_start","message":{}})") == BodyKind::anthropic_messages);
  CHECK(kind_of(R"({"type":"message","content":[]})") == BodyKind::anthropic_messages);
  CHECK(kind_of(R"({"type":"error","error":{}})") == BodyKind::anthropic_messages);
  CHECK(kind_of(R"({"candidates":[]})") == BodyKind::gemini);
  CHECK(kind_of(R"({"usageMetadata":{}})") == BodyKind::gemini);
  CHECK(kind_of(R"({"object":"list","data":[{"object":"embedding","embedding":[1]}]})") == BodyKind::embeddings);
  CHECK(kind_of(R"({"data":[{"id":"a/b"}]})") == BodyKind::models);
  CHECK(kind_of(R"({"data":{"id":"gen","native_tokens_prompt":1}})") == BodyKind::generation);
  CHECK(kind_of(R"({"results":[{"index":0}]})") == BodyKind::rerank);
  CHECK(kind_of(R"({"object":"text_completion","choices":[{"text":"a"}]})") == BodyKind::text_completion);
  CHECK(kind_of("{}") == BodyKind::unknown);
  CHECK(name(BodyKind::responses) == "an OpenAI Responses body");
}

TEST_CASE("a reader that is warm holds nothing of the chunk before") {
  Chunk chunk;
  ChunkReader reader;
  const Text full(in_delta(R"("content":"a","reasoning_details":[{"text":"t"}],"tool_calls":[{"id":"x"}])"));
  const Text bare("{}");
  REQUIRE(reader.read(full.view(), chunk));
  REQUIRE(reader.read(bare.view(), chunk));
  CHECK_FALSE(chunk.content.present());
  CHECK(chunk.details.empty());
  CHECK(chunk.tool_calls.empty());
  CHECK_FALSE(chunk.has_details);
  CHECK(chunk.kind == BodyKind::unknown);
}

}  // namespace
}  // namespace orthink

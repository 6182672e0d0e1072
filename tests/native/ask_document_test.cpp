#include "native/ask_document.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "native/system.h"
#include "orthink/chat/ask.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

// A pipe that holds `text`: standard input of a program in a pipeline.
class Input {
 public:
  explicit Input(std::string_view text = "") {
    REQUIRE(::pipe(ends_) == 0);
    REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(ends_[1]);
  }
  ~Input() { ::close(ends_[0]); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  [[nodiscard]] int fd() const { return ends_[0]; }

 private:
  int ends_[2] = {-1, -1};
};

const Config& config() {
  static const Config defaults = *load_config(ConfigSources{});
  return defaults;
}

std::string document(const AskFlags& flags, std::string_view input = "") {
  const Input standard_input(input);
  Result<std::string> made = ask_document(flags, config(), standard_input.fd());
  return made ? *made : "error: " + made.error().code + ": " + made.error().message;
}

TEST_CASE("flags become the fields of the document") {
  AskFlags flags;
  flags.prompt = "Why?";
  CHECK(document(flags) == R"({"prompt":"Why?","model":"anthropic/claude-haiku-4.5"})");
  flags.model = "openai/gpt-5-mini";
  flags.think = "8k";
  flags.answer = "500";
  flags.max_tokens = "9000";
  flags.max_cost = "0.05";
  flags.deadline = "2.5";
  flags.system = "Be brief.";
  flags.user = "u";
  flags.tenant = "t";
  flags.session = "s";
  flags.fits = flags.is_lenient = true;
  flags.streams = false;
  flags.thinking = ThinkingShown::hidden;
  const std::string text = document(flags);
  CHECK(
      text ==
      R"({"model":"openai/gpt-5-mini","system":"Be brief.","think":"8k","user":"u","tenant":"t","session":"s","max_cost_usd":"0.05",)"
      R"("answer_tokens":500,"max_tokens":9000,"deadline_s":2.5,"fit":true,"lenient":true,"stream":false,"hide_thinking":true,"prompt":"Why?"})");
  CHECK(parse_ask(text));
}

TEST_CASE("the prompt comes from standard input where it is asked for or piped") {
  AskFlags flags;
  CHECK(document(flags, "Piped?\n") == R"({"prompt":"Piped?","model":"anthropic/claude-haiku-4.5"})");
  flags.prompt = "-";
  CHECK(document(flags, "Dash?\n\n") == R"({"prompt":"Dash?\n","model":"anthropic/claude-haiku-4.5"})");
  CHECK(document(flags, "").substr(0, 19) == "error: empty_prompt");
  CHECK(document(flags, " \n\t").substr(0, 19) == "error: empty_prompt");
  CHECK(document(flags, "\xff\xfe").find("not UTF-8") != std::string::npos);
  flags.prompt = "";
  CHECK(document(flags).substr(0, 19) == "error: empty_prompt");
}

TEST_CASE("a request document is merged with flags, which win") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("request.json");
  REQUIRE(write_file(path, R"({"model":"a/b","prompt":"Old?","temperature":0.10,"think":"low"})", 0600));
  AskFlags flags;
  flags.request = path;
  CHECK(document(flags) == R"({"model":"a/b","prompt":"Old?","temperature":0.10,"think":"low"})");
  flags.prompt = "New?";
  flags.think = "high";
  CHECK(document(flags) == R"({"model":"a/b","prompt":"New?","temperature":0.10,"think":"high"})");

  REQUIRE(write_file(path, R"({"model":"a/b","prompt":"Old?","hide_thinking":true})", 0600));
  AskFlags shows;
  shows.request = path;
  shows.thinking = ThinkingShown::shown;
  CHECK(document(shows) == R"({"model":"a/b","prompt":"Old?","hide_thinking":false})");

  REQUIRE(write_file(path, R"({"models":["a/b","c/d"],"messages":[{"role":"user","content":"One"},{"role":"assistant","content":"Two"}]})",
                     0600));
  flags = {};
  flags.request = path;
  flags.prompt = "Three";
  CHECK(document(flags) == R"({"models":["a/b","c/d"],"messages":[{"role":"user","content":"One"},{"role":"assistant","content":"Two"},)"
                           R"({"role":"user","content":"Three"}]})");

  flags.request = "-";
  flags.prompt.reset();
  CHECK(document(flags, R"({"prompt":"In"})") == R"({"prompt":"In","model":"anthropic/claude-haiku-4.5"})");
  flags.prompt = "-";
  CHECK(document(flags, R"({"prompt":"In"})").substr(0, 23) == "error: invalid_argument");
  flags.prompt.reset();
  CHECK(document(flags, "[]").substr(0, 23) == "error: invalid_argument");
  flags.request = folder.file("absent");
  CHECK(document(flags).substr(0, 22) == "error: file_unreadable");
}

TEST_CASE("pictures become data URLs of their own type, addresses stay") {
  const test::TemporaryFolder folder;
  const std::string png = folder.file("a.jpg");  // the bytes count, not the name
  REQUIRE(write_file(png, "\x89PNG\r\n\x1a\n..", 0600));
  AskFlags flags;
  flags.prompt = "What is this?";
  flags.images = {png, "https://example.org/b.png"};
  CHECK(
      document(flags) ==
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgouLg=="}},)"
      R"({"type":"image_url","image_url":{"url":"https://example.org/b.png"}}]}],"model":"anthropic/claude-haiku-4.5"})");
  CHECK(parse_ask(document(flags)));
  REQUIRE(write_file(png, "<svg/>", 0600));
  CHECK(document(flags).find("no picture that models take") != std::string::npos);
  REQUIRE(write_file(png, std::string("\xff\xd8\xff") + std::string(kImageBytesMax, 'x'), 0600));
  CHECK(document(flags).substr(0, 16) == "error: too_large");
}

TEST_CASE("a PDF goes as a file, text as text, other bytes not at all") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("notes.md");
  AskFlags flags;
  flags.prompt = "Sum up.";
  flags.files = {path};
  REQUIRE(write_file(path, "one\ntwo", 0600));
  CHECK(document(flags).find(R"({"type":"text","text":"File notes.md:\n\none\ntwo"})") != std::string::npos);
  REQUIRE(write_file(path, "%PDF-1.7", 0600));
  CHECK(document(flags).find(R"({"type":"file","file":{"filename":"notes.md","file_data":"data:application/pdf;base64,JVBERi0xLjc="}})") !=
        std::string::npos);
  CHECK(parse_ask(document(flags)));
  REQUIRE(write_file(path, std::string("\0\1\2", 3), 0600));
  CHECK(document(flags).find("neither a PDF nor UTF-8 text") != std::string::npos);
  flags.prompt.reset();
  CHECK(document(flags).substr(0, 19) == "error: empty_prompt");
}

TEST_CASE("a schema becomes the response format, tools are passed on") {
  const test::TemporaryFolder folder;
  const std::string schema = folder.file("prime factors.json");
  const std::string tools = folder.file("tools.json");
  REQUIRE(write_file(schema, R"({"type":"object"})", 0600));
  REQUIRE(write_file(tools, R"([{"type":"function","function":{"name":"f"}}])", 0600));
  AskFlags flags;
  flags.prompt = "Go";
  flags.schema = schema;
  flags.tools = tools;
  const std::string text = document(flags);
  CHECK(text.find(R"("tools":[{"type":"function","function":{"name":"f"}}])") != std::string::npos);
  CHECK(
      text.find(
          R"("response_format":{"type":"json_schema","json_schema":{"name":"prime_factors","strict":true,"schema":{"type":"object"}}})") !=
      std::string::npos);
  REQUIRE(write_file(schema, R"({"name":"n","schema":{"type":"array"}})", 0600));
  CHECK(document(flags).find(R"("json_schema":{"name":"n","schema":{"type":"array"}})") != std::string::npos);
}

TEST_CASE("numbers that are none are left to the reader of the document") {
  for (const char* bad : {"4k", "-1", "1e3", "0x10", "", "007", "1.", "."}) {
    AskFlags flags;
    flags.prompt = "x";
    flags.max_tokens = bad;
    INFO(bad);
    CHECK_FALSE(parse_ask(document(flags)));
  }
}

}  // namespace
}  // namespace orthink

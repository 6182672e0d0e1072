// The big list of naughty strings through every text that a tool takes or gives: it arrives byte for byte, or is refused with a reason.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "orthink/exchange/render.h"
#include "orthink/tools/question.h"
#include "orthink/tools/tool_result.h"
#include "tests/core/tools/schema_check.h"
#include "tests/support/golden.h"
#include "tests/support/slicer.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

std::vector<std::string> naughty_strings(const std::filesystem::path& folder) {
  const Result<json::Value> list = json::parse(test::read_file((folder / "blns" / "blns.json").string()));
  REQUIRE(list.ok());
  std::vector<std::string> strings;
  for (const json::Member& each : list->members()) strings.push_back(each.value.text());
  REQUIRE(strings.size() > 500);
  return strings;
}

json::Value arguments_with(std::string_view path, const std::string& text) {
  json::Value arguments = json::Value::object();
  if (path != "prompt") arguments.set("prompt", json::Value::string("x"));
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    arguments.set(std::string(path), json::Value::string(text));
    return arguments;
  }
  json::Value inner = json::Value::object();
  inner.set(std::string(path.substr(dot + 1)), json::Value::string(text));
  arguments.set(std::string(path.substr(0, dot)), std::move(inner));
  return arguments;
}

// Nothing where it was refused, as it may be; else what became of the text.
std::optional<std::string> arrived(std::string_view path, const std::string& text) {
  const Result<json::Value> checked = check(Tool::thinking_completion, arguments_with(path, text));
  const Result<Question> asked = checked ? question(*checked, access::Principal::local()) : Result<Question>(checked.error());
  if (!asked) {
    CHECK_FALSE(asked.error().message.empty());
    CHECK_FALSE(asked.error().remedy.empty());
    CHECK(json::parse(error_result(asked.error())).ok());
    return std::nullopt;
  }
  const Ask& ask = asked->ask;
  if (path == "prompt" || path == "system") return ask.messages.members().front().value.find("content")->text();
  if (path == "model") return ask.model;
  if (path == "metadata.user") return ask.user;
  if (path == "metadata.tenant") return ask.tenant;
  if (path == "metadata.session") return ask.session;
  if (path == "stream_id") return asked->stream_id;
  return asked->idempotency_key;
}

}  // namespace

TEST_CASE("naughty strings arrive byte for byte in every text of a question") {
  const auto folder = test::folder_of("ORTHINK_CORPORA");
  if (!folder) SKIP("ORTHINK_CORPORA names no folder");
  size_t arrivals = 0;
  for (const std::string& text : naughty_strings(*folder)) {
    for (const char* path : {"prompt", "system", "model", "metadata.user", "metadata.tenant", "metadata.session", "stream_id", "idempotency_key"}) {
      const std::optional<std::string> there = arrived(path, text);
      INFO(path << ": " << text);
      if (!there) continue;
      ++arrivals;
      const bool is_nobody = text.empty() && there->empty();
      CHECK((*there == text || is_nobody));
    }
  }
  CHECK(arrivals > 3000);
}

TEST_CASE("naughty strings in an answer arrive byte for byte") {
  const auto folder = test::folder_of("ORTHINK_CORPORA");
  if (!folder) SKIP("ORTHINK_CORPORA names no folder");
  for (const std::string& text : naughty_strings(*folder)) {
    Answer answer;
    answer.output = text;
    answer.has_content_null = false;
    const std::string line = render::complete(render::Position::later, answer, Outcome::answered, Receipt{});
    const Result<json::Value> result = json::parse(result_of(Ended{.line = line, .include = {.thinking = true}, .thinking = text}));
    INFO(text);
    REQUIRE(result.ok());
    CHECK(result->find("structuredContent")->find("text")->text() == text);
    CHECK(result->find("structuredContent")->find("thinking")->text() == text);
    if (!text.empty()) CHECK(result->find("content")->members()[0].value.find("text")->text() == text);
  }
}

TEST_CASE("naughty strings in an error are shown harmlessly") {
  const auto folder = test::folder_of("ORTHINK_CORPORA");
  if (!folder) SKIP("ORTHINK_CORPORA names no folder");
  for (const std::string& text : naughty_strings(*folder)) {
    const Result<json::Value> result = json::parse(error_result(make_error(Errc::upstream_bad_request, text)));
    INFO(text);
    REQUIRE(result.ok());
    const std::string said = result->find("content")->members()[0].value.find("text")->text();
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.find("\xe2\x80\xae") == std::string::npos);
    CHECK(said.find('\n') == std::string::npos);
  }
}

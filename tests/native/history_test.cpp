#include "native/cli/history.h"

#include <catch2/catch_test_macros.hpp>

#include "native/system.h"
#include "tests/native/temporary_folder.h"

namespace orthink::cli {
namespace {

constexpr std::string_view kAnswer =
    R"({"role":"assistant","content":"Two.","reasoning_details":[{"type":"reasoning.text","text":"Hm\u00e9","signature":"c2ln","index":0,"x":1.50}]})";

TEST_CASE("a conversation is kept and continued, thinking blocks unchanged") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("deep/talk.json");
  Result<History> history = History::load(path);
  REQUIRE(history);
  CHECK(history->size() == 0);
  REQUIRE(history->add(R"({"model":"a/b","system":"Be brief.","prompt":"One?"})", kAnswer));
  REQUIRE(history->save(path));
  CHECK(file_facts(path)->mode == 0600);

  const Result<History> again = History::load(path);
  REQUIRE(again);
  CHECK(again->model() == "a/b");
  bool left_out = true;
  const Result<std::string> next = again->continued(R"({"prompt":"And?","model":"a/b","think":"low"})", left_out);
  REQUIRE(next);
  CHECK_FALSE(left_out);
  CHECK(*next == R"({"model":"a/b","think":"low","system":"Be brief.","messages":[{"role":"user","content":"One?"},)"
                 "{\"role\":\"assistant\",\"content\":\"Two.\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"Hm\xc3\xa9\","
                 "\"signature\":\"c2ln\",\"index\":0,\"x\":1.50}]},"
                 R"({"role":"user","content":"And?"}]})");
}

TEST_CASE("another model gets the texts without the blocks it cannot read") {
  History history;
  REQUIRE(history.add(R"({"model":"a/b","prompt":"One?"})", kAnswer));
  bool left_out = false;
  const Result<std::string> next = history.continued(R"({"prompt":"And?","model":"c/d"})", left_out);
  REQUIRE(next);
  CHECK(left_out);
  CHECK(
      *next ==
      R"({"model":"c/d","messages":[{"role":"user","content":"One?"},{"role":"assistant","content":"Two."},{"role":"user","content":"And?"}]})");
}

TEST_CASE("messages with parts are kept as they were asked") {
  History history;
  REQUIRE(history.add(R"({"model":"a/b","messages":[{"role":"user","content":[{"type":"text","text":"See"}]}]})", kAnswer));
  bool left_out = false;
  CHECK(history.continued(R"({"prompt":"x","model":"a/b"})", left_out)->find(R"([{"type":"text","text":"See"}])") != std::string::npos);
}

TEST_CASE("a file that is no conversation is left alone") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("notes.json");
  for (const char* bad : {"", "notes", "[]", "{}", R"({"messages":{}})"}) {
    REQUIRE(write_file(path, bad, 0600));
    const Result<History> history = History::load(path);
    REQUIRE_FALSE(history);
    CHECK(history.error().errc == Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace orthink::cli

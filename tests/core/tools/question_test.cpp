#include "orthink/tools/question.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::tools;

namespace {

access::Principal bound_caller() {
  access::Principal caller;
  caller.id = "key:build";
  caller.user = "alice";
  caller.tenant = "acme";
  caller.models = {"anthropic/*", "openai/gpt-5-mini"};
  return caller;
}

Result<Question> asked(std::string_view arguments, const access::Principal& caller = access::Principal::local(), const QuestionDefaults& defaults = {}) {
  const Result<json::Value> given = json::parse(arguments);
  INFO(arguments);
  REQUIRE(given.ok());
  const Result<json::Value> checked = check(Tool::thinking_completion, *given);
  if (!checked) return checked.error();
  return question(*checked, caller, defaults);
}

Question good(std::string_view arguments, const access::Principal& caller = access::Principal::local(), const QuestionDefaults& defaults = {}) {
  Result<Question> question = asked(arguments, caller, defaults);
  INFO(arguments);
  if (!question) FAIL(question.error().message);
  return *question;
}

Error refused(std::string_view arguments, const access::Principal& caller = access::Principal::local()) {
  const Result<Question> question = asked(arguments, caller);
  INFO(arguments);
  REQUIRE_FALSE(question.ok());
  CHECK_FALSE(question.error().remedy.empty());
  return question.error();
}

}  // namespace

TEST_CASE("a prompt alone is the question, by the server's defaults") {
  const Question question = good(R"({"prompt":"Why?"})", access::Principal::local(), {.model = "openai/gpt-5-mini", .user = "me"});
  CHECK(question.ask.model == "openai/gpt-5-mini");
  CHECK(question.ask.user == "me");
  CHECK(question.ask.tenant.empty());
  CHECK(question.ask.streams);
  CHECK_FALSE(question.ask.fits);
  CHECK(json::dump(question.ask.messages) == R"([{"role":"user","content":"Why?"}])");
  CHECK_FALSE(question.stream_id.has_value());
  CHECK_FALSE(question.idempotency_key.has_value());
  CHECK_FALSE(question.max_wait.has_value());
  CHECK_FALSE((question.include.thinking || question.include.message));
}

TEST_CASE("every argument arrives where it belongs") {
  const Question question = good(R"({"system":"Be short.","prompt":"Why?","model":"a/b","fallbacks":["c/d"],"thinking":8000,"answer_tokens":2000,
    "max_tokens":12000,"max_cost_usd":0.05,"fit":true,"lenient":true,"hide_thinking":true,"temperature":1e0,"top_p":0.90,"seed":7,"stop":["END"],
    "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","response_format":{"type":"json_object"},"provider":{"order":["x"]},
    "options":{"top_k":4,"metadata":{"job":"n"}},"metadata":{"user":"u","tenant":"t","session":"s"},"deadline_s":30,
    "stream_id":"my-call.1","idempotency_key":"k 1","max_wait_s":0,"include":["message","thinking"]})");
  const Ask& ask = question.ask;
  CHECK(ask.model == "a/b");
  CHECK(ask.fallbacks == std::vector<std::string>{"c/d"});
  CHECK(ask.think.tokens == 8000);
  CHECK((ask.answer_tokens == 2000 && ask.max_tokens == 12000));
  CHECK(ask.max_cost->to_decimal() == "0.05");
  CHECK((ask.fits && ask.is_lenient && ask.hides_thinking));
  CHECK((ask.user == "u" && ask.tenant == "t" && ask.session == "s"));
  CHECK(ask.deadline == Duration::seconds(30));
  CHECK(json::dump(ask.messages) == R"([{"role":"system","content":"Be short."},{"role":"user","content":"Why?"}])");
  CHECK(ask.option("temperature")->text() == "1e0");
  CHECK(ask.option("top_p")->text() == "0.90");
  CHECK(ask.option("top_k")->text() == "4");
  CHECK(ask.option("metadata")->find("job")->text() == "n");
  CHECK(ask.passed_on.size() == 10);
  CHECK(question.stream_id == "my-call.1");
  CHECK(question.idempotency_key == "k 1");
  CHECK(question.max_wait == Duration{});
  CHECK((question.include.thinking && question.include.message));
}

TEST_CASE("images and files become parts beside the prompt") {
  const Question question = good(R"({"prompt":"What?","images":["https://e.org/a.png","data:image/png;base64,AA=="],"files":["https://e.org/x/r.pdf?v=1#p","data:application/pdf;base64,AA=="]})");
  CHECK(json::dump(question.ask.messages) ==
        R"([{"role":"user","content":[{"type":"text","text":"What?"},)"
        R"({"type":"file","file":{"filename":"r.pdf","file_data":"https://e.org/x/r.pdf?v=1#p"}},)"
        R"({"type":"file","file":{"filename":"file","file_data":"data:application/pdf;base64,AA=="}},)"
        R"({"type":"image_url","image_url":{"url":"https://e.org/a.png"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}])");
  CHECK(good(R"({"prompt":"x","images":[],"files":[]})").ask.messages.members().size() == 1);
}

TEST_CASE("an attachment that is a path, or has no prompt, is refused with the way out") {
  const Error path = refused(R"({"prompt":"What?","images":["https://e.org/a.png","/etc/passwd"]})");
  CHECK(path.message == "images[1] is \"/etc/passwd\", which is no address");
  CHECK(path.remedy.find("opens no files") != std::string::npos);
  CHECK(refused(R"({"images":["https://e.org/a.png"]})").message == "images and files go with a prompt");
  CHECK(refused(R"({"prompt":"x","messages":[{"role":"user","content":"y"}],"images":["https://e.org/a.png"]})").message ==
        "images and files go with a prompt");
}

TEST_CASE("what ask refuses is refused in its words") {
  CHECK(refused(R"({})").errc == Errc::empty_prompt);
  CHECK(refused(R"({"prompt":"  "})").errc == Errc::empty_prompt);
  CHECK(refused(R"({"prompt":"x","messages":[{"role":"user","content":"y"}]})").message == "both prompt and messages are given");
  CHECK(refused(R"({"prompt":"x","thinking":"lots"})").kind == Kind::validation_error);
  CHECK(refused(R"({"prompt":"x","max_cost_usd":"cheap"})").message == "max_cost_usd is \"cheap\", not dollars such as 0.05");
  CHECK(refused(R"({"prompt":"x","options":{"topk":1}})").remedy == "Did you mean \"top_k\"?");
  CHECK(refused(R"({"prompt":"x","options":{"max_tokens":1}})").message == "options.max_tokens is not a further parameter");
  CHECK(refused(R"({"prompt":"x","options":{"user":"eve"}})").message == "options.user is not a further parameter");
  CHECK(refused(R"({"prompt":"x","options":{"session_id":"s"}})").remedy == "Give metadata.session.");
  CHECK(refused(R"({"prompt":"x","options":{"stream":false}})").message == "options.stream is not a further parameter");
}

TEST_CASE("a caller who is bound cannot ask in another's name") {
  const Question own = good(R"({"prompt":"x"})", bound_caller(), {.model = "anthropic/claude-haiku-4.5", .user = "default"});
  CHECK((own.ask.user == "alice" && own.ask.tenant == "acme"));
  CHECK(good(R"({"prompt":"x","metadata":{"user":"alice","tenant":"acme","session":"s"}})", bound_caller()).ask.session == "s");
  const Error user = refused(R"({"prompt":"x","metadata":{"user":"bob"}})", bound_caller());
  CHECK(user.message == "metadata.user is \"bob\", but this caller is bound to \"alice\"");
  CHECK(user.remedy == "Leave metadata.user out.");
  CHECK(refused(R"({"prompt":"x","metadata":{"tenant":"other"}})", bound_caller()).message ==
        "metadata.tenant is \"other\", but this caller is bound to \"acme\"");
}

TEST_CASE("a caller may use no other models than his, not as fallbacks either") {
  CHECK(good(R"({"prompt":"x","model":"openai/gpt-5-mini","fallbacks":["anthropic/claude-haiku-4.5"]})", bound_caller()).ask.fallbacks.size() == 1);
  const Error model = refused(R"({"prompt":"x","model":"openai/gpt-5"})", bound_caller());
  CHECK(model.errc == Errc::model_forbidden);
  CHECK(model.kind == Kind::model_unavailable);
  CHECK(model.message == "this caller may not use openai/gpt-5");
  CHECK(model.remedy == "It may use: anthropic/*, openai/gpt-5-mini.");
  CHECK(refused(R"({"prompt":"x","model":"openai/gpt-5-mini","fallbacks":["x/y"]})", bound_caller()).errc == Errc::model_forbidden);
}

TEST_CASE("idempotency keys of different callers are apart") {
  access::Principal other = bound_caller();
  other.id = "key:other";
  const std::string_view arguments = R"({"prompt":"x","idempotency_key":"k"})";
  CHECK(good(arguments, bound_caller()).claim_space != good(arguments, other).claim_space);
  CHECK(good(R"({"prompt":"x","metadata":{"tenant":"t"}})").claim_space == "t");

  access::Principal slashed, longer;  // subjects of tokens may hold any character
  slashed.id = "jwt:iss#a/b";
  slashed.tenant = "c";
  longer.id = "jwt:iss#a";
  longer.tenant = "b/c";
  CHECK(good(arguments, slashed).claim_space != good(arguments, longer).claim_space);
}

TEST_CASE("a fetch waits a while unless it is told how long") {
  const Result<json::Value> plain = check(Tool::get_result, *json::parse(R"({"stream_id":"s"})"));
  REQUIRE(plain.ok());
  CHECK(fetch(*plain).stream_id == "s");
  CHECK(fetch(*plain).max_wait == Duration::seconds(20));
  const Result<json::Value> told = check(Tool::get_result, *json::parse(R"({"stream_id":"s","max_wait_s":0,"include":["thinking"]})"));
  REQUIRE(told.ok());
  CHECK(fetch(*told).max_wait == Duration{});
  CHECK(fetch(*told).include.thinking);
}

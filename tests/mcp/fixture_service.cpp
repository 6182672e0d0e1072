#include "tests/mcp/fixture_service.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "orthink/mcp/code.h"
#include "tests/mcp/fixture_answers.h"

namespace orthink::test {
namespace {

using mcp::Call;
using mcp::News;
namespace news = mcp::news;

constexpr std::chrono::milliseconds kBetweenSteps{50};

// One slow call on its thread.
class Actor : public serve::Job {
 public:
  using Script = News (*)(Actor&);

  Actor(Call call, std::shared_ptr<serve::Mailbox> to, Script script) : call_(std::move(call)), to_(std::move(to)) {
    thread_ = std::thread([this, script] {
      News last = script(*this);
      say(std::move(last));
    });
  }
  ~Actor() override {
    cancel();
    thread_.join();
  }

  void cancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_cancelled_ = true;
    changed_.notify_all();
  }
  void hear(uint64_t /*tag*/, std::string answer_json) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(answer_json);
    changed_.notify_all();
  }

  // For scripts.
  [[nodiscard]] const Call& call() const { return call_; }
  void say(News said) { to_->post(call_.number, std::move(said)); }
  void pause() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kBetweenSteps, [this] { return is_cancelled_; });
  }
  // The client's answer; null where it gave an error or the call was cancelled.
  json::Value ask(std::string method, std::string params_json) {
    say(news::Ask{1, std::move(method), std::move(params_json)});
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return is_cancelled_ || answer_.has_value(); });
    Result<json::Value> answer = json::parse(answer_.value_or("{}"));
    const json::Value* result = answer ? answer->find("result") : nullptr;
    return result ? *result : json::Value();
  }

 private:
  Call call_;
  std::shared_ptr<serve::Mailbox> to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_cancelled_ = false;
  std::optional<std::string> answer_;
  std::thread thread_;
};

std::string quoted(std::string_view text) {
  std::string out;
  json::write_string(out, text);
  return out;
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.is_object() ? object.find(key) : nullptr;
  return value && value->is_string() ? value->text() : std::string();
}

News failed(std::string_view why) {
  return news::Result{R"({"isError":true,"content":[{"type":"text","text":)" + quoted(why) + "}]}"};
}

News logging(Actor& actor) {
  actor.say(news::Log{mcp::LogLevel::info, {}, R"("Tool execution started")"});
  actor.pause();
  actor.say(news::Log{mcp::LogLevel::info, {}, R"("Tool processing data")"});
  actor.pause();
  actor.say(news::Log{mcp::LogLevel::info, {}, R"("Tool execution completed")"});
  return text_result("Logged three times");
}

News progress(Actor& actor) {
  for (const uint64_t done : {0, 50, 100}) {
    if (done > 0) actor.pause();
    actor.say(news::Progress{done, 100, {}});
  }
  return text_result("Reported progress");
}

News sampling(Actor& actor) {
  const json::Value answer = actor.ask(
      "sampling/createMessage", R"({"messages":[{"role":"user","content":{"type":"text","text":)" + quoted(text_at(actor.call().arguments, "prompt")) +
                                    R"(}}],"maxTokens":100})");
  const json::Value* content = answer.is_object() ? answer.find("content") : nullptr;
  if (!content) return failed("The client did not sample");
  return text_result("LLM response: " + text_at(*content, "text"));
}

News elicit(Actor& actor, const std::string& message, const std::string& schema, const std::string& before) {
  const json::Value answer = actor.ask("elicitation/create", R"({"message":)" + quoted(message) + R"(,"requestedSchema":)" + schema + "}");
  if (!answer.is_object()) return failed("The client did not answer");
  const json::Value* content = answer.find("content");
  return text_result(before + "action=" + text_at(answer, "action") + ", content=" + (content ? json::dump(*content) : "{}"));
}

News elicitation(Actor& actor) {
  return elicit(actor, text_at(actor.call().arguments, "message"),
                R"({"type":"object","properties":{"username":{"type":"string","description":"User's response"},)"
                R"("email":{"type":"string","description":"User's email address"}},"required":["username","email"]})",
                "User response: ");
}

News defaults(Actor& actor) {
  return elicit(actor, "Please look at the defaults",
                R"({"type":"object","properties":{"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},)"
                R"("score":{"type":"number","default":95.5},"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},)"
                R"("verified":{"type":"boolean","default":true}},"required":[]})",
                "Elicitation completed: ");
}

News enums(Actor& actor) {
  const std::string titled =
      R"([{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}])";
  return elicit(actor, "Please choose",
                R"({"type":"object","properties":{"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},)"
                R"("titledSingle":{"type":"string","oneOf":)" + titled +
                    R"(},"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},)"
                    R"("untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},)"
                    R"("titledMulti":{"type":"array","items":{"anyOf":)" + titled + R"(}}},"required":[]})",
                "Elicitation completed: ");
}

const std::map<std::string_view, Actor::Script>& scripts() {
  static const std::map<std::string_view, Actor::Script> kScripts{
      {"test_tool_with_logging", logging},
      {"test_tool_with_progress", progress},
      {"test_sampling", sampling},
      {"test_elicitation", elicitation},
      {"test_elicitation_sep1034_defaults", defaults},
      {"test_elicitation_sep1330_enums", enums},
  };
  return kScripts;
}

}  // namespace

std::unique_ptr<serve::Job> FixtureService::start(mcp::Call call, const access::Principal&, std::shared_ptr<serve::Mailbox> to) {
  const uint64_t number = call.number;
  if (std::optional<News> answer = answer_at_once(call)) {
    to->post(number, std::move(*answer));
    return nullptr;
  }
  if (const auto script = scripts().find(call.name); script != scripts().end())
    return std::make_unique<Actor>(std::move(call), std::move(to), script->second);
  if (call.name == "test_logging_tool") to->post(number, news::Log{mcp::LogLevel::info, {}, R"("Logged")"});
  if (call.name == "test_trigger_tool_change") to->post(number, news::Changed{news::Changed::What::tools, {}});
  if (call.name == "test_trigger_prompt_change") to->post(number, news::Changed{news::Changed::What::prompts, {}});
  to->post(number, text_result("Done"));
  return nullptr;
}

}  // namespace orthink::test

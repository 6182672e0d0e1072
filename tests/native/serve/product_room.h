// A product with a simulator upstream, and callers of its tools without any protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "native/serve/product.h"
#include "tests/native/call/room.h"

namespace orthink::test {

// One tool call and all it said.
class ToolCall {
 public:
  ToolCall(serve::Product& product, std::string_view tool, std::string_view arguments, const access::Principal& caller, bool wants_progress) {
    mcp::Call call;
    call.number = 7;
    call.method = "tools/call";
    call.name = tool;
    Result<json::Value> parsed = json::parse(arguments);
    REQUIRE(parsed);
    call.arguments = std::move(*parsed);
    call.wants_progress = wants_progress;
    mailbox = std::make_shared<serve::Mailbox>();
    job = product.start(std::move(call), caller, mailbox);
  }
  // The next piece of news; fails after 20 s.
  mcp::News next() {
    uint64_t number = 0;
    mcp::News news;
    while (!mailbox->take(number, news)) {
      if (!mailbox->wait(now() + Duration::seconds(20))) FAIL("no news came");
    }
    CHECK(number == 7);
    return news;
  }
  [[nodiscard]] bool has_news() {
    uint64_t number = 0;
    mcp::News news;
    return mailbox->take(number, news);
  }
  // Its result; progress on the way is kept.
  json::Value result() {
    for (;;) {
      mcp::News news = next();
      if (auto* step = std::get_if<mcp::news::Progress>(&news)) progress.push_back(*step);
      if (auto* fault = std::get_if<mcp::news::Fault>(&news)) FAIL("fault: " << fault->message);
      if (auto* end = std::get_if<mcp::news::Result>(&news)) {
        Result<json::Value> value = json::parse(end->json);
        REQUIRE(value);
        return *value;
      }
    }
  }
  // What programs read of it.
  json::Value structured() {
    const json::Value whole = result();
    const json::Value* part = whole.find("structuredContent");
    REQUIRE(part != nullptr);
    return *part;
  }

  std::shared_ptr<serve::Mailbox> mailbox;
  std::unique_ptr<serve::Job> job;
  std::vector<mcp::news::Progress> progress;
};

class ProductRoom : public Room {
 public:
  explicit ProductRoom(std::string_view faults = "", std::string_view more = "") : Room(faults, more), desk(config()) {
    product = std::make_unique<serve::Product>(desk, serve::ProductOptions{});
  }
  ToolCall call(std::string_view tool, std::string_view arguments, const access::Principal& caller = access::Principal::local(),
                bool wants_progress = false) {
    return ToolCall(*product, tool, arguments, caller, wants_progress);
  }
  Desk desk;
  std::unique_ptr<serve::Product> product;
};

inline std::string text_at(const json::Value& value, std::initializer_list<const char*> path) {
  const json::Value* here = &value;
  for (const char* key : path) {
    here = here->find(key);
    if (here == nullptr) return "(absent)";
  }
  return here->text();
}

}  // namespace orthink::test

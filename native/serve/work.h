// work: where a conversation hands over what is to be done, and where the news of it come back.
//
//   class Fixture : public serve::Service {
//     std::unique_ptr<serve::Job> start(mcp::Call call, const access::Principal&, std::shared_ptr<serve::Mailbox> to) override {
//       to->post(call.number, mcp::news::Result{R"({"content":[]})"});   // answered at once: no thread is changed
//       return nullptr;
//     }
//   };
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/access/principal.h"
#include "orthink/base/instant.h"
#include "orthink/mcp/call.h"

namespace orthink::serve {

// News of one channel's calls, in the order they were posted. A reader that falls behind loses progress that newer progress of the same
// call has overtaken, and log lines past a cap; never what ends a call.
// Thread rule: post and wake from any thread, take and wait on one.
class Mailbox {
 public:
  // `on_post`, where given, is called after every post and wake, on the poster's thread. True: all was seen to, and whoever waits may go on
  // waiting.
  explicit Mailbox(std::function<bool()> on_post = {}) : on_post_(std::move(on_post)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(uint64_t call, mcp::News news);
  // `hear` is called once with the news that ends the call, on the thread that posts it, before anyone can take it.
  void when_over(uint64_t call, std::function<void(const mcp::News&)> hear);
  // False: there are none.
  bool take(uint64_t& call, mcp::News& news);
  // True: there are news, or somebody has called wake() since the last wait; false: it is `until`.
  bool wait(Instant until);
  void wake();

 private:
  struct Letter {
    uint64_t call;
    mcp::News news;
  };
  static constexpr size_t kCrowded = 64;      // from here on progress replaces progress
  static constexpr size_t kLettersMax = 1'024;  // from here on log lines are dropped
  bool replaces(uint64_t call, const mcp::News& news);

  void rouse();

  std::function<bool()> on_post_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Letter> letters_;
  size_t taken_ = 0;  // of the front of letters_
  bool is_woken_ = false;
  std::vector<std::pair<uint64_t, std::function<void(const mcp::News&)>>> watchers_;
};

// A call at work. Destroying it cancels what has not ended; that does not wait, and what the work still says is for nobody.
// Thread rule: one thread at a time.
class Job {
 public:
  virtual ~Job() = default;
  // The work ends soon, still with one of the news that end a call. Returns at once; a second time does nothing.
  virtual void cancel() = 0;
  // The client's answer to news::Ask with this tag: {"result":...} or {"error":...}.
  virtual void hear(uint64_t /*tag*/, std::string /*answer_json*/) {}
};

// Does the work. Thread rule: any thread, many at once.
class Service {
 public:
  virtual ~Service() = default;
  // A request has come that may start a call; this is its text, not read yet. For what takes time and can be done meanwhile.
  virtual void foresee(std::string_view /*request*/) {}
  // Returns at once, and may post before it returns. The last news of a call is Result, InputRequired or Fault. Null: all was said.
  virtual std::unique_ptr<Job> start(mcp::Call call, const access::Principal& caller, std::shared_ptr<Mailbox> to) = 0;
};

}  // namespace orthink::serve

// Tools that do no work but take their time, for tests and rigs of what carries calls.
//
//   echo {"text"}            answered inside start()
//   count {"n", "every_ms"}  n times progress, one each every_ms, then a result
//   hang {}                  goes on until it is cancelled
//   large {"bytes"}          a result of so many bytes
//
// One clock thread serves all calls. Thread rule: as Service; outlives its jobs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native/serve/work.h"
#include "native/system.h"
#include "orthink/mcp/menu.h"

namespace orthink::test {

inline mcp::Offer fixture_offer() {
  mcp::Offer offer;
  offer.name = "fixture";
  offer.version = "1.0.0";
  for (const char* name : {"echo", "count", "hang", "large"}) {
    offer.tools.push_back({name, std::string(R"({"name":")") + name + R"(","description":"For tests.","inputSchema":{"type":"object"}})"});
  }
  return offer;
}

inline std::string text_result(std::string_view text) {
  return R"({"content":[{"type":"text","text":")" + std::string(text) + R"("}]})";
}

class FixtureService final : public serve::Service {
 public:
  FixtureService() : clock_([this] { tell_time(); }) {}
  ~FixtureService() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    clock_.join();
  }

  std::atomic<uint64_t> started{0}, cancelled{0}, dropped{0};

  std::unique_ptr<serve::Job> start(mcp::Call call, const access::Principal& caller, std::shared_ptr<serve::Mailbox> to) override {
    ++started;
    const auto number = [&](const char* name, uint64_t otherwise) {
      const json::Value* member = call.arguments.find(name);
      return member == nullptr ? otherwise : member->as_u64().value_or(otherwise);
    };
    if (call.name == "echo") {
      const json::Value* text = call.arguments.find("text");
      to->post(call.number, mcp::news::Result{text_result(caller.id + ":" + std::string(text == nullptr ? "" : text->text()))});
      return nullptr;
    }
    if (call.name == "large") {
      to->post(call.number, mcp::news::Result{text_result(std::string(number("bytes", 4'096), 'x'))});
      return nullptr;
    }
    auto work = std::make_shared<Work>();
    work->call = call.number;
    work->to = std::move(to);
    work->left = call.name == "count" ? number("n", 15) : 0;
    work->total = work->left;
    work->every = Duration::millis(static_cast<int64_t>(number("every_ms", 1'000)));
    if (call.name == "count") put({orthink::now() + work->every, work});
    return std::make_unique<FixtureJob>(*this, work);
  }

 private:
  struct Work {
    std::mutex mutex;
    bool is_ended = false;
    uint64_t call = 0;
    std::shared_ptr<serve::Mailbox> to;
    uint64_t left = 0, total = 0;
    Duration every;

    void end(mcp::News news) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (std::exchange(is_ended, true)) return;
      to->post(call, std::move(news));
    }
  };
  class FixtureJob final : public serve::Job {
   public:
    FixtureJob(FixtureService& service, std::shared_ptr<Work> work) : service_(service), work_(std::move(work)) {}
    ~FixtureJob() override {
      const std::lock_guard<std::mutex> lock(work_->mutex);
      if (!std::exchange(work_->is_ended, true)) ++service_.dropped;
    }
    void cancel() override {
      ++service_.cancelled;
      work_->end(mcp::news::Result{text_result("cancelled")});
    }

   private:
    FixtureService& service_;
    std::shared_ptr<Work> work_;
  };
  struct Due {
    Instant at;
    std::shared_ptr<Work> work;
    bool operator<(const Due& other) const { return at > other.at; }
  };

  void put(Due due) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      due_.push(std::move(due));
    }
    changed_.notify_one();
  }

  void tell_time() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!is_over_) {
      if (due_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const Duration left = due_.top().at - orthink::now();
      if (left > Duration{}) {
        changed_.wait_for(lock, std::chrono::microseconds(left.us));
        continue;
      }
      Due due = due_.top();
      due_.pop();
      lock.unlock();
      tick(std::move(due));
      lock.lock();
    }
  }

  void tick(Due due) {
    Work& work = *due.work;
    {
      const std::lock_guard<std::mutex> ending(work.mutex);
      if (work.is_ended) return;
    }
    if (work.left == 0) return work.end(mcp::news::Result{text_result("counted")});
    --work.left;
    work.to->post(work.call, mcp::news::Progress{work.total - work.left, work.total, {}});
    // The last event and the result come together.
    put({work.left == 0 ? due.at : due.at + work.every, due.work});
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Due> due_;
  bool is_over_ = false;
  std::thread clock_;
};

}  // namespace orthink::test

// Threads: a thread for each piece of work that blocks, as many as there is work, with small stacks.
//
//   Threads threads(10'000);
//   if (!threads.run([fd] { serve(fd); })) refuse(fd);
//
// A thread that has been idle for five seconds leaves; the one that fell idle last is used first, so that the others can.
// Thread rule: run from any thread; the destructor waits until all work has ended.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace orthink::serve {

class Threads {
 public:
  // A request's JSON is read on these stacks; of what is not touched the kernel keeps nothing.
  static constexpr size_t kStackBytes = size_t{256} << 10;

  explicit Threads(size_t threads_max) : threads_max_(threads_max) {}
  ~Threads() { finish(); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // False: threads_max are busy, the kernel has no thread left, or finish() was called. `work` does not throw.
  bool run(std::function<void()> work);
  // Work may come in a moment: wakes the one that fell idle last, since waking takes as long as finding out what is to be done.
  void rouse();
  // No more work is taken; returns when all has ended.
  void finish();
  [[nodiscard]] size_t count() const;

 private:
  struct Sleeper {
    std::condition_variable woken;
    std::function<void()> work;
    bool is_over = false;
  };
  static void* enter(void* start);
  void live(std::function<void()> work);
  // Nothing: the thread is to leave.
  std::optional<std::function<void()>> wait_for_work();
  void leave();

  const size_t threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable all_left_;
  std::vector<Sleeper*> sleepers_;
  size_t count_ = 0;
  bool is_over_ = false;
  std::optional<pthread_t> last_left_;  // each that leaves joins the one before it
};

}  // namespace orthink::serve

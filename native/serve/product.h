// Product: the eight tools at work, as the Service behind stdio and HTTP.
//
//   Desk desk(config);
//   Product product(desk, {});
//   std::unique_ptr<Job> job = product.start(std::move(call), caller, mailbox);   // news come to the mailbox
//   product.drain(now() + grace);
//
// What needs neither network nor store is answered within start(); a paid call has a thread of its own while it runs.
// Thread rule: any thread; drain() and the destructor on one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/call/desk.h"
#include "native/call/store_watch.h"
#include "native/call/upkeep.h"
#include "native/observe/log.h"
#include "native/observe/telemetry.h"
#include "native/serve/alarms.h"
#include "native/serve/call_registry.h"
#include "native/serve/purchase_work.h"
#include "native/serve/threads.h"
#include "native/serve/work.h"
#include "orthink/tools/tool_table.h"

namespace orthink::serve {

struct ProductOptions {
  size_t calls_max = 4096;                          // that run at once
  size_t looks_max = 16;                            // into the ledger (usage_report, budget_status) at once
  Duration let_go = Duration::seconds(10);          // after a drain's end: how long cancelled calls may take to settle
  Duration try_store_every = StoreWatchOptions().every;
  observe::Telemetry* telemetry = nullptr;          // both may be null, else outlive the product
  observe::Log* log = nullptr;
};

// In sentences, for whoever runs the server, and for its other callers.
struct Problem {
  std::string text, told;
  bool operator==(const Problem&) const = default;
};

class Product : public Service {
 public:
  // `desk` outlives it.
  Product(Desk& desk, const ProductOptions& options);
  ~Product() override;  // cancels what runs and waits for it, as drain(now) does

  void foresee(std::string_view request) override;
  std::unique_ptr<Job> start(mcp::Call call, const access::Principal& caller, std::shared_ptr<Mailbox> to) override;

  // From now on paid calls are refused; those that run go on. Any thread.
  void begin_drain();
  // The same. Those that run may end until `until`, are then cancelled, and after `let_go` left: their rows are
  // settled, or marked as unknown. Returns when none runs.
  void drain(Instant until);
  // Cancels everything that runs: a drain that waits ends sooner.
  void cancel_all();
  [[nodiscard]] size_t calls_running() const { return registry_.running(); }
  // Why paid calls will be refused: it stops, there is no key or the upstream refuses it, the store takes nothing. Empty: they will not.
  // Looks at most once a second, and waits for no store that is slow. What has changed is logged.
  [[nodiscard]] std::vector<Problem> problems();

 private:
  struct Asked {
    mcp::Call& call;
    const access::Principal& caller;
    std::shared_ptr<Mailbox>& to;
    json::Value arguments;  // checked
  };
  using Work = std::unique_ptr<Job> (Product::*)(Asked&);
  static Work work_of(tools::Tool tool);

  std::unique_ptr<Job> complete(Asked& asked);
  std::unique_ptr<Job> get_result(Asked& asked);
  std::unique_ptr<Job> cancel_stream(Asked& asked);
  std::unique_ptr<Job> plan(Asked& asked);
  std::unique_ptr<Job> list_models(Asked& asked);
  std::unique_ptr<Job> report(Asked& asked);
  std::unique_ptr<Job> budget(Asked& asked);
  std::unique_ptr<Job> health(Asked& asked);
  // Runs what reads the store on a thread of its own; its result is posted. It ends soon after what it is given says that it is off.
  using IsOff = std::function<bool()>;
  std::unique_ptr<Job> look(Asked& asked, std::function<Result<std::string>(const IsOff&)> result);
  static void answer(Asked& asked, std::string result_json);
  void refuse(Asked& asked, const Error& error);
  // What this caller is told of it. What is kept from them is logged.
  [[nodiscard]] Error told(const access::Principal& caller, const Error& error);
  void wait_until_idle(Instant until);
  void work(const std::shared_ptr<const Order>& order, const std::shared_ptr<RunningCall>& call);
  void close(const std::shared_ptr<RunningCall>& call);
  void log(const Order& order, const Bought& bought, Instant began);
  [[nodiscard]] std::vector<Problem> find_problems();
  void log_problems(const std::vector<Problem>& found);

  Desk& desk_;
  const ProductOptions options_;
  const Instant began_;
  observe::Telemetry off_;
  observe::Telemetry& telemetry_;
  std::atomic<bool> is_ending_{false};  // looks are called off
  std::atomic<size_t> looks_{0};
  std::mutex problems_mutex_;
  std::vector<Problem> problems_;
  Instant problems_until_;
  std::mutex idle_mutex_;
  std::condition_variable idle_;
  CallRegistry registry_;
  Alarms alarms_;
  Upkeep upkeep_;
  std::atomic<bool> has_upkeep_{false};  // it has begun: with the first request
  StoreWatch store_watch_;
  Threads threads_;
};

}  // namespace orthink::serve

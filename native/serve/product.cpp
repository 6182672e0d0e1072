#include "native/serve/product.h"

#include <utility>

#include "native/serve/ledger_looks.h"
#include "native/system.h"
#include "native/wait_piece.h"
#include "orthink/base/version.h"
#include "orthink/chat/prepare.h"
#include "orthink/tools/discretion.h"
#include "orthink/tools/list_models.h"
#include "orthink/tools/tool_result.h"

namespace orthink::serve {
namespace {

constexpr int kInvalidParams = -32602;
constexpr Duration kProblemsFor = Duration::seconds(1);
constexpr std::string_view kStopping = "The server is stopping.";
constexpr std::string_view kUpkeepTrouble = "Upkeep of the server's ledger could not do all it should. Its operator finds why in its log.";

Error unknown_stream(const std::string& stream_id) {
  return make_error(Errc::invalid_argument, "no call of yours is named \"" + stream_id + "\"",
                    "Use the stream_id that thinking_completion answered. What has ended is kept for an hour at most; what you were told, or was "
                    "refused, may be forgotten sooner.");
}

// Someone who waits for a paid call. Whoever asked for it takes it along when they go.
class SeatJob : public Job {
 public:
  enum class Kind : uint8_t { buyer, visitor };
  SeatJob(std::shared_ptr<RunningCall> call, RunningCall::SeatId seat, Kind kind) : call_(std::move(call)), seat_(seat), kind_(kind) {}
  ~SeatJob() override {
    if (call_->leave(seat_) && kind_ == Kind::buyer) call_->cancel();
  }
  void cancel() override {
    if (kind_ == Kind::buyer)
      call_->cancel();
    else
      call_->send_away(seat_);
  }

 private:
  std::shared_ptr<RunningCall> call_;
  RunningCall::SeatId seat_;
  Kind kind_;
};

// A look into the store, which ends soon after it is called off.
class LookJob : public Job {
 public:
  explicit LookJob(std::shared_ptr<std::atomic<bool>> is_off) : is_off_(std::move(is_off)) {}
  ~LookJob() override { *is_off_ = true; }
  void cancel() override { *is_off_ = true; }

 private:
  std::shared_ptr<std::atomic<bool>> is_off_;
};

Error too_many_looks(size_t looks_max) {
  Error error = make_error(Errc::rate_limited, std::to_string(looks_max) + " looks into the ledger are under way, the most this server takes at once",
                           "Ask again soon.");
  error.retry_after = Duration::seconds(1);
  return error;
}

Problem problem_of(const Error& error) {
  return {tools::in_a_sentence(error), tools::in_a_sentence(tools::is_for_operator(error.errc) ? tools::discreet(error) : error)};
}

// In our words: those of the upstream are anybody's.
Error refused_key(const Error& refusal) {
  return make_error(refusal.errc, "the upstream does not accept the server's key");
}

bool is_key_newly_refused(Desk& desk, const Bought& bought) {
  if (bought.refused) return desk.judge_key({}, bought.refused);
  const bool is_old = !bought.replayed.empty();
  return !is_old && desk.judge_key(bought.till.upstream.key_id, bought.exchange->error());
}

Instant deadline_of(const std::optional<Duration>& wait) {
  return wait ? now() + *wait : Instant::never();
}

}  // namespace

Product::Product(Desk& desk, const ProductOptions& options)
    : desk_(desk), options_(options), began_(now()), telemetry_(options.telemetry != nullptr ? *options.telemetry : off_), registry_(options.calls_max), upkeep_(desk, options.log),
      store_watch_(desk, [this](std::function<void()> work) { return threads_.run(std::move(work)); }, {.every = options.try_store_every}),
      threads_(options.calls_max + 64) {}

Product::~Product() {
  is_ending_ = true;
  drain(now());
  threads_.finish();
}

Product::Work Product::work_of(tools::Tool tool) {
  switch (tool) {
    case tools::Tool::thinking_completion:
      return &Product::complete;
    case tools::Tool::get_result:
      return &Product::get_result;
    case tools::Tool::cancel_stream:
      return &Product::cancel_stream;
    case tools::Tool::plan_request:
      return &Product::plan;
    case tools::Tool::list_models:
      return &Product::list_models;
    case tools::Tool::usage_report:
      return &Product::report;
    case tools::Tool::budget_status:
      return &Product::budget;
    case tools::Tool::health:
      return &Product::health;
  }
  return nullptr;
}

void Product::answer(Asked& asked, std::string result_json) {
  asked.to->post(asked.call.number, mcp::news::Result{std::move(result_json)});
}

void Product::refuse(Asked& asked, const Error& error) {
  answer(asked, tools::error_result(told(asked.caller, error)));
}

Error Product::told(const access::Principal& caller, const Error& error) {
  if (caller.is_local() || !tools::is_for_operator(error.errc)) return error;
  if (options_.log != nullptr)
    options_.log->write(observe::LogLevel::error, "operator_error",
                        {{"caller", caller.id}, {"code", error.code}, {"why", tools::in_a_sentence(error)}});
  return tools::discreet(error);
}

void Product::foresee(std::string_view request) {
  if (request.find(name(tools::Tool::thinking_completion)) != request.npos) threads_.rouse();
}

std::unique_ptr<Job> Product::start(mcp::Call call, const access::Principal& caller, std::shared_ptr<Mailbox> to) {
  const std::optional<tools::Tool> tool = call.method == "tools/call" ? tools::tool_named(call.name) : std::nullopt;
  if (!tool || !caller.may_use_tool(call.name)) {
    to->post(call.number, mcp::news::Fault{kInvalidParams, "Unknown tool: " + call.name, {}});
    return nullptr;
  }
  Asked asked{call, caller, to, {}};
  Result<json::Value> arguments = tools::check(*tool, call.arguments);
  if (!arguments) {
    refuse(asked, arguments.error());
    return nullptr;
  }
  asked.arguments = std::move(*arguments);
  std::unique_ptr<Job> job = (this->*work_of(*tool))(asked);
  if (!has_upkeep_.load(std::memory_order_relaxed) && !has_upkeep_.exchange(true)) upkeep_.begin();
  return job;
}

std::unique_ptr<Job> Product::complete(Asked& asked) {
  const std::shared_ptr<const Config> config = desk_.config();
  Result<tools::Question> question =
      tools::question(asked.arguments, asked.caller, {.model = config->default_model()});
  if (!question) {
    telemetry_.refused(question.error().errc);
    return refuse(asked, question.error()), nullptr;
  }
  auto order = std::make_shared<Order>(Order{std::move(*question), asked.caller, random_id("call-")});
  order->trace = observe::parse_traceparent(asked.call.traceparent).value_or(observe::TraceContext{});
  order->trace.state = observe::checked_tracestate(asked.call.tracestate);
  const tools::Question& wish = order->question;
  Result<std::shared_ptr<RunningCall>> opened = registry_.open(alarms_, asked.caller.id, wish.stream_id.value_or(order->call_id), now());
  if (!opened) return refuse(asked, opened.error()), nullptr;
  const std::shared_ptr<RunningCall> call = *opened;
  const RunningCall::SeatId seat =
      call->sit({asked.to, asked.call.number, asked.call.wants_progress, wish.include, deadline_of(wish.max_wait)});
  const bool is_begun = threads_.run([this, call, order] { work(order, call); });
  if (!is_begun) {
    call->end({{}, {}, make_error(Errc::rate_limited, "there is no thread left for another call", "Ask again when some have ended.")});
    close(call);
  }
  return std::make_unique<SeatJob>(call, seat, SeatJob::Kind::buyer);
}

void Product::work(const std::shared_ptr<const Order>& order, const std::shared_ptr<RunningCall>& call) {
  const Instant began = now();
  const auto told = [&](const Error& error) { return this->told(order->caller, error); };
  work_on_purchase(desk_, *order, *call, telemetry_, told, [&](const Bought& bought) {
    log(*order, bought, began);
    if (is_key_newly_refused(desk_, bought)) upkeep_.look_now();
  });
  close(call);
}

void Product::close(const std::shared_ptr<RunningCall>& call) {
  const std::lock_guard lock(idle_mutex_);
  registry_.close(call, now());
  idle_.notify_all();
}

void Product::log(const Order& order, const Bought& bought, Instant began) {
  if (options_.log == nullptr || !options_.log->wants(observe::LogLevel::info)) return;
  const bool is_replayed = !bought.replayed.empty();
  const bool is_made = bought.exchange && !is_replayed;
  const Receipt receipt = is_made ? bought.exchange->receipt() : refusal_receipt(order.question.ask, order.call_id);
  std::optional<Error> error = bought.refused;
  if (is_made && bought.exchange->error()) error = bought.exchange->error();
  const std::string_view ended = error ? "failed" : is_replayed ? "replayed" : name(bought.exchange->outcome());
  // What the catalogue does not know is any text a caller wrote.
  const std::string asked = receipt.asked_model.value_or("");
  const bool is_model = desk_.catalogue_at_hand()->catalog.find(asked).has_value();
  options_.log->write(observe::LogLevel::info, "call_ended",
                      {{"call_id", receipt.call_id.value_or(order.call_id)}, {"caller", order.caller.id}, {"model", is_model ? asked : "other"},
                       {"provider", receipt.provider.value_or("")}, {"ended", ended}, {"error", error ? error->code : std::string()},
                       {"cost_usd", receipt.cost ? receipt.cost->to_decimal() : std::string(is_made ? "unknown" : "0")},
                       {"attempts", receipt.attempts}, {"took_ms", (now() - began).ms()}});
}

std::unique_ptr<Job> Product::get_result(Asked& asked) {
  const tools::Fetch fetch = tools::fetch(asked.arguments);
  const std::shared_ptr<RunningCall> call = registry_.find(asked.caller.id, fetch.stream_id, now());
  if (!call) return refuse(asked, unknown_stream(fetch.stream_id)), nullptr;
  const RunningCall::SeatId seat =
      call->sit({asked.to, asked.call.number, asked.call.wants_progress, fetch.include, now() + fetch.max_wait});
  return std::make_unique<SeatJob>(call, seat, SeatJob::Kind::visitor);
}

std::unique_ptr<Job> Product::cancel_stream(Asked& asked) {
  const json::Value* stream_id = asked.arguments.find("stream_id");
  const std::shared_ptr<RunningCall> call = registry_.find(asked.caller.id, stream_id->text(), now());
  if (!call) return refuse(asked, unknown_stream(stream_id->text())), nullptr;
  const bool had_ended = !call->cancel();
  const std::string last_line = call->last_line();
  tools::Cancelled cancelled{call->stream_id(), had_ended, {}, {}, last_line};
  if (!had_ended) {
    const Standing standing = call->standing();
    cancelled.spent = standing.spent;
    cancelled.held = standing.held;
  }
  return answer(asked, tools::result_of(cancelled)), nullptr;
}

std::unique_ptr<Job> Product::plan(Asked& asked) {
  const std::shared_ptr<const Config> config = desk_.config();
  const Result<tools::Question> question =
      tools::question(asked.arguments, asked.caller, {.model = config->default_model()});
  if (!question) return refuse(asked, question.error()), nullptr;
  PrepareOptions options;
  options.now = now();
  options.thinking_tokens_max = config->max_thinking_tokens();
  options.call_deadline = question->ask.deadline.value_or(config->call_deadline());
  options.allows_stale_prices = config->allows_stale_prices();
  const std::shared_ptr<const Catalogue> catalogue = desk_.catalogue_at_hand();
  return answer(asked, tools::plan_result(plan_document(question->ask, catalogue->catalog, options))), nullptr;
}

std::unique_ptr<Job> Product::list_models(Asked& asked) {
  const std::shared_ptr<const Catalogue> catalogue = desk_.catalogue_at_hand();
  const Result<std::string> list = tools::list_models(asked.arguments, catalogue->catalog, asked.caller);
  return list ? answer(asked, *list) : refuse(asked, list.error()), nullptr;
}

std::unique_ptr<Job> Product::look(Asked& asked, std::function<Result<std::string>(const IsOff&)> result) {
  if (looks_.fetch_add(1) >= options_.looks_max) {
    --looks_;
    return refuse(asked, too_many_looks(options_.looks_max)), nullptr;
  }
  auto is_off = std::make_shared<std::atomic<bool>>(false);
  const bool is_begun = threads_.run([this, is_off, caller = asked.caller, to = asked.to, number = asked.call.number, result = std::move(result)] {
    const Result<std::string> shown = result([&] { return *is_off || is_ending_; });
    --looks_;
    to->post(number, mcp::news::Result{shown ? *shown : tools::error_result(told(caller, shown.error()))});
  });
  if (is_begun) return std::make_unique<LookJob>(std::move(is_off));
  --looks_;
  return refuse(asked, make_error(Errc::rate_limited, "there is no thread left for another look", "Ask again soon.")), nullptr;
}

std::unique_ptr<Job> Product::report(Asked& asked) {
  return look(asked, [this, caller = asked.caller, arguments = std::move(asked.arguments)](const IsOff& is_off) {
    return usage_report(desk_, caller, arguments, is_off);
  });
}

std::unique_ptr<Job> Product::budget(Asked& asked) {
  return look(asked, [this, caller = asked.caller, arguments = std::move(asked.arguments)](const IsOff& is_off) {
    return budget_status(desk_, caller, arguments, is_off);
  });
}

std::unique_ptr<Job> Product::health(Asked& asked) {
  std::vector<std::string> found;
  const bool is_local = asked.caller.is_local();
  for (Problem& problem : problems()) found.push_back(std::move(is_local ? problem.text : problem.told));
  if (const std::optional<Error> trouble = upkeep_.trouble()) found.push_back(is_local ? tools::in_a_sentence(*trouble) : std::string(kUpkeepTrouble));
  return answer(asked, tools::result_of(tools::Health{version(), now() - began_, calls_running(), std::move(found)})), nullptr;
}

std::vector<Problem> Product::problems() {
  const std::lock_guard lock(problems_mutex_);
  const Instant at = now();
  if (at < problems_until_) return problems_;
  std::vector<Problem> found = find_problems();
  if (found != problems_) log_problems(found);
  problems_ = std::move(found);
  problems_until_ = at + kProblemsFor;
  return problems_;
}

std::vector<Problem> Product::find_problems() {
  std::vector<Problem> found;
  if (registry_.is_shut()) found.push_back({std::string(kStopping), std::string(kStopping)});
  if (const Result<Upstream> upstream = desk_.upstream(); !upstream) found.push_back(problem_of(upstream.error()));
  if (const std::optional<Error> refusal = desk_.key_refusal()) found.push_back(problem_of(refused_key(*refusal)));
  if (const std::optional<Error> trouble = store_watch_.trouble()) found.push_back(problem_of(*trouble));
  return found;
}

void Product::log_problems(const std::vector<Problem>& found) {
  if (options_.log == nullptr) return;
  if (found.empty()) return options_.log->write(observe::LogLevel::info, "ready");
  for (const Problem& problem : found) options_.log->write(observe::LogLevel::error, "not_ready", {{"why", problem.text}});
}

void Product::wait_until_idle(Instant until) {
  std::unique_lock lock(idle_mutex_);
  while (registry_.running() > 0) {
    if (now() >= until) return;
    idle_.wait_for(lock, wait_piece(until));
  }
}

void Product::cancel_all() {
  for (const auto& call : registry_.all_running()) call->cancel(options_.let_go);  // a handle would be of no use afterwards
}

void Product::begin_drain() {
  registry_.shut();
}

void Product::drain(Instant until) {
  begin_drain();
  wait_until_idle(until);
  cancel_all();
  wait_until_idle(now() + options_.let_go);
  for (const auto& call : registry_.all_running()) call->abandon();
  wait_until_idle(Instant::never());
}

}  // namespace orthink::serve

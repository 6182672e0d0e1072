#include "native/serve/mcp_endpoint.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "native/system.h"
#include "orthink/mcp/origin.h"

namespace orthink::serve {

void Board::enlist(const std::string& key, uint64_t exchange, uint64_t number, const std::shared_ptr<Mailbox>& mailbox) {
  const std::lock_guard<std::mutex> lock(mutex_);
  members_.emplace(key, Member{exchange, number, mailbox});
}

void Board::leave(const std::string& key, uint64_t exchange) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [begin, end] = members_.equal_range(key);
  for (auto at = begin; at != end;) at = at->second.exchange == exchange ? members_.erase(at) : std::next(at);
}

void Board::deliver(const std::string& key, const mcp::News& news) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [begin, end] = members_.equal_range(key);
  const bool is_for_one = std::holds_alternative<mcp::news::Cancelled>(news);
  if (is_for_one && std::distance(begin, end) != 1) return;
  for (auto at = begin; at != end; ++at) {
    if (const auto mailbox = at->second.mailbox.lock()) mailbox->post(at->second.number, news);
  }
}

// One exchange at work, from its request to its end. While its thread waits, whoever posts news carries small pieces to the client by
// himself: a thread less has to be woken before a token is seen.
class ExchangeRun {
 public:
  ExchangeRun(McpEndpoint& endpoint, Peer& peer, access::Principal caller, const Request& request)
      : endpoint_(endpoint),
        peer_(peer),
        caller_(std::move(caller)),
        began_(now()),
        number_(++endpoint.last_exchange_),
        exchange_(began_, endpoint.options_.menu, endpoint.options_.http, request_of(request)) {}
  ~ExchangeRun() {
    for (const std::string& key : keys_) endpoint_.board_.leave(key, number_);
    if (is_watching_) peer_.wake_on_change(nullptr);
    if (is_streaming_) tell_stream(false);
  }
  ExchangeRun(const ExchangeRun&) = delete;
  ExchangeRun& operator=(const ExchangeRun&) = delete;

  // Goes on until the exchange ends, or (without a sink) until a streaming head is there. True: it has ended.
  bool go_on(BodySink* sink) {
    sink_ = sink;
    while (true) {
      mcp::HttpAct act = left_over_ ? std::move(*left_over_) : exchange_.poll();
      left_over_.reset();
      if (std::holds_alternative<mcp::act::End>(act)) return true;
      if (auto* wait = std::get_if<mcp::act::WaitUntil>(&act)) {
        wait_for_something(wait->at);
      } else {
        std::visit([this](auto& kind) { carry_out(kind); }, act);
        if (is_streaming_ && sink == nullptr) return false;
      }
    }
  }

  [[nodiscard]] bool was_cut() const { return was_cut_; }
  Answer take_answer() { return std::move(answer_); }

 private:
  // Whose news may be carried by others: its exchange, while the exchange's own thread waits.
  struct Carrier {
    std::mutex mutex;
    ExchangeRun* waiting = nullptr;

    // True: nothing is left to do for the thread that waits.
    bool carry() {
      const std::unique_lock<std::mutex> lock(mutex, std::try_to_lock);
      return lock.owns_lock() && waiting != nullptr && waiting->carry_news();
    }
  };
  static constexpr size_t kCarriedBytesMax = 4'096;

  mcp::HttpRequest request_of(const Request& request) {
    mcp::HttpRequest made;
    made.method = request.head.method;
    made.headers.reserve(request.head.headers.size());
    for (const HeadLine& line : request.head.headers) made.headers.push_back({std::string(line.name), std::string(line.value)});
    made.body = request.body;
    made.caller = {caller_.id, caller_.tools};
    made.peer = peer_.address();
    made.exchange = number_;
    return made;
  }

  void carry_out(mcp::act::Head& head) {
    answer_.status = head.status;
    answer_.headers = std::move(head.headers);
    is_streaming_ = head.is_stream;
    if (is_streaming_) tell_stream(true);
    if (!endpoint_.options_.on_answer) return;
    const bool waited = is_streaming_ || !jobs_.empty();
    endpoint_.options_.on_answer(head.status, waited ? std::nullopt : std::optional(now() - began_));
  }
  void carry_out(mcp::act::Body& body) {
    if (sink_ == nullptr) {
      answer_.body += body.bytes;
    } else if (!was_cut_ && !sink_->write(body.bytes)) {
      was_cut_ = true;
    }
  }
  void carry_out(mcp::act::Start& start) {
    const uint64_t call = start.call.number;
    need_mailbox();
    if (auto job = endpoint_.options_.service.start(std::move(start.call), caller_, mailbox_)) jobs_.emplace_back(call, std::move(job));
  }
  void carry_out(mcp::act::Cancel& cancel) {
    if (Job* job = job_of(cancel.number)) job->cancel();
  }
  void carry_out(mcp::act::Heard& heard) {
    if (Job* job = job_of(heard.number)) job->hear(heard.tag, std::move(heard.answer_json));
  }
  void carry_out(mcp::act::Enlist& enlist) {
    need_mailbox();
    endpoint_.board_.enlist(enlist.key, number_, enlist.number, mailbox_);
    keys_.push_back(std::move(enlist.key));
  }
  void carry_out(mcp::act::Deliver& deliver) { endpoint_.board_.deliver(deliver.key, deliver.news); }
  void carry_out(mcp::act::WaitUntil&) {}
  void carry_out(mcp::act::End&) {}

  void tell_stream(bool begins) const {
    if (endpoint_.options_.on_stream) endpoint_.options_.on_stream(begins);
  }
  Job* job_of(uint64_t call) {
    const auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job.first == call; });
    return at == jobs_.end() ? nullptr : at->second.get();
  }

  // Hands the exchange one event, waiting for it where there is none yet.
  void wait_for_something(Instant at) {
    uint64_t call = 0;
    mcp::News news;
    if (mailbox_ && mailbox_->take(call, news)) return exchange_.handle(now(), mcp::event::NewsOf{call, std::move(news)});
    if (!is_watching_) {
      need_mailbox();
      peer_.wake_on_change([mailbox = mailbox_] { mailbox->wake(); });
      is_watching_ = true;
    }
    if (!was_told_closed_ && (was_cut_ || peer_.is_gone())) {
      was_told_closed_ = true;
      return exchange_.handle(now(), mcp::event::Closed{});
    }
    const Instant drained = was_told_to_stop_ ? Instant::never() : peer_.drains_until();
    if (now() >= drained) {
      was_told_to_stop_ = true;
      return exchange_.handle(now(), mcp::event::Stop{});
    }
    const bool is_quiet = !wait_for_news(std::min(at, drained)) && !left_over_;
    if (is_quiet && now() >= at) exchange_.handle(now(), mcp::event::Tick{});
  }
  void need_mailbox() {
    if (!mailbox_) mailbox_ = std::make_shared<Mailbox>([carrier = carrier_] { return carrier->carry(); });
  }
  bool wait_for_news(Instant until) {
    waits_until_ = until;
    if (sink_ != nullptr) set_waiting(this);
    const bool is_there = mailbox_->wait(until);
    if (sink_ != nullptr) set_waiting(nullptr);
    return is_there;
  }
  void set_waiting(ExchangeRun* run) {
    const std::lock_guard<std::mutex> lock(carrier_->mutex);
    carrier_->waiting = run;
  }

  // On another thread, which may hold what the work is guarded by: nothing of the work is asked, and nothing that could block is done.
  bool carry_news() {
    uint64_t call = 0;
    mcp::News news;
    if (left_over_) return false;
    while (mailbox_->take(call, news)) {
      exchange_.handle(now(), mcp::event::NewsOf{call, std::move(news)});
      if (!carry_out_small()) return false;
    }
    return true;
  }
  bool carry_out_small() {
    while (true) {
      mcp::HttpAct act = exchange_.poll();
      if (const auto* wait = std::get_if<mcp::act::WaitUntil>(&act)) return wait->at >= waits_until_;
      auto* body = std::get_if<mcp::act::Body>(&act);
      if (body == nullptr || body->bytes.size() > kCarriedBytesMax || !peer_.takes_at_once()) {
        left_over_ = std::move(act);
        return false;
      }
      carry_out(*body);
      if (was_cut_) return false;
    }
  }

  McpEndpoint& endpoint_;
  Peer& peer_;
  const access::Principal caller_;
  const Instant began_;
  const uint64_t number_;
  mcp::HttpExchange exchange_;
  const std::shared_ptr<Carrier> carrier_ = std::make_shared<Carrier>();
  std::shared_ptr<Mailbox> mailbox_;  // made when something is waited for
  Instant waits_until_;
  std::optional<mcp::HttpAct> left_over_;  // by a carrier
  std::vector<std::pair<uint64_t, std::unique_ptr<Job>>> jobs_;
  std::vector<std::string> keys_;
  Answer answer_;
  BodySink* sink_ = nullptr;
  bool is_streaming_ = false;
  bool is_watching_ = false;
  bool was_cut_ = false;
  bool was_told_closed_ = false;
  bool was_told_to_stop_ = false;
};

namespace {

// A page of an origin that is ours may read why it is turned away, and where tokens come from.
void show_to_page(const RequestHead& head, const mcp::HttpOptions& http, Answer& answer) {
  const std::string_view origin = head.find("Origin");
  if (origin.empty() || mcp::origin_fault(head.find("Host"), origin, http.hosts, http.origins)) return;
  answer.headers.push_back({"Access-Control-Allow-Origin", std::string(origin)});
  answer.headers.push_back({"Access-Control-Expose-Headers", "WWW-Authenticate"});
  answer.headers.push_back({"Vary", "Origin"});
}

}  // namespace

std::variant<access::Principal, Answer> McpEndpoint::admitted(const Request& request) const {
  if (!options_.admit) return access::Principal::local();
  auto admitted = options_.admit(request);
  if (auto* turned_away = std::get_if<Answer>(&admitted)) {
    if (options_.on_answer) options_.on_answer(turned_away->status, std::nullopt);
    show_to_page(request.head, options_.http, *turned_away);
  }
  return admitted;
}

std::optional<Answer> McpEndpoint::turn_away(const RequestHead& head) const {
  auto admitted = this->admitted({head, {}});
  auto* turned_away = std::get_if<Answer>(&admitted);
  return turned_away != nullptr ? std::optional(std::move(*turned_away)) : std::nullopt;
}

Answer McpEndpoint::answer(const Request& request, Peer& peer) {
  access::Principal caller = access::Principal::local();
  if (request.head.method != "OPTIONS") {
    auto admitted = this->admitted(request);
    if (auto* turned_away = std::get_if<Answer>(&admitted)) return std::move(*turned_away);
    caller = std::move(std::get<access::Principal>(admitted));
  }
  options_.service.foresee(request.body);
  auto run = std::make_shared<ExchangeRun>(*this, peer, std::move(caller), request);
  const bool is_over = run->go_on(nullptr);
  Answer answer = run->take_answer();
  if (!is_over) {
    answer.stream = [run](BodySink& sink) {
      run->go_on(&sink);
      return !run->was_cut();
    };
  }
  return answer;
}

}  // namespace orthink::serve

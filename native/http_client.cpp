#include "native/http_client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "native/config.h"
#include "native/curl_library.h"
#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/base/version.h"

namespace orthink {
namespace {

constexpr size_t kHeadBytesMax = size_t{256} << 10;
constexpr int kIdlePollMs = 60'000;

using Where = input::Lost::Where;

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// A header that would break the request apart is never handed on.
bool is_safe_header(const http::Header& header) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !header.name.empty() && std::none_of(header.name.begin(), header.name.end(), breaks) &&
         std::none_of(header.value.begin(), header.value.end(), breaks) && header.name.find(':') == std::string::npos;
}

// "HTTP/1.1 200 OK"; nothing for a field line.
std::optional<int> status_of(std::string_view line) {
  if (line.substr(0, 5) != "HTTP/") return std::nullopt;
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  int status = 0;
  const char* begin = line.data() + space + 1;
  if (std::from_chars(begin, line.data() + line.size(), status).ec != std::errc{}) return std::nullopt;
  return status;
}

bool is_tls_failure(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return true;
    default:
      return false;
  }
}

}  // namespace

// What the transfer thread has read for one stream and the stream has not taken yet.
struct HttpStream::Inbox {
  explicit Inbox(size_t bytes_max_) : bytes_max(bytes_max_) {}

  const size_t bytes_max;
  Wakeup wakeup;
  std::mutex mutex;
  std::deque<HttpEvent> events;
  std::set<uint32_t> open_legs;
  std::set<uint32_t> closing_legs;  // closed by the reader; whether a byte had left is still told
  std::set<uint32_t> paused_legs;
  size_t bytes = 0;

  static bool outlives_close(const HttpEvent& event) { return event.kind == HttpEvent::Kind::sent || event.kind == HttpEvent::Kind::lost; }

  void push(HttpEvent event) {
    const std::lock_guard lock(mutex);
    const bool is_wanted = open_legs.count(event.leg) != 0 || (outlives_close(event) && closing_legs.count(event.leg) != 0);
    if (!is_wanted) return;
    bytes += event.bytes.size();
    events.push_back(std::move(event));
    wakeup.notify();
  }
  // False when the queue is full; the leg is then paused until take() has made room.
  bool push_bytes(uint32_t leg, std::string_view piece) {
    const std::lock_guard lock(mutex);
    if (open_legs.count(leg) == 0) return true;
    if (bytes >= bytes_max) {
      paused_legs.insert(leg);
      return false;
    }
    bytes += piece.size();
    if (!events.empty() && events.back().kind == HttpEvent::Kind::bytes && events.back().leg == leg) {
      events.back().bytes.append(piece);
      return true;
    }
    HttpEvent event;
    event.kind = HttpEvent::Kind::bytes;
    event.leg = leg;
    event.bytes = piece;
    events.push_back(std::move(event));
    wakeup.notify();
    return true;
  }
};

namespace {

using InboxPtr = std::shared_ptr<HttpStream::Inbox>;

// One request on its way. Lives on the transfer thread from start to end.
struct Transfer {
  InboxPtr inbox;
  uint32_t leg = 0;
  http::Request request;
  Instant connect_by;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> words{};
  http::Head head;
  size_t head_bytes = 0;
  bool was_connected = false;  // libcurl was about to send
  bool has_sent = false;       // a byte was handed to the kernel
  bool has_head = false;
  bool resend_refused = false;

  void push(HttpEvent::Kind kind) {
    HttpEvent event;
    event.kind = kind;
    event.leg = leg;
    if (kind == HttpEvent::Kind::head) event.head = std::move(head);
    inbox->push(std::move(event));
  }
  void mark_sent() {
    if (std::exchange(has_sent, true)) return;
    push(HttpEvent::Kind::sent);
  }
};

// libcurl tells it on a connection that is ready, before the request's first byte. It would also send a request again by itself when a
// reused connection dies under it; a paid request must not be bought twice, so the second time is refused.
int on_ready_to_send(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (std::exchange(transfer.was_connected, true) && transfer.has_sent) {
    transfer.resend_refused = true;
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

int on_trace(CURL*, curl_infotype type, char*, size_t size, void* self) {
  if (size > 0 && (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT)) static_cast<Transfer*>(self)->mark_sent();
  return 0;
}

size_t on_header(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.has_head) return size;  // trailers
  transfer.head_bytes += size;
  if (transfer.head_bytes > kHeadBytesMax) return 0;
  const std::string_view line = trimmed({data, size});
  if (const std::optional<int> status = status_of(line)) {
    transfer.head = {*status, {}};
  } else if (line.empty()) {
    const bool is_interim = transfer.head.status >= 100 && transfer.head.status < 200;
    if (!is_interim) {
      transfer.has_head = true;
      transfer.push(HttpEvent::Kind::head);
    }
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    transfer.head.headers.push_back({std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
  }
  return size;
}

size_t on_body(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.inbox->push_bytes(transfer.leg, {data, size}) ? size : CURL_WRITEFUNC_PAUSE;
}

Where where_of(const Transfer& transfer, CURLcode code) {
  if (!transfer.was_connected) {
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) return Where::resolve;
    return is_tls_failure(code) ? Where::tls : Where::connect;
  }
  if (!transfer.has_sent || code == CURLE_SEND_ERROR) return Where::sending;
  return transfer.has_head ? Where::body : Where::waiting;
}

}  // namespace

struct HttpClient::State {
  std::string base_url;
  Secret key;
  HttpClientOptions options;

  struct Command {
    enum class Kind : uint8_t { start, close, resume } kind = Kind::start;
    InboxPtr inbox;
    uint32_t leg = 0;
    http::Request request;
    Instant connect_by;
  };

  std::mutex mutex;
  std::condition_variable something;  // waited on where there is no multi handle to poll
  std::deque<Command> commands;
  bool is_ending = false;
  std::thread thread;
  std::atomic<CURLM*> multi{nullptr};
  std::list<Transfer> transfers;  // of the thread alone

  void post(Command command) {
    const std::lock_guard lock(mutex);
    commands.push_back(std::move(command));
    run_thread();
    wake();
  }
  // REQUIRES: the mutex is held.
  void run_thread() {
    if (!thread.joinable()) thread = std::thread([this] { run(); });
  }
  // REQUIRES: the mutex is held.
  void wake() {
    if (CURLM* m = multi.load()) CurlLibrary::instance().multi_wakeup(m);
    something.notify_one();
  }

  void lose(const Transfer& transfer, Where where, std::string detail) {
    HttpEvent event;
    event.kind = HttpEvent::Kind::lost;
    event.leg = transfer.leg;
    event.where = where;
    event.sent_any = transfer.has_sent;
    event.detail = std::move(detail);
    transfer.inbox->push(std::move(event));
  }

  // False, with the reason, when a header cannot be sent.
  bool add_headers(const CurlLibrary& curl, Transfer& transfer, std::string& reason) {
    bool has_type = false;
    const auto add = [&](const std::string& line) { transfer.headers = curl.slist_append(transfer.headers, line.c_str()); };
    for (const http::Header& header : transfer.request.headers) {
      if (!is_safe_header(header)) {
        reason = "a request header has a line break";
        return false;
      }
      has_type = has_type || http::same_name(header.name, "content-type");
      add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    }
    if (!has_type && transfer.request.method == "POST") add("Content-Type: application/json");
    add("Expect:");  // no waiting for 100 Continue
    if (!key.empty()) add("Authorization: Bearer " + std::string(key.reveal()));
    return true;
  }

  void set_options(const CurlLibrary& curl, Transfer& transfer) {
    const auto set = [&](CURLoption option, auto value) { curl.easy_setopt(transfer.easy, option, value); };
    const bool is_https = base_url.compare(0, 8, "https://") == 0;
    set(CURLOPT_URL, (base_url + transfer.request.path).c_str());
    set(CURLOPT_PROTOCOLS_STR, is_https ? "https" : "http");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for a resolver thread when a leg is closed
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_USERAGENT, ("orthink/" + std::string(version())).c_str());
    if (is_loopback(base_url)) set(CURLOPT_PROXY, "");
    const int64_t left_ms = (transfer.connect_by - now()).ms();
    if (!transfer.connect_by.is_never()) set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::clamp<int64_t>(left_ms, 1, 3'600'000)));
    set(CURLOPT_HTTPHEADER, transfer.headers);
    if (transfer.request.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.request.body.size()));
      set(CURLOPT_POSTFIELDS, transfer.request.body.data());
    } else if (transfer.request.method != "GET") {
      set(CURLOPT_CUSTOMREQUEST, transfer.request.method.c_str());
    }
    set(CURLOPT_ERRORBUFFER, transfer.words.data());
    set(CURLOPT_VERBOSE, 1L);  // nothing is printed: the trace tells when bytes have left
    set(CURLOPT_DEBUGFUNCTION, on_trace);
    set(CURLOPT_DEBUGDATA, static_cast<void*>(&transfer));
    set(CURLOPT_PREREQFUNCTION, on_ready_to_send);
    set(CURLOPT_PREREQDATA, static_cast<void*>(&transfer));
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
  }

  void begin(const CurlLibrary& curl, Command& command) {
    Transfer& transfer = transfers.emplace_back();
    transfer.inbox = std::move(command.inbox);
    transfer.leg = command.leg;
    transfer.request = std::move(command.request);
    transfer.connect_by = command.connect_by;
    std::string reason =
        curl.failure.empty() ? "" : "libcurl cannot be loaded (" + curl.failure + "); install it, on Debian: apt-get install libcurl4";
    if (reason.empty() && (transfer.easy = curl.easy_init()) == nullptr) reason = "libcurl is out of memory";
    if (!reason.empty() || !add_headers(curl, transfer, reason)) {
      lose(transfer, Where::resolve, reason);
      end(curl, transfer);
      return;
    }
    set_options(curl, transfer);
    curl.multi_add_handle(multi.load(), transfer.easy);
  }

  // Closes the connection if the transfer is still running.
  void end(const CurlLibrary& curl, Transfer& transfer) {
    if (transfer.easy != nullptr) {
      curl.multi_remove_handle(multi.load(), transfer.easy);
      curl.easy_cleanup(transfer.easy);
      curl.slist_free_all(transfer.headers);
    }
    transfers.remove_if([&](const Transfer& t) { return &t == &transfer; });
  }

  void finish(const CurlLibrary& curl, CURL* easy, CURLcode code) {
    const auto found = std::find_if(transfers.begin(), transfers.end(), [&](const Transfer& t) { return t.easy == easy; });
    if (found == transfers.end()) return;
    Transfer& transfer = *found;
    long request_bytes = 0;
    curl.easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    if (request_bytes > 0) transfer.mark_sent();
    if (code == CURLE_OK && transfer.has_head) {
      transfer.push(HttpEvent::Kind::end);
    } else if (transfer.resend_refused) {
      lose(transfer, Where::waiting, "the connection was closed before an answer came");
    } else {
      lose(transfer, where_of(transfer, code), transfer.words[0] != '\0' ? transfer.words.data() : curl.easy_strerror(code));
    }
    end(curl, transfer);
  }

  void obey(const CurlLibrary& curl, Command& command) {
    if (command.kind == Command::Kind::start) return begin(curl, command);
    const auto found = std::find_if(transfers.begin(), transfers.end(),
                                    [&](const Transfer& t) { return t.inbox == command.inbox && t.leg == command.leg; });
    if (found == transfers.end()) return;
    if (command.kind == Command::Kind::resume) {
      curl.easy_pause(found->easy, CURLPAUSE_CONT);
      return;
    }
    lose(*found, where_of(*found, CURLE_ABORTED_BY_CALLBACK), "closed");
    end(curl, *found);
  }

  void run() {
    const CurlLibrary& curl = CurlLibrary::instance();
    if (curl.failure.empty()) multi = curl.multi_init();
    for (;;) {
      std::deque<Command> taken;
      bool ends = false;
      {
        std::unique_lock lock(mutex);
        if (multi.load() == nullptr) something.wait(lock, [this] { return is_ending || !commands.empty(); });
        taken.swap(commands);
        ends = is_ending;
      }
      if (ends) break;
      for (Command& command : taken) obey(curl, command);
      if (multi.load() == nullptr) continue;
      int running = 0;
      curl.multi_perform(multi, &running);
      int left = 0;
      while (const CURLMsg* message = curl.multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) finish(curl, message->easy_handle, message->data.result);
      }
      curl.multi_poll(multi, nullptr, 0, kIdlePollMs, nullptr);
    }
    while (!transfers.empty()) end(curl, transfers.front());
    if (multi.load() != nullptr) curl.multi_cleanup(multi);
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      is_ending = true;
      wake();
    }
    if (thread.joinable()) thread.join();
  }
};

Result<std::unique_ptr<HttpClient>> HttpClient::create(const std::string& base_url, Secret key, HttpClientOptions options) {
  Result<std::string> checked = check_base_url(base_url);
  const bool may_be_plain = options.allows_plain_http && key.empty();
  if (!checked && may_be_plain && checked.error().errc == Errc::insecure_url) checked = base_url;
  if (!checked) return checked.error();
  auto state = std::make_unique<State>();
  state->base_url = std::move(*checked);
  state->key = std::move(key);
  state->options = options;
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(state)));
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;

void HttpClient::warm_up() {
  const std::lock_guard lock(state_->mutex);
  state_->run_thread();
}

HttpStream::HttpStream(HttpClient& client) : client_(client), inbox_(std::make_shared<Inbox>(client.state_->options.queue_bytes_max)) {}

HttpStream::~HttpStream() {
  std::set<uint32_t> legs;
  {
    const std::lock_guard lock(inbox_->mutex);
    legs = inbox_->open_legs;
  }
  for (const uint32_t leg : legs) close(leg);
}

void HttpStream::start(uint32_t leg, const http::Request& request, Instant connect_by) {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->open_legs.insert(leg);
  }
  client_.state_->post({HttpClient::State::Command::Kind::start, inbox_, leg, request, connect_by});
}

void HttpStream::close(uint32_t leg) {
  {
    const std::lock_guard lock(inbox_->mutex);
    if (inbox_->open_legs.erase(leg) == 0) return;
    inbox_->closing_legs.insert(leg);
    inbox_->paused_legs.erase(leg);
    std::erase_if(inbox_->events, [&](const HttpEvent& event) {
      if (event.leg != leg || Inbox::outlives_close(event)) return false;
      inbox_->bytes -= event.bytes.size();
      return true;
    });
  }
  client_.state_->post({HttpClient::State::Command::Kind::close, inbox_, leg, {}, {}});
}

bool HttpStream::take(HttpEvent& event) {
  std::set<uint32_t> resumed;
  {
    const std::lock_guard lock(inbox_->mutex);
    if (inbox_->events.empty()) {
      inbox_->wakeup.drain();
      return false;
    }
    event = std::move(inbox_->events.front());
    inbox_->events.pop_front();
    inbox_->bytes -= event.bytes.size();
    if (inbox_->bytes <= inbox_->bytes_max / 2) resumed.swap(inbox_->paused_legs);
    if (event.kind == HttpEvent::Kind::end || event.kind == HttpEvent::Kind::lost) {
      inbox_->open_legs.erase(event.leg);
      inbox_->closing_legs.erase(event.leg);
    }
  }
  for (const uint32_t leg : resumed) client_.state_->post({HttpClient::State::Command::Kind::resume, inbox_, leg, {}, {}});
  return true;
}

int HttpStream::fd() const {
  return inbox_->wakeup.fd();
}

namespace {

Error transport_error(const HttpEvent& event, Instant connect_by) {
  if (event.where == Where::tls) return make_error(Errc::tls_failed, event.detail);
  if (event.where == Where::resolve || event.where == Where::connect) {
    return make_error(now() >= connect_by ? Errc::connect_timeout : Errc::connect_failed, event.detail);
  }
  return make_error(Errc::connection_lost, event.detail, "Try again; this request costs nothing.");
}

}  // namespace

Result<HttpResponse> get(HttpClient& client, const std::string& path, Instant until, size_t bytes_max, int stop_fd) {
  HttpStream stream(client);
  const Instant connect_by = std::min(until, now() + limits::kConnectDeadline);
  stream.start(1, {"GET", path, {{"Accept", "application/json"}}, ""}, connect_by);
  HttpResponse response;
  HttpEvent event;
  for (;;) {
    while (stream.take(event)) {
      if (event.kind == HttpEvent::Kind::head) response.head = std::move(event.head);
      if (event.kind == HttpEvent::Kind::lost) return transport_error(event, connect_by);
      if (event.kind == HttpEvent::Kind::end) return response;
      response.body += event.bytes;
      if (response.body.size() > bytes_max) {
        return make_error(Errc::response_too_large, "GET " + path + " answered more than " + std::to_string(bytes_max) + " bytes");
      }
    }
    const int fds[] = {stream.fd(), stop_fd};
    if (!wait_readable(fds, until))
      return make_error(Errc::call_timeout, "GET " + path + " took too long", "Try again; this request costs nothing.");
    if (stop_fd >= 0 && wait_readable({&fds[1], 1}, Instant::zero())) return make_error(Errc::cancelled, "interrupted");
  }
}

std::optional<Duration> clock_ahead(const http::Head& head) {
  const std::optional<Instant> date = http::parse_date(head.find("date"));
  if (!date) return std::nullopt;
  return Duration::seconds((wall_now() - *date).us / 1'000'000);
}

}  // namespace orthink

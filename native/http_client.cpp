#include "native/http_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <list>
#include <mutex>
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

// One request on its way, and where what comes of it is put.
struct Transfer {
  std::deque<HttpEvent>& events;
  size_t& bytes_waiting;
  const size_t bytes_max;
  uint32_t leg = 0;
  http::Request request{};
  Instant connect_by{};
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> words{};
  http::Head head{};
  size_t head_bytes = 0;
  bool was_connected = false;  // libcurl was about to send
  bool has_sent = false;       // a byte was handed to the kernel
  bool has_head = false;
  bool resend_refused = false;
  bool is_paused = false;      // the reader is behind

  void push(HttpEvent::Kind kind) {
    HttpEvent event;
    event.kind = kind;
    event.leg = leg;
    if (kind == HttpEvent::Kind::head) event.head = std::move(head);
    events.push_back(std::move(event));
  }
  void lose(Where where, std::string detail) {
    push(HttpEvent::Kind::lost);
    HttpEvent& event = events.back();
    event.where = where;
    event.sent_any = has_sent;
    event.detail = std::move(detail);
  }
  void mark_sent() {
    if (std::exchange(has_sent, true)) return;
    push(HttpEvent::Kind::sent);
  }
  // False when the queue is full.
  bool push_bytes(std::string_view piece) {
    if (bytes_waiting >= bytes_max) {
      is_paused = true;
      return false;
    }
    bytes_waiting += piece.size();
    if (events.empty() || events.back().kind != HttpEvent::Kind::bytes || events.back().leg != leg) push(HttpEvent::Kind::bytes);
    events.back().bytes.append(piece);
    return true;
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
  return transfer.push_bytes({data, size}) ? size : CURL_WRITEFUNC_PAUSE;
}

Where where_of(const Transfer& transfer, CURLcode code) {
  if (!transfer.was_connected) {
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) return Where::resolve;
    return is_tls_failure(code) ? Where::tls : Where::connect;
  }
  if (!transfer.has_sent || code == CURLE_SEND_ERROR) return Where::sending;
  return transfer.has_head ? Where::body : Where::waiting;
}

// A multi handle of libcurl with the connections it keeps; one stream's at a time.
struct Line {
  Line() : multi(curl.failure.empty() ? curl.multi_init() : nullptr) {}
  ~Line() {
    if (multi != nullptr) curl.multi_cleanup(multi);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  const CurlLibrary& curl = CurlLibrary::instance();
  CURLM* const multi;
};

}  // namespace

struct HttpClient::State {
  static constexpr size_t kIdleLinesMax = 64;

  std::string base_url;
  Secret key;
  HttpClientOptions options;
  std::thread loading;

  std::mutex mutex;
  std::vector<std::unique_ptr<Line>> idle;  // the one used last is at the end: its connections are the likeliest to live

  ~State() {
    if (loading.joinable()) loading.join();
  }
  std::unique_ptr<Line> take_line() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Line>();
    std::unique_ptr<Line> line = std::move(idle.back());
    idle.pop_back();
    return line;
  }
  void give_back(std::unique_ptr<Line> line) {
    const std::lock_guard lock(mutex);
    if (idle.size() < kIdleLinesMax) idle.push_back(std::move(line));
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
};

struct HttpStream::Transfers {
  explicit Transfers(HttpClient::State& client) : client_(client) {}
  ~Transfers() {
    while (!running_.empty()) end(running_.front());
    if (line_) client_.give_back(std::move(line_));
  }
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void begin(uint32_t leg, const http::Request& request, Instant connect_by) {
    if (!line_) line_ = client_.take_line();
    Transfer& transfer = running_.emplace_back(Transfer{events, bytes, client_.options.queue_bytes_max, leg, request, connect_by});
    std::string reason =
        curl_.failure.empty() ? "" : "libcurl cannot be loaded (" + curl_.failure + "); install it, on Debian: apt-get install libcurl4";
    if (reason.empty() && (line_->multi == nullptr || (transfer.easy = curl_.easy_init()) == nullptr)) reason = "libcurl is out of memory";
    if (!reason.empty() || !client_.add_headers(curl_, transfer, reason)) {
      transfer.lose(Where::resolve, reason);
      end(transfer);
      return;
    }
    client_.set_options(curl_, transfer);
    curl_.multi_add_handle(line_->multi, transfer.easy);
    perform();
  }

  void close(uint32_t leg) {
    Transfer* transfer = find([&](const Transfer& each) { return each.leg == leg; });
    if (transfer == nullptr) return forget(leg);
    forget(leg);
    transfer->lose(where_of(*transfer, CURLE_ABORTED_BY_CALLBACK), "closed");
    end(*transfer);
  }

  // Reads and writes what can be read and written now.
  void perform() {
    if (running_.empty()) return;
    if (bytes <= client_.options.queue_bytes_max / 2) resume();
    int running = 0;
    curl_.multi_perform(line_->multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_.multi_info_read(line_->multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      if (Transfer* done = find([&](const Transfer& each) { return each.easy == message->easy_handle; })) finish(*done, code);
    }
  }

  bool wait(std::span<const int> others, Instant until) const {
    if (!events.empty()) return true;
    if (running_.empty()) return wait_readable(others, until);
    std::vector<curl_waitfd> waited;
    for (const int fd : others)
      if (fd >= 0) waited.push_back({fd, CURL_WAIT_POLLIN, 0});
    constexpr int64_t kPieceMs = 60'000;
    const int64_t left_ms = until.is_never() ? kPieceMs : std::clamp<int64_t>(((until - orthink::now()).us + 999) / 1'000, 0, kPieceMs);
    int ready = 0;
    curl_.multi_poll(line_->multi, waited.data(), static_cast<unsigned>(waited.size()), static_cast<int>(left_ms), &ready);
    return ready > 0 || orthink::now() < until;
  }

  std::deque<HttpEvent> events;  // not taken yet
  size_t bytes = 0;              // of bodies among them

 private:
  template <typename Test>
  Transfer* find(Test is_it) {
    const auto found = std::find_if(running_.begin(), running_.end(), is_it);
    return found == running_.end() ? nullptr : &*found;
  }

  // Of a leg that is closed its reader is told only whether a byte had left.
  void forget(uint32_t leg) {
    std::erase_if(events, [&](const HttpEvent& event) {
      if (event.leg != leg || event.kind == HttpEvent::Kind::sent || event.kind == HttpEvent::Kind::lost) return false;
      bytes -= event.bytes.size();
      return true;
    });
  }

  void resume() {
    for (Transfer& transfer : running_)
      if (std::exchange(transfer.is_paused, false)) curl_.easy_pause(transfer.easy, CURLPAUSE_CONT);
  }

  void finish(Transfer& transfer, CURLcode code) {
    long request_bytes = 0;
    curl_.easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    if (request_bytes > 0) transfer.mark_sent();
    if (code == CURLE_OK && transfer.has_head) {
      transfer.push(HttpEvent::Kind::end);
    } else if (transfer.resend_refused) {
      transfer.lose(Where::waiting, "the connection was closed before an answer came");
    } else {
      transfer.lose(where_of(transfer, code), transfer.words[0] != '\0' ? transfer.words.data() : curl_.easy_strerror(code));
    }
    end(transfer);
  }

  // Closes the connection if the transfer is still running.
  void end(Transfer& transfer) {
    if (transfer.easy != nullptr) {
      curl_.multi_remove_handle(line_->multi, transfer.easy);
      curl_.easy_cleanup(transfer.easy);
    }
    if (transfer.headers != nullptr) curl_.slist_free_all(transfer.headers);
    running_.remove_if([&](const Transfer& each) { return &each == &transfer; });
  }

  HttpClient::State& client_;
  const CurlLibrary& curl_ = CurlLibrary::instance();
  std::unique_ptr<Line> line_;
  std::list<Transfer> running_;
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
  if (!state_->loading.joinable()) state_->loading = std::thread([] { CurlLibrary::instance(); });
}

HttpStream::HttpStream(HttpClient& client) : client_(client) {}
HttpStream::~HttpStream() = default;

void HttpStream::start(uint32_t leg, const http::Request& request, Instant connect_by) {
  if (!transfers_) transfers_ = std::make_unique<Transfers>(*client_.state_);
  transfers_->begin(leg, request, connect_by);
}

void HttpStream::close(uint32_t leg) {
  if (transfers_) transfers_->close(leg);
}

bool HttpStream::take(HttpEvent& event) {
  if (!transfers_) return false;
  if (transfers_->events.empty()) transfers_->perform();
  if (transfers_->events.empty()) return false;
  event = std::move(transfers_->events.front());
  transfers_->events.pop_front();
  transfers_->bytes -= event.bytes.size();
  return true;
}

bool HttpStream::wait(std::span<const int> others, Instant until) const {
  return transfers_ ? transfers_->wait(others, until) : wait_readable(others, until);
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
    const int others[] = {stop_fd};
    if (!stream.wait(others, until))
      return make_error(Errc::call_timeout, "GET " + path + " took too long", "Try again; this request costs nothing.");
    if (stop_fd >= 0 && wait_readable(others, Instant::zero())) return make_error(Errc::cancelled, "interrupted");
  }
}

std::optional<Duration> clock_ahead(const http::Head& head) {
  const std::optional<Instant> date = http::parse_date(head.find("date"));
  if (!date) return std::nullopt;
  return Duration::seconds((wall_now() - *date).us / 1'000'000);
}

}  // namespace orthink

#include "native/store/redis_connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>

namespace orthink {
namespace {

constexpr timeval kLimit{5, 0};

// SIGPIPE of writes to a closed socket is taken back before anyone can see it; one that was pending before stays.
class SigpipeHeld {
 public:
  SigpipeHeld() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigset_t pipe = only_pipe();
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~SigpipeHeld() {
    const sigset_t pipe = only_pipe();
    const timespec at_once{0, 0};
    if (!was_pending_) ::sigtimedwait(&pipe, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeHeld(const SigpipeHeld&) = delete;
  SigpipeHeld& operator=(const SigpipeHeld&) = delete;

 private:
  static sigset_t only_pipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
  }
  sigset_t before_{};
  bool was_pending_ = false;
};

Error bad_url(const std::string& why) {
  return make_error(Errc::invalid_config, "the Redis URL " + why, "Write redis://[USER:PASSWORD@]HOST[:PORT][/DB] or redis+unix:PATH.");
}

bool parse_number(std::string_view text, int max, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= max;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

Result<void> parse_user(std::string_view text, RedisAddress& address) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return bad_url("has a user without a password");
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password = percent_decoded(text.substr(colon + 1));
  if (!user || !password || password->empty()) return bad_url("has a user or password that cannot be read");
  address.user = *user;
  address.password = *password;
  return {};
}

Result<void> parse_host(std::string_view text, RedisAddress& address) {
  size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return bad_url("has an open bracket");
    address.host = text.substr(1, bracket - 1);
    host_end = bracket + 1;
  } else {
    address.host = text.substr(0, host_end);
  }
  if (address.host.empty()) return bad_url("names no host");
  if (host_end >= text.size()) return {};
  if (text[host_end] != ':' || !parse_number(text.substr(host_end + 1), 65'535, address.port) || address.port == 0)
    return bad_url("has a port that is none");
  return {};
}

Error lost(const std::string& where, const char* words) {
  return make_error(Errc::store_unavailable, where + ": " + words, "See whether the Redis server runs and can be reached.");
}

// A wait in vain is EAGAIN to hiredis, from 1.0 on under a code of its own, above the others.
Error lost(const std::string& where, const redisContext& context, int error) {
  const bool is_of_socket = context.err == REDIS_ERR_IO || context.err >= REDIS_ERR_OOM;
  const bool has_waited = is_of_socket && (error == EAGAIN || error == ETIMEDOUT);
  if (!has_waited) return lost(where, context.errstr);
  return make_error(Errc::store_unavailable, where + " did not answer within " + std::to_string(kLimit.tv_sec) + " s",
                    "See whether the Redis server is stopped, or busy with something long (SLOWLOG).");
}

}  // namespace

Result<RedisAddress> RedisAddress::parse(std::string_view url) {
  RedisAddress address;
  constexpr std::string_view kUnix = "redis+unix:";
  constexpr std::string_view kTcp = "redis://";
  if (url.starts_with(kUnix)) {
    address.path = url.substr(kUnix.size());
    if (address.path.empty()) return bad_url("names no socket");
    return address;
  }
  if (!url.starts_with(kTcp)) return bad_url("has another form");
  url.remove_prefix(kTcp.size());
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) {
    if (Result<void> user = parse_user(url.substr(0, at), address); !user) return user.error();
    url.remove_prefix(at + 1);
  }
  if (const size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view database = url.substr(slash + 1);
    if (!database.empty() && !parse_number(database, 1'000'000, address.database)) return bad_url("has a database that is no number");
    url = url.substr(0, slash);
  }
  if (Result<void> host = parse_host(url, address); !host) return host.error();
  return address;
}

std::string RedisAddress::words() const {
  return "Redis at " + (path.empty() ? host + ":" + std::to_string(port) + "/" + std::to_string(database) : path);
}

RedisAnswer::RedisAnswer(redisReply* owned) : reply_(owned) {}

void RedisAnswer::Free::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

namespace {

std::optional<std::string_view> text_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS) return std::nullopt;
  return std::string_view(reply.str, static_cast<size_t>(reply.len));
}

}  // namespace

std::optional<std::string_view> RedisAnswer::text() const {
  return text_of(*reply_);
}

std::optional<std::string_view> RedisAnswer::error() const {
  if (reply_->type != REDIS_REPLY_ERROR) return std::nullopt;
  return std::string_view(reply_->str, static_cast<size_t>(reply_->len));
}

int64_t RedisAnswer::number() const {
  return reply_->type == REDIS_REPLY_INTEGER ? reply_->integer : 0;
}

size_t RedisAnswer::size() const {
  return reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
}

std::optional<std::string_view> RedisAnswer::text(size_t i) const {
  return text_of(*reply_->element[i]);
}

void RedisConnection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

Result<RedisConnection> RedisConnection::open(const RedisAddress& address) {
  const SigpipeHeld held;
  redisContext* context = address.path.empty() ? redisConnectWithTimeout(address.host.c_str(), address.port, kLimit)
                                               : redisConnectUnixWithTimeout(address.path.c_str(), kLimit);
  const int error = errno;
  if (context == nullptr) return lost(address.words(), "there is no memory for a connection");
  RedisConnection connection(context, address.words());
  if (context->err != 0) return lost(address.words(), *context, error);
  ::fcntl(context->fd, F_SETFD, FD_CLOEXEC);
  if (redisSetTimeout(context, kLimit) != REDIS_OK) return lost(address.words(), context->errstr);
  if (Result<void> greeted = connection.greet(address); !greeted) return greeted.error();
  return connection;
}

Result<void> RedisConnection::greet(const RedisAddress& address) {
  const auto must = [&](const Words& words) -> Result<void> {
    Result<RedisAnswer> answer = command(words);
    if (!answer) return answer.error();
    if (answer->error()) return lost(address.words(), std::string(*answer->error()).c_str());
    return {};
  };
  if (!address.password.empty()) {
    const Words words = address.user.empty() ? Words{"AUTH", address.password} : Words{"AUTH", address.user, address.password};
    if (Result<void> taken = must(words); !taken) return taken;
  }
  return address.database == 0 ? Result<void>() : must({"SELECT", std::to_string(address.database)});
}

bool RedisConnection::append(const Words& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  texts.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  return redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data()) == REDIS_OK;
}

Result<std::vector<RedisAnswer>> RedisConnection::commands(const std::vector<const Words*>& all) {
  const SigpipeHeld held;
  for (const Words* words : all)
    if (!append(*words)) return lost(where_, context_->errstr);
  std::vector<RedisAnswer> answers;
  while (answers.size() < all.size()) {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK || reply == nullptr) return lost(where_, *context_, errno);
    answers.emplace_back(static_cast<redisReply*>(reply));
  }
  return answers;
}

Result<RedisAnswer> RedisConnection::command(const Words& words) {
  Result<std::vector<RedisAnswer>> answers = commands({&words});
  if (!answers) return answers.error();
  return std::move(answers->front());
}

bool RedisConnection::is_stale() const {
  pollfd polled{context_->fd, POLLIN | POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) != 0;
}

}  // namespace orthink

// One connection to a Redis server.
//
//   Result<RedisAddress> address = RedisAddress::parse("redis://127.0.0.1:6379/2");
//   Result<RedisConnection> connection = RedisConnection::open(*address);
//   Result<RedisAnswer> answer = connection->command({"GET", "name"});
//
// Connecting and each command take at most 5 s. An error (Errc::store_unavailable, in the words of hiredis) means that the
// connection is lost and what became of the command is not known; the server's own refusals are answers. SIGPIPE reaches no one.
// Thread rule: one thread at a time. An answer's texts live as long as the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/base/result.h"

struct redisContext;
struct redisReply;

namespace orthink {

struct RedisAddress {
  std::string path;  // of a Unix socket; empty: host and port
  std::string host;
  int port = 6379;
  int database = 0;
  std::string user;
  std::string password;

  // "redis://[USER:PASSWORD@]HOST[:PORT][/DB]", with an IPv6 host in brackets and %XX in user and password, or "redis+unix:PATH".
  // Errc::invalid_config for another form; the message never holds a password.
  static Result<RedisAddress> parse(std::string_view url);
  [[nodiscard]] std::string words() const;  // where it is, without user and password
};

class RedisAnswer {
 public:
  explicit RedisAnswer(redisReply* owned);
  // Nothing when it is an error, a number or a list, or when there is nothing.
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<std::string_view> error() const;
  [[nodiscard]] int64_t number() const;  // 0 when it is none
  [[nodiscard]] size_t size() const;     // of a list; 0 when it is none
  // REQUIRES: i < size(). Nothing when the element is no text.
  [[nodiscard]] std::optional<std::string_view> text(size_t i) const;

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

class RedisConnection {
 public:
  using Words = std::vector<std::string>;

  // Connected, with user, password and database taken by the server.
  static Result<RedisConnection> open(const RedisAddress& address);
  // REQUIRES: words is not empty; no command was lost before.
  Result<RedisAnswer> command(const Words& words);
  // All of them in one write, answered in their order: the server takes them in one go, and syncs its log once for all.
  Result<std::vector<RedisAnswer>> commands(const std::vector<const Words*>& all);
  // Whether the other side has closed it, or said what nobody asked for, while it lay idle.
  [[nodiscard]] bool is_stale() const;

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  RedisConnection(redisContext* owned, std::string where) : context_(owned), where_(std::move(where)) {}
  Result<void> greet(const RedisAddress& address);
  bool append(const Words& words);
  std::unique_ptr<redisContext, Free> context_;
  std::string where_;  // for messages
};

}  // namespace orthink

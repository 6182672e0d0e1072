// Addresses, one connection, and what a server says of itself.
#include "native/store/redis_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "native/store/redis_facts.h"
#include "native/store/redis_pack.h"
#include "tests/native/store/redis_server.h"

namespace orthink {
namespace {

using test::RedisServer;

// A port of the loopback that was free a moment ago.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

RedisFacts facts() {
  return RedisFacts::parse(
      "# Server\r\nredis_version:7.0.15\r\nrun_id:0123abcd\r\n# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n"
      "# Persistence\r\nloading:0\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n");
}

std::string refusal(const RedisFacts& facts) {
  const Result<void> fit = facts.judge("Redis at here");
  REQUIRE_FALSE(fit);
  CHECK(fit.error().errc == Errc::store_unavailable);
  CHECK(fit.error().remedy.size() > 20);
  CHECK(fit.error().retry == (facts.is_loading ? Retry::after : Retry::changed));
  CHECK(fit.error().message.starts_with("Redis at here "));
  return fit.error().message;
}

}  // namespace

TEST_CASE("an address is read in every form") {
  const auto plain = RedisAddress::parse("redis://cache.example");
  REQUIRE(plain);
  CHECK(plain->host == "cache.example");
  CHECK(plain->port == 6379);
  CHECK(plain->database == 0);
  CHECK(plain->words() == "Redis at cache.example:6379/0");
  const auto full = RedisAddress::parse("redis://alice:p%40ss%2f@[::1]:7000/12");
  REQUIRE(full);
  CHECK(full->user == "alice");
  CHECK(full->password == "p@ss/");
  CHECK(full->host == "::1");
  CHECK(full->port == 7000);
  CHECK(full->database == 12);
  CHECK(full->words().find("p@ss") == std::string::npos);
  CHECK(RedisAddress::parse("redis://:secret@h/")->password == "secret");
  CHECK(RedisAddress::parse("redis+unix:/run/redis.sock")->path == "/run/redis.sock");
}

TEST_CASE("an address of another form is refused, and never repeats a password") {
  for (const char* url : {"",
                          "redis:",
                          "redis:host",
                          "redis://",
                          "redis://:6379",
                          "redis://h:",
                          "redis://h:0",
                          "redis://h:65536",
                          "redis://h:6x",
                          "redis://h/x",
                          "redis://h/1000001",
                          "redis://h/-1",
                          "redis://hunter2@h",
                          "redis://a:@h",
                          "redis://a:hunter2%4@h",
                          "redis://a:hunter2%zz@h",
                          "redis://[::1",
                          "redis://[::1]x",
                          "redis+unix:",
                          "unix:/run/redis.sock"}) {
    INFO(url);
    const auto address = RedisAddress::parse(url);
    REQUIRE_FALSE(address);
    CHECK(address.error().errc == Errc::invalid_config);
    CHECK(address.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a command is answered, a refusal is an answer, and bytes are kept") {
  RedisServer server;
  auto connection = RedisConnection::open(*RedisAddress::parse(server.url()));
  REQUIRE(connection);
  const std::string bytes("a\0\r\n\xff", 5);
  CHECK(connection->command({"SET", "k", bytes})->text() == "OK");
  CHECK(connection->command({"GET", "k"})->text() == bytes);
  CHECK_FALSE(connection->command({"GET", "nothing"})->text());
  CHECK(connection->command({"INCRBY", "n", "7"})->number() == 7);
  const auto list = connection->command({"MGET", "n", "nothing"});
  REQUIRE(list->size() == 2);
  CHECK(list->text(0) == "7");
  CHECK_FALSE(list->text(1));
  CHECK(connection->command({"NOTHING"})->error().value_or("").starts_with("ERR unknown command"));
  CHECK_FALSE(connection->is_stale());
  server.kill();
  CHECK(connection->is_stale());
  const auto lost = connection->command({"PING"});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().errc == Errc::store_unavailable);
  CHECK(lost.error().retry == Retry::after);  // the same call would fail as fast until somebody starts it again
  CHECK_FALSE(lost.error().remedy.empty());
}

TEST_CASE("a server that does not answer is said to, and not in the words of a socket") {
  RedisServer server;
  const auto address = *RedisAddress::parse(server.url());
  auto connection = RedisConnection::open(address);
  REQUIRE(connection);
  REQUIRE(::kill(server.pid(), SIGSTOP) == 0);
  const auto answer = connection->command({"PING"});
  REQUIRE(::kill(server.pid(), SIGCONT) == 0);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == address.words() + " did not answer within 5 s");
  CHECK(answer.error().errc == Errc::store_unavailable);
}

TEST_CASE("user, password and database are the server's to judge") {
  const std::string port = std::to_string(free_port());
  RedisServer server({"--port", port, "--bind", "127.0.0.1", "--user", "alice", "on", ">secret", "~*", "&*", "+@all"});
  const std::string there = "@127.0.0.1:" + port;
  auto connection = RedisConnection::open(*RedisAddress::parse("redis://alice:secret" + there + "/3"));
  REQUIRE(connection);
  CHECK(connection->command({"SET", "k", "v"})->text() == "OK");
  CHECK_FALSE(server.command({"GET", "k"}).text());
  for (const std::string& url : {"redis://alice:wrong" + there, "redis://alice:secret" + there + "/99"}) {
    const auto refused = RedisConnection::open(*RedisAddress::parse(url));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().errc == Errc::store_unavailable);
    CHECK(refused.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("a server is judged by what it says of itself") {
  CHECK(facts().judge("x"));
  CHECK(facts().run_id == "0123abcd");
  CHECK(facts().has_append_only);
  RedisFacts other = facts();
  for (const char* version : {"2.8.4", "4.0.14", "5.0.14", "x"}) {
    other.version = version;
    CHECK(refusal(other) == "Redis at here is version " + std::string(version) + ", which is too old");
  }
  for (const char* version : {"6.0.0", "7.2.4", "10.1.0"}) {
    other.version = version;
    CHECK(other.judge("x"));
  }
  other = facts();
  other.role = "slave";
  CHECK(refusal(other).ends_with("is a replica"));
  other = facts();
  other.is_loading = true;
  CHECK(refusal(other).ends_with("is still loading its data"));
  other = facts();
  other.policy = "volatile-lru";
  CHECK(other.judge("x"));
  other.memory_bytes_max = 1;
  CHECK(refusal(other).ends_with("its maxmemory-policy is volatile-lru"));
  CHECK(refusal(RedisFacts::parse("")).ends_with("does not say which server it is"));
  CHECK(RedisFacts::parse("run_id:x").run_id == "x");
}

TEST_CASE("what is packed in another form is refused") {
  for (const char* packed : {"", "1 2 - 0 0", "9 2 - 0 0\n", "1 2 - 1 0\n", "1 2 - 0 5\nabcd", "1 x - 0 0\n", "1 2 y 0 0\n", "1 2 - 0\n",
                             "1 2 - 18446744073709551615 1\nabc", "\n"}) {
    INFO(packed);
    CHECK_FALSE(redis_pack::read_row("k", packed));
  }
  const auto row = redis_pack::read_row("k", "2 -5 7 1 2\naeeR\n");
  REQUIRE(row);
  CHECK(*row == StoredRow{HoldState::sent, "a", "ee", Instant{-5}, Instant{7}, "R\n"});
  CHECK_FALSE(redis_pack::read_document("k", "text"));
  CHECK_FALSE(redis_pack::read_document("k", "1x\ntext"));
  CHECK(redis_pack::read_document("k", "\ntext")->expires.is_never());
  CHECK(redis_pack::read_integer("k", "1e3").error().message == "in the Redis database the number k cannot be read: it is \"1e3\"");
  CHECK(redis_pack::range_of("").high == "+");
  CHECK(redis_pack::range_of("a\xff").high == "(b");
  CHECK(redis_pack::range_of("\xff\xff").high == "+");
}

}  // namespace orthink

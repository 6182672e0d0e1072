// `orthink serve` as a program with authentication, for tests: keys of the table, an issuer of tokens on loopback, a simulator upstream.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "native/key.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "orthink/wire/json.h"
#include "tests/native/access/signer.h"
#include "tests/native/cli/child.h"
#include "tests/native/cli/program.h"
#include "tests/native/raw_server.h"
#include "tests/native/serve/raw_client.h"

#ifdef ORTHINK_PROGRAM  // the program's path, named by the build
namespace orthink::test {

inline constexpr std::string_view kAudience = "https://orthink.example/mcp";
inline constexpr std::string_view kIssuer = "https://id.example";

// Answers every request with the same body and keeps what it was sent.
class Collector {
 public:
  explicit Collector(std::string body)
      : body_(std::move(body)), server_([this](Connection& connection) {
          for (;;) {
            const std::string request = connection.read_request();
            if (request.empty()) return;
            {
              const std::lock_guard lock(mutex_);
              seen_ += request;
              ++count_;
            }
            if (!connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_.size()) + "\r\nConnection: close\r\n\r\n" + body_)) return;
            return;
          }
        }) {}
  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] std::string seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::string body_;
  mutable std::mutex mutex_;
  std::string seen_;
  int count_ = 0;
  RawServer server_;
};

struct TokenParts {
  std::string audience{kAudience};
  std::string issuer{kIssuer};
  std::string subject = "alice";
  std::string scope = "orthink";
  int64_t seconds = 600;  // until it ends
  std::string more{};     // further claims, with a comma before them
};

class ServedRoom {
 public:
  ServedRoom() : simulator(started()), signer(access::Algorithm::es256), issuer(signer.jwks()) {}
  void begin(std::map<std::string, std::string> more = {}) {
    std::map<std::string, std::string> variables{{"HOME", home.path()},
                                                 {"ORTHINK_BASE_URL", simulator->url()},
                                                 {"ORTHINK_KEY_FILE", home.path() + "/key"},
                                                 {"ORTHINK_AUTH_KEYS_FILE", home.path() + "/access.json"},
                                                 {"ORTHINK_LISTEN", "127.0.0.1:0"},
                                                 {"ORTHINK_METRICS_LISTEN", "127.0.0.1:0"},
                                                 {"ORTHINK_AUTH", "both"},
                                                 {"ORTHINK_AUTH_ISSUER", std::string(kIssuer)},
                                                 {"ORTHINK_AUTH_AUDIENCE", std::string(kAudience)},
                                                 {"ORTHINK_AUTH_JWKS_URL", issuer.origin() + "/jwks"},
                                                 {"ORTHINK_AUTH_SCOPES", "orthink"}};
    for (auto& [name, value] : more) variables[name] = value;
    child = std::make_unique<Child>(std::vector<std::string>{"serve", "--json"}, variables);
    const std::string line = child->line();
    out = line + "\n";
    const Result<json::Value> ready = json::parse(line);
    REQUIRE(ready);
    port = port_of(*ready, "url");
    metrics_port = port_of(*ready, "metrics_url");
  }
  std::string add_key(const std::string& name, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"access", "add", name});
    more.insert(more.begin(), ORTHINK_PROGRAM);
    const Ran ran = run_command(home, more, "", {{"ORTHINK_AUTH_KEYS_FILE", home.path() + "/access.json"}});
    REQUIRE(ran.code == 0);
    return ran.out.substr(0, ran.out.find('\n'));
  }
  [[nodiscard]] std::string token(const TokenParts& parts = {}) const {
    return signer.token(R"({"iss":")" + parts.issuer + R"(","aud":")" + parts.audience + R"(","sub":")" + parts.subject + R"(","scope":")" + parts.scope +
                        R"(","exp":)" + std::to_string(wall_now().us / 1'000'000 + parts.seconds) + parts.more + "}");
  }
  // `headers` end with CR LF each.
  [[nodiscard]] RawAnswer ask(const std::string& headers, const std::string& body, const std::string& path = "/mcp", const std::string& method = "POST") const {
    RawClient client(port);
    client.send(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
                (body.empty() ? "" : "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
                "\r\n" + body);
    return client.read_answer();
  }
  [[nodiscard]] std::string metrics() const {
    RawClient client(metrics_port);
    client.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return client.read_answer().body;
  }
  static std::string bearer(const std::string& credential) { return "Authorization: Bearer " + credential + "\r\n"; }

  Home home;
  std::unique_ptr<sim::Simulator> simulator;
  access::test::Signer signer;
  Collector issuer;
  std::unique_ptr<Child> child;
  std::string out;  // what the program wrote to standard output first
  uint16_t port = 0;
  uint16_t metrics_port = 0;

 private:
  static std::unique_ptr<sim::Simulator> started() {
    sim::SimOptions options;
    options.seed = 7;
    options.now = [] { return now(); };
    Result<std::unique_ptr<sim::Simulator>> simulator = sim::Simulator::start(options);
    REQUIRE(simulator);
    return std::move(*simulator);
  }
  static uint16_t port_of(const json::Value& ready, const char* member) {
    const json::Value* url = ready.find(member);
    if (url == nullptr || !url->is_string()) return 0;
    return static_cast<uint16_t>(std::atoi(url->text().c_str() + url->text().rfind(':') + 1));
  }
};

}  // namespace orthink::test
#endif

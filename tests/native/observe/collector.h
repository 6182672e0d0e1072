// A collector of OTLP over HTTP on loopback, as far as a test needs it: keeps what comes and answers as it is told.
//
//   OtlpCollector collector([](size_t number) { return number == 1 ? OtlpCollector::status(503) : OtlpCollector::status(200); });
//   collector.endpoint();           // for OTEL_EXPORTER_OTLP_ENDPOINT
//   collector.wait_for(2);          // blocks until two requests have come
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/native/raw_server.h"

namespace orthink::test {

class OtlpCollector {
 public:
  struct Request {
    std::string head;  // with the request line
    std::string body;
    [[nodiscard]] std::string path() const { return head.substr(5, head.find(' ', 5) - 5); }  // of "POST PATH HTTP/1.1"
  };
  // The whole answer to the request of this number, from 1; empty: none, until the collector is released.
  using Answers = std::function<std::string(size_t number)>;

  OtlpCollector() : OtlpCollector([](size_t) { return status(200); }) {}
  explicit OtlpCollector(Answers answers) : answers_(std::move(answers)), server_([this](Connection& c) { serve(c); }) {}
  ~OtlpCollector() { release(); }

  static std::string status(int code, const std::string& headers = "", const std::string& body = "{}") {
    return "HTTP/1.1 " + std::to_string(code) + " X\r\nContent-Type: application/json\r\n" + headers + "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  [[nodiscard]] std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  std::vector<Request> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    something_.wait_for(lock, std::chrono::seconds(20), [&] { return requests_.size() >= count; });
    return requests_;
  }
  [[nodiscard]] std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Whoever waits for an answer loses the connection.
  void release() {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    something_.notify_all();
  }

 private:
  void serve(Connection& connection) {
    for (;;) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      std::unique_lock lock(mutex_);
      const size_t end = request.find("\r\n\r\n");
      requests_.push_back({request.substr(0, end), request.substr(end + 4)});
      something_.notify_all();
      const std::string answer = answers_(requests_.size());
      if (answer.empty()) {
        something_.wait_for(lock, std::chrono::seconds(20), [&] { return is_released_; });
        return;
      }
      lock.unlock();
      if (!connection.write(answer)) return;
    }
  }

  Answers answers_;
  mutable std::mutex mutex_;
  std::condition_variable something_;
  std::vector<Request> requests_;
  bool is_released_ = false;
  RawServer server_;
};

}  // namespace orthink::test

// Connection: one accepted socket, read request by request under absolute deadlines, written all or nothing.
//
//   Connection connection(fd, "127.0.0.1", limits, shared);
//   while (connection.next() == Connection::Next::request) {
//     answer(connection.head(), connection.body());   // writes by connection.write()
//     connection.done();
//   }
//   // the destructor closes
//
// A request that is refused has been answered already when next() says so. What stands behind a request in the buffer is the next one.
// Thread rule: one thread serves it; drain() may come from any other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "native/serve/hangups.h"
#include "native/serve/head/request_head.h"
#include "native/serve/http.h"
#include "orthink/base/instant.h"

namespace orthink::serve {

struct ConnectionLimits {
  HeadLimits head;
  Duration head_deadline = Duration::seconds(10);   // from its first byte, or from the accepting
  Duration idle_deadline = Duration::seconds(60);   // between two requests
  Duration body_deadline_max = Duration::seconds(30);  // and a second more for each large_bytes_a_second_min
  int64_t large_bytes_a_second_min = 256 << 10;
  Duration body_deadline_min = Duration::seconds(1);
  int64_t body_bytes_a_second_min = 1'024;
  Duration write_deadline = Duration::seconds(10);  // of one piece, and a second more for each write_bytes_a_second_min
  int64_t write_bytes_a_second_min = 65'536;
  // Of all connections together, of bodies of 64 KB and more, each counted from its head until its answer was sent. One too many gets 503.
  size_t bodies_bytes_max = size_t{256} << 20;
  int send_buffer_bytes = 64 << 10;  // what the kernel keeps for a reader that does not read; it takes twice this
};

// What connections share; outlives them.
struct Shared {
  Hangups hangups;
  std::atomic<size_t> bodies_bytes{0};
  // The answer that turns away who sent this head, before a body of 64 KB or more is read; may be empty. On any thread.
  std::function<std::optional<Answer>(const RequestHead&)> turn_away;
};

class Connection final : public Peer {
 public:
  // Owns `fd` from here on. `limits` outlives it.
  Connection(int fd, std::string address, const ConnectionLimits& limits, Shared& shared);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Next : uint8_t { request, closed, refused };
  Next next();
  [[nodiscard]] const RequestHead& head() const { return head_; }  // until done()
  [[nodiscard]] std::string_view body() const { return body_; }    // until done()
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // The request was answered: its bytes are dropped, nobody waits for the peer's leaving any more.
  void done();

  // All of it, or false and the connection is broken.
  bool write(std::string_view bytes);
  // Answers outside of any request: status, reason, and the connection ends.
  void refuse(const Refusal& refusal);
  // No request is read after the one in work. Wakes whoever waits in its handler.
  void drain(Instant until);
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  // Before the end of a connection whose last answer was written while input was still unread: without this the kernel's reset would
  // overtake that answer. Takes 0.3 s at most.
  void finish();

  [[nodiscard]] bool is_gone() const override { return is_gone_.load(std::memory_order_acquire); }
  [[nodiscard]] Instant drains_until() const override { return {drains_until_us_.load(std::memory_order_acquire)}; }
  [[nodiscard]] std::string_view address() const override { return address_; }
  [[nodiscard]] bool takes_at_once() const override;
  void wake_on_change(std::function<void()> wake) override;

 private:
  enum class Read : uint8_t { bytes, end, timeout };
  Read read_idle();
  Read read_some(Instant deadline);
  Read take(int flags);
  std::optional<Next> read_head();
  std::optional<Next> read_body();
  Next fail(const Refusal& refusal);
  [[nodiscard]] std::optional<Next> admit_large();
  void say(const Answer& answer);  // a whole answer, and the connection ends
  [[nodiscard]] bool reserve_body();
  void release_body();

  int fd_;
  std::string address_;
  const ConnectionLimits& limits_;
  Shared& shared_;
  std::string in_;      // unread input, from the head of the request in work on
  size_t reserved_ = 0;  // of the bytes that all bodies may take
  size_t used_ = 0;     // bytes of it that are that request
  HeadScan scan_;
  RequestHead head_;
  std::string_view body_;
  Refusal refusal_;
  Instant opened_;
  bool is_first_ = true;
  bool is_broken_ = false;
  std::atomic<bool> is_waiting_{false};  // for a request: a drain may end it by closing the input
  std::atomic<bool> is_gone_{false};
  std::atomic<int64_t> drains_until_us_{Instant::never().us};
  uint64_t watched_ = 0;
  std::mutex wake_mutex_;
  std::function<void()> wake_;
};

}  // namespace orthink::serve

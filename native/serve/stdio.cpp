// message CR? LF message CR? LF ... ; the last may lack its end.
#include "native/serve/stdio.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "native/system.h"
#include "orthink/mcp/code.h"
#include "orthink/mcp/message.h"

namespace orthink::serve {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;
constexpr size_t kWrittenBytesMax = size_t{64} << 10;  // kept before the rest is moved up
constexpr size_t kWriteBytes = 4'096;  // a pipe that polls writable takes as much without blocking

class Loop {
 public:
  explicit Loop(const StdioOptions& options)
      : options_(options), mailbox_(std::make_shared<Mailbox>([wakeup = wakeup_] {
          wakeup->notify();
          return true;
        })), talk_(options.menu, conversation_options()) {}

  StdioEnd run() {
    while (!is_closed_) {
      drain();
      if (is_output_lost_ && !is_at_end_) end_input();
      if (is_stopping_ && talk_.open_calls() == 0) stop_now();
      if (is_closed_) break;
      wait();
      const Instant at = now();
      if (at >= wake_at_) hand_in(mcp::event::Tick{});
      if (at >= stop_at_) stop_now();
    }
    part();
    return is_stopping_ ? StdioEnd::stopped : StdioEnd::client_left;
  }

 private:
  mcp::ConversationOptions conversation_options() const {
    mcp::ConversationOptions made = options_.conversation;
    made.caller = {options_.caller.id, options_.caller.tools};
    return made;
  }

  void hand_in(mcp::ChannelEvent event) {
    talk_.handle(now(), std::move(event));
    drain();
  }

  // Carries out what the conversation wants, and hands in the news that are there already, until it waits.
  void drain() {
    while (!is_closed_) {
      mcp::ChannelAct act = talk_.poll();
      if (auto* wait = std::get_if<mcp::act::WaitUntil>(&act)) {
        wake_at_ = wait->at;
        uint64_t call = 0;
        mcp::News news;
        if (!mailbox_->take(call, news)) return;
        if (mcp::is_last(news)) jobs_.erase(call);
        talk_.handle(now(), mcp::event::NewsOf{call, std::move(news)});
      } else {
        std::visit([this](auto& kind) { carry_out(kind); }, act);
      }
    }
  }

  void carry_out(mcp::act::Write& write) {
    if (is_output_lost_) return;
    unwritten_ += write.line;
    flush();
  }
  void carry_out(mcp::act::Start& start) {
    const uint64_t call = start.call.number;
    if (auto job = options_.service.start(std::move(start.call), options_.caller, mailbox_)) jobs_.emplace(call, std::move(job));
  }
  void carry_out(mcp::act::Cancel& cancel) {
    if (const auto job = jobs_.find(cancel.number); job != jobs_.end()) job->second->cancel();
  }
  void carry_out(mcp::act::Heard& heard) {
    if (const auto job = jobs_.find(heard.number); job != jobs_.end()) job->second->hear(heard.tag, std::move(heard.answer_json));
  }
  void carry_out(mcp::act::Close&) { is_closed_ = true; }
  void carry_out(mcp::act::WaitUntil&) {}

  void wait() {
    const bool reads = !is_at_end_ && unwritten_.size() - written_ < options_.unread_bytes_max;
    std::array<pollfd, 4> polled{{{is_at_end_ ? -1 : options_.in, static_cast<short>(reads ? POLLIN : POLLRDHUP), 0},
                                  {wakeup_->fd(), POLLIN, 0},
                                  {is_stopping_ ? -1 : options_.stop_fd, POLLIN, 0},
                                  {written_ < unwritten_.size() ? options_.out : -1, POLLOUT, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), timeout_ms(std::min(wake_at_, stop_at_)));
    if (ready <= 0) return;
    if (polled[1].revents != 0) wakeup_->drain();
    if (polled[2].revents != 0) begin_stop();
    if (polled[3].revents != 0) flush();
    if (polled[0].revents == 0) return;
    if (reads)
      read();
    else
      end_input();  // it has left, and has not read what it was told: what it said last is of no use to it
  }

  static int timeout_ms(Instant until) {
    constexpr int64_t kLongestMs = 3'600'000;
    if (until.is_never()) return -1;
    return static_cast<int>(std::clamp<int64_t>(((until - now()).us + 999) / 1'000, 0, kLongestMs));
  }

  void read() {
    char piece[kReadBytes];
    const ssize_t n = ::read(options_.in, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n > 0) return take({piece, static_cast<size_t>(n)});
    if (!line_.empty()) end_line();
    if (!is_closed_) end_input();
  }

  void end_input() {
    is_at_end_ = true;
    hand_in(mcp::event::Eof{});
  }

  void take(std::string_view bytes) {
    while (!bytes.empty() && !is_closed_) {
      const size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      if (line_.size() + part.size() > options_.conversation.line_bytes_max) is_too_long_ = true;
      if (is_too_long_) {
        line_.clear();
      } else {
        line_ += part;
      }
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
      end_line();
    }
  }

  void end_line() {
    if (line_.ends_with('\r')) line_.pop_back();
    const bool was_too_long = std::exchange(is_too_long_, false);
    std::string line = std::exchange(line_, {});
    if (was_too_long) {
      hand_in(mcp::event::TooLong{});
    } else if (is_stopping_ && refuse_to_begin(line)) {
      return;
    } else if (!line.empty()) {
      hand_in(mcp::event::Line{std::move(line)});
    }
  }

  // While open calls may still end, requests are answered with an error; cancellations and answers are heard.
  bool refuse_to_begin(std::string_view line) {
    const std::variant<mcp::Message, mcp::Unreadable> read = mcp::read_message(line, options_.conversation.line_bytes_max);
    const auto* message = std::get_if<mcp::Message>(&read);
    if (message == nullptr || message->shape != mcp::Message::Shape::request) return false;
    mcp::act::Write refusal{mcp::write_error(message->id, {mcp::kServerStopping, "the server is stopping and begins nothing more", R"({"retry":"same"})"}) + "\n"};
    carry_out(refusal);
    return true;
  }

  void flush() {
    while (written_ < unwritten_.size()) {
      pollfd polled{options_.out, POLLOUT, 0};
      if (::poll(&polled, 1, 0) <= 0) break;
      const ssize_t n = ::write(options_.out, unwritten_.data() + written_, std::min(kWriteBytes, unwritten_.size() - written_));
      if (n > 0) {
        written_ += static_cast<size_t>(n);
      } else if (errno != EINTR && errno != EAGAIN) {
        lose_output();
      }
    }
    if (written_ == unwritten_.size() || written_ >= kWrittenBytesMax) {
      unwritten_.erase(0, written_);
      written_ = 0;
    }
  }

  // Nobody reads: as good as the end of input.
  void lose_output() {
    unwritten_.clear();
    written_ = 0;
    is_output_lost_ = true;
  }

  void begin_stop() {
    is_stopping_ = true;
    stop_at_ = now() + options_.grace;
  }
  void stop_now() {
    stop_at_ = Instant::never();
    hand_in(mcp::event::Stop{});
  }

  // The client has had its last word: what was cancelled settles, what is unread may still be read.
  void part() {
    const Instant deadline = now() + options_.parting;
    for (auto& [call, job] : jobs_) job->cancel();
    while ((!jobs_.empty() || written_ < unwritten_.size()) && now() < deadline) {
      flush();
      uint64_t call = 0;
      mcp::News news;
      while (mailbox_->take(call, news)) {
        if (mcp::is_last(news)) jobs_.erase(call);
      }
      if (jobs_.empty() && written_ == unwritten_.size()) return;
      std::array<pollfd, 2> polled{{{wakeup_->fd(), POLLIN, 0}, {written_ < unwritten_.size() ? options_.out : -1, POLLOUT, 0}}};
      ::poll(polled.data(), polled.size(), timeout_ms(deadline));
      if (polled[0].revents != 0) wakeup_->drain();
    }
  }

  const StdioOptions& options_;
  const std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();  // work may outlive the loop
  const std::shared_ptr<Mailbox> mailbox_;
  mcp::Conversation talk_;
  std::map<uint64_t, std::unique_ptr<Job>> jobs_;
  std::string line_;
  std::string unwritten_;
  size_t written_ = 0;
  Instant wake_at_ = Instant::never();
  Instant stop_at_ = Instant::never();
  bool is_too_long_ = false;
  bool is_at_end_ = false;
  bool is_output_lost_ = false;
  bool is_stopping_ = false;
  bool is_closed_ = false;
};

}  // namespace

StdioEnd serve_stdio(const StdioOptions& options) { return Loop(options).run(); }

}  // namespace orthink::serve

#include "native/observe/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "native/observe/redact.h"
#include "native/system.h"
#include "orthink/base/sha256.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::observe {
namespace {

constexpr size_t kLineBytesMax = 4096;
constexpr size_t kTextBytesMax = 1024;
constexpr size_t kHashDigits = 16;
constexpr Duration kBurst = Duration::seconds(10);
constexpr std::string_view kCut = ",\"cut\":true}\n";

constexpr std::array<std::string_view, 5> kNames{"debug", "info", "warn", "error", "off"};

std::string timestamp(Instant when) {
  std::string text = window::iso_text(when);
  text.pop_back();
  const std::string micros = std::to_string(1'000'000 + when.us % 1'000'000);
  return text + "." + micros.substr(1) + "Z";
}

std::string clean(std::string_view text) { return fit_for_line(text, 8 * kTextBytesMax, kTextBytesMax); }

class Piece {
 public:
  explicit Piece(const std::string& salt) : salt_(salt) {}
  std::string of(const LogField& field) {
    out_ = ",";
    json::write_string(out_, field.key());
    out_ += ':';
    std::visit(*this, field.value());
    return std::move(out_);
  }
  void operator()(std::string_view text) { json::write_string(out_, clean(text)); }
  void operator()(int64_t number) { out_ += std::to_string(number); }
  void operator()(uint64_t number) { out_ += std::to_string(number); }
  void operator()(bool truth) { out_ += truth ? "true" : "false"; }
  void operator()(Hidden hidden) {
    const std::string hash = hex(Sha256::hmac(salt_, hidden.text)).substr(0, kHashDigits);
    out_ += "{\"bytes\":" + std::to_string(hidden.text.size()) + ",\"hash\":\"" + hash + "\"}";
  }

 private:
  const std::string& salt_;
  std::string out_;
};

bool would_block(int fd) {
  pollfd polled{fd, POLLOUT, 0};
  return ::poll(&polled, 1, 0) != 1 || (polled.revents & POLLOUT) == 0;
}

bool write_line(int fd, std::string_view line) {
  if (would_block(fd)) return false;
  ssize_t written = 0;
  do {
    written = ::write(fd, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace

std::string_view name(LogLevel level) {
  return kNames[static_cast<size_t>(level)];
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kNames.begin());
}

Log::Log(LogOptions options) : options_(options), salt_(random_id("log-")) {}

Instant Log::now_() {
  return now();
}

std::string Log::line(Instant now, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
  std::string out = "{\"ts\":\"" + timestamp(now) + "\",\"level\":\"" + std::string(name(level)) + "\",\"event\":";
  json::write_string(out, event);
  if (untold_ > 0) out += ",\"left_out\":" + std::to_string(untold_);
  Piece piece(salt_);
  for (const LogField& field : fields) {
    const std::string text = piece.of(field);
    if (out.size() + text.size() + kCut.size() > kLineBytesMax) return out.append(kCut);
    out += text;
  }
  return out.append("}\n");
}

bool Log::is_within_rate(Instant now) {
  const Duration cost = Duration::micros(1'000'000 / std::max<uint32_t>(options_.lines_per_second, 1));
  const Instant paid = std::max(refilled_, now) + cost;
  if (paid - now > kBurst) return false;
  refilled_ = paid;
  return true;
}

void Log::write_at(Instant now, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!wants(level)) return;
  const std::lock_guard lock(mutex_);
  if (is_within_rate(now) && write_line(options_.fd, line(now, level, event, fields))) {
    untold_ = 0;
    return;
  }
  ++untold_;
  left_out_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace orthink::observe

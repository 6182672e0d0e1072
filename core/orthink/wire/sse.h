// SseReader: bytes of a text/event-stream in, events out (WHATWG HTML, "Server-sent events", parsing and interpreting).
//
//   SseReader reader;
//   reader.feed(bytes);
//   while (reader.next(event)) use(event.data);
//   reader.finish();                    // at end of input: an event without its blank line is reported, never guessed
//
// Any cut of the same bytes gives the same events. Lines end in LF, CR or CRLF; one BOM at the start is dropped. An event
// without a data line is not dispatched; `id` and `retry` are for reconnecting, which nobody does here, and are skipped.
// Work is linear in the bytes fed, also when they come one by one.
// Thread rule: one thread at a time. Movable, not copyable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "orthink/base/limits.h"

namespace orthink {

struct SseEvent {
  // The joined data lines. Dies at the next call of feed(), next() or finish(). At least 32 readable bytes follow data.end(), and the
  // byte at data.end() is a control character (line end or NUL), so that a scanner may run on it as a sentinel.
  std::string_view data;
  std::string_view type;  // "message" unless the stream says otherwise; same life
};

class SseReader {
 public:
  static constexpr size_t kPaddingBytes = 32;

  explicit SseReader(size_t event_bytes_max = limits::kEventBytesMax) : event_bytes_max_(event_bytes_max) {}
  SseReader(SseReader&&) noexcept = default;
  SseReader& operator=(SseReader&&) noexcept = default;
  SseReader(const SseReader&) = delete;
  SseReader& operator=(const SseReader&) = delete;
  ~SseReader() = default;

  // Takes the next bytes of the stream (copied).
  void feed(std::string_view bytes);
  // True and fills `event` when a whole event is there.
  bool next(SseEvent& event);
  // True if input ended inside an event whose blank line never came (its bytes are dropped).
  bool finish();

  [[nodiscard]] uint64_t comments() const { return comments_; }    // lines that start with ':' so far
  [[nodiscard]] uint64_t fields() const { return fields_; }        // lines with a field that the standard names
  [[nodiscard]] bool overflowed() const { return overflowed_; }    // an event exceeded the cap; the reader stays silent then

 private:
  void make_room(size_t bytes);
  bool skip_bom();
  bool take_line(std::string_view& line);
  void take_field(std::string_view line);
  void add_data(std::string_view value);
  void dispatch(SseEvent& event);
  [[nodiscard]] size_t kept_from() const { return data_lines_ == 1 ? data_at_ : begin_; }

  size_t event_bytes_max_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;      // without the padding
  size_t begin_ = 0;         // first byte of the line being looked for
  size_t end_ = 0;           // past the last byte
  size_t searched_ = 0;      // no line end before this offset
  size_t data_at_ = 0;       // the event's only data line so far, in place
  size_t data_size_ = 0;
  size_t data_lines_ = 0;
  std::string joined_;       // the data of an event with several data lines
  std::string type_;         // of the event being read
  std::string dispatched_type_;
  uint64_t comments_ = 0;
  uint64_t fields_ = 0;
  bool at_start_ = true;
  bool skip_lf_ = false;     // the last line ended in CR: a LF right behind belongs to it
  bool overflowed_ = false;
};

}  // namespace orthink

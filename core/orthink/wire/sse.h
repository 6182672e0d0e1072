// SseReader: bytes of a text/event-stream in, events out (WHATWG HTML, "Server-sent events", parsing and interpreting).
//
//   SseReader reader;
//   reader.feed(bytes);
//   while (reader.next(event)) use(event.data);
//   reader.finish();                    // at end of input: an event without its blank line is reported, never guessed
//
// Any cut of the same bytes gives the same events. Lines end in LF, CR or CRLF; one BOM at the start is dropped.
// Thread rule: one thread at a time. Movable, not copyable.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

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
  explicit SseReader(size_t event_bytes_max = limits::kEventBytesMax);
  SseReader(SseReader&&) noexcept = default;
  SseReader& operator=(SseReader&&) noexcept = default;

  // Takes the next bytes of the stream (copied).
  void feed(std::string_view bytes);
  // True and fills `event` when a whole event is there. Events with empty data are not dispatched (WHATWG).
  bool next(SseEvent& event);
  // True if input ended inside an event whose blank line never came (its bytes are dropped).
  bool finish();

  [[nodiscard]] uint64_t comments() const { return comments_; }  // lines that start with ':' so far
  [[nodiscard]] bool overflowed() const { return overflowed_; }  // an event exceeded the cap; the reader stays silent then

 private:
  struct Line;
  bool take_line(std::string_view& line);
  size_t event_bytes_max_;
  std::vector<char> buffer_;
  size_t begin_ = 0;        // first unread byte
  size_t end_ = 0;          // past the last byte
  size_t searched_ = 0;     // no line end before this offset
  std::vector<char> scratch_;  // joined data of an event with several data lines
  std::vector<char> type_;
  uint64_t comments_ = 0;
  bool at_start_ = true;
  bool skip_lf_ = false;
  bool has_data_ = false;
  bool overflowed_ = false;
};

}  // namespace orthink

//   : a comment
//   event: name          field, colon, one optional space, value
//   data: {"a":1}
//   data: more           joined to the line before with a LF
//                        the blank line dispatches
#include "orthink/wire/sse.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "orthink/wire/scan.h"

namespace orthink {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr size_t kFirstCapacity = size_t{16} << 10;

}  // namespace

void SseReader::make_room(size_t bytes) {
  if (begin_ == end_ && data_lines_ != 1) begin_ = end_ = searched_ = 0;
  if (end_ + bytes <= capacity_) return;
  const size_t from = kept_from();
  const size_t kept = end_ - from;
  if (kept + bytes <= capacity_ && kept <= capacity_ / 2) {
    std::memmove(buffer_.get(), buffer_.get() + from, kept);
  } else {
    const size_t capacity = std::max({kFirstCapacity, capacity_ * 2, kept + bytes});
    auto larger = std::unique_ptr<char[]>(new char[capacity + kPaddingBytes]);
    if (kept != 0) std::memcpy(larger.get(), buffer_.get() + from, kept);
    std::memset(larger.get() + kept, 0, capacity + kPaddingBytes - kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ -= from;
  end_ -= from;
  searched_ -= from;
  data_at_ -= std::min(data_at_, from);
}

void SseReader::feed(std::string_view bytes) {
  if (overflowed_ || bytes.empty()) return;
  make_room(bytes.size());
  std::memcpy(buffer_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

// False when the first bytes may yet turn out to be a BOM.
bool SseReader::skip_bom() {
  const std::string_view head(buffer_.get(), std::min(end_, kBom.size()));
  if (head == kBom) {
    begin_ = searched_ = kBom.size();
  } else if (kBom.substr(0, head.size()) == head) {
    return false;
  }
  at_start_ = false;
  return true;
}

bool SseReader::take_line(std::string_view& line) {
  const char* base = buffer_.get();
  if (skip_lf_ && begin_ < end_) {
    if (base[begin_] == '\n') ++begin_;
    skip_lf_ = false;
    searched_ = std::max(searched_, begin_);
  }
  const char* stop = scan::line_end(base + searched_, base + end_);
  searched_ = static_cast<size_t>(stop - base);
  line = {base + begin_, searched_ - begin_};
  if (line.size() > event_bytes_max_) {
    overflowed_ = true;
    return false;
  }
  if (searched_ == end_) return false;
  begin_ = ++searched_;
  if (*stop == '\r') {
    if (begin_ == end_) {
      skip_lf_ = true;
    } else if (base[begin_] == '\n') {
      begin_ = ++searched_;
    }
  }
  return true;
}

void SseReader::add_data(std::string_view value) {
  ++data_lines_;
  if (data_lines_ == 1) {
    data_at_ = static_cast<size_t>(value.data() - buffer_.get());
    data_size_ = value.size();
    return;
  }
  if (data_lines_ == 2) joined_.assign(buffer_.get() + data_at_, data_size_);
  joined_ += '\n';
  joined_ += value;
  if (joined_.size() > event_bytes_max_) overflowed_ = true;
}

void SseReader::take_field(std::string_view line) {
  if (line.front() == ':') {
    ++comments_;
    return;
  }
  const size_t colon = line.substr(0, 6).find(':');
  const std::string_view field = colon == std::string_view::npos ? line : line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? line.substr(line.size()) : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "data") {
    add_data(value);
  } else if (field == "event") {
    type_ = value;
  } else if (field != "id" && field != "retry") {
    return;
  }
  ++fields_;
}

void SseReader::dispatch(SseEvent& event) {
  if (data_lines_ == 1) {
    event.data = {buffer_.get() + data_at_, data_size_};
  } else {
    const size_t size = joined_.size();
    joined_.append(kPaddingBytes, '\0');
    event.data = std::string_view(joined_).substr(0, size);
  }
  data_lines_ = 0;
  if (type_.empty()) {
    event.type = "message";
    return;
  }
  dispatched_type_.swap(type_);
  type_.clear();
  event.type = dispatched_type_;
}

bool SseReader::next(SseEvent& event) {
  if (overflowed_ || end_ == 0 || (at_start_ && !skip_bom())) return false;
  std::string_view line;
  while (take_line(line)) {
    if (!line.empty()) {
      take_field(line);
      if (overflowed_) return false;
    } else if (data_lines_ != 0) {
      dispatch(event);
      return true;
    } else {
      type_.clear();
    }
  }
  return false;
}

bool SseReader::finish() {
  const bool is_inside = data_lines_ != 0 || (begin_ < end_ && buffer_[begin_] != ':' && !(skip_lf_ && buffer_[begin_] == '\n'));
  if (is_inside && begin_ < end_) take_field({buffer_.get() + begin_, end_ - begin_});  // counted, not dispatched
  begin_ = end_ = searched_ = data_lines_ = 0;
  return is_inside && !overflowed_;
}

}  // namespace orthink

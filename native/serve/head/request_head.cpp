// RFC 9112: request-line = method SP request-target SP HTTP-version; field-line = name ":" OWS value OWS; each ends in CRLF.
#include "native/serve/head/request_head.h"

#include <algorithm>
#include <array>

namespace orthink::serve {
namespace {

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";
constexpr std::string_view kTargetSigns = "-._~!$&'()*+,;=:@/?%";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::array<bool, 256> table_of(std::string_view signs) {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < table.size(); ++c) {
    const char sign = static_cast<char>(c);
    table[c] = c < 128 && (is_digit(sign) || is_letter(sign) || signs.find(sign) != std::string_view::npos);
  }
  return table;
}
constexpr std::array<bool, 256> kToken = table_of(kTokenSigns);
constexpr std::array<bool, 256> kTarget = table_of(kTargetSigns);
constexpr std::array<bool, 256> kHost = table_of("-._~[]:");

bool all_of(std::string_view text, const std::array<bool, 256>& table) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
}

// Calls `take` with each part of a list of tokens.
template <class Take>
void each_of_list(std::string_view list, Take take) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    take(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

std::optional<Refusal> refuse(int status, std::string_view reason) { return Refusal{status, reason}; }

enum class Known : uint8_t {
  host, content_length, transfer_encoding, content_encoding, content_type, connection, expect, authorization, origin, dropped, other
};

Known known(std::string_view name) {
  struct Row {
    std::string_view name;
    Known known;
  };
  static constexpr Row kRows[] = {{"host", Known::host},
                                  {"content-length", Known::content_length},
                                  {"transfer-encoding", Known::transfer_encoding},
                                  {"content-encoding", Known::content_encoding},
                                  {"content-type", Known::content_type},
                                  {"connection", Known::connection},
                                  {"expect", Known::expect},
                                  {"authorization", Known::authorization},
                                  {"origin", Known::origin},
                                  {"range", Known::dropped},
                                  {"te", Known::dropped},
                                  {"trailer", Known::dropped},
                                  {"upgrade", Known::dropped},
                                  {"keep-alive", Known::dropped},
                                  {"http2-settings", Known::dropped},
                                  {"proxy-connection", Known::dropped}};
  for (const Row& row : kRows) {
    if (is_same(row.name, name)) return row.known;
  }
  return Known::other;
}

// The reading of one head: what was met so far.
struct Reading {
  RequestHead& head;
  const HeadLimits& limits;
  std::string_view authority;  // of an absolute target
  bool has_length = false;
  uint32_t met = 0;            // bits by Known
};

std::optional<Refusal> read_target_signs(std::string_view target) {
  if (!all_of(target, kTarget)) return refuse(400, "the target holds a character that no target may");
  for (size_t at = target.find('%'); at != std::string_view::npos; at = target.find('%', at + 3)) {
    const int high = at + 2 < target.size() ? hex_value(target[at + 1]) : -1;
    const int low = at + 2 < target.size() ? hex_value(target[at + 2]) : -1;
    if (high < 0 || low < 0) return refuse(400, "a % in the target is not followed by two hex digits");
    const int byte = high * 16 + low;
    if (byte < 0x20 || byte == 0x7f) return refuse(400, "the target holds an encoded control character");
  }
  return std::nullopt;
}

std::optional<Refusal> read_target(std::string_view target, Reading& reading) {
  if (target.size() > reading.limits.target_bytes_max) return refuse(414, "the target is too long");
  if (auto refusal = read_target_signs(target)) return refusal;
  if (target.front() != '/') {  // absolute form; RFC 9112 3.2.2 has servers take it
    constexpr std::string_view kScheme = "http://";
    if (target.size() < kScheme.size() || !is_same(target.substr(0, kScheme.size()), kScheme)) {
      return refuse(400, "the target begins with neither / nor http://");
    }
    target.remove_prefix(kScheme.size());
    const size_t slash = std::min(target.find_first_of("/?"), target.size());
    reading.authority = target.substr(0, slash);
    if (reading.authority.empty()) return refuse(400, "the target names no host");
    target.remove_prefix(slash);
    if (target.empty() || target.front() != '/') return refuse(400, "the target has no path");
  }
  const size_t question = std::min(target.find('?'), target.size());
  reading.head.path = target.substr(0, question);
  reading.head.query = target.substr(std::min(question + 1, target.size()));
  return std::nullopt;
}

std::optional<Refusal> read_request_line(std::string_view line, Reading& reading) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0) return refuse(400, "the first line is not: method, target, version");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  static constexpr std::string_view kMethods[] = {"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"};
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) {
    return refuse(400, "the first line does not end in a version of HTTP");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) return refuse(400, "the method is not known");
  if (target.empty()) return refuse(400, "there is no target");
  reading.head.method = method;
  reading.head.is_http_1_0 = version.back() == '0';
  reading.head.keeps_alive = !reading.head.is_http_1_0;
  return read_target(target, reading);
}

std::optional<Refusal> read_length(std::string_view value, Reading& reading) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return refuse(400, "Content-Length is not a number");
  constexpr size_t kDigitsMax = 19;
  if (value.size() > kDigitsMax) return refuse(400, "Content-Length has too many digits");
  uint64_t length = 0;
  for (const char c : value) length = length * 10 + static_cast<uint64_t>(c - '0');
  if (length > reading.limits.body_bytes_max) return refuse(413, "the body is too large");
  reading.head.content_length = static_cast<size_t>(length);
  reading.has_length = true;
  return std::nullopt;
}

std::optional<Refusal> read_host(std::string_view value, Reading& reading) {
  if (value.empty() || !all_of(value, kHost)) return refuse(400, "Host is not a name or address with an optional port");
  reading.head.host = value;
  return std::nullopt;
}

void read_connection(std::string_view value, RequestHead& head) {
  each_of_list(value, [&](std::string_view option) {
    if (is_same(option, "close")) head.keeps_alive = false;
  });
}

std::optional<Refusal> read_known(Known kind, std::string_view value, Reading& reading) {
  switch (kind) {
    case Known::host:
      return read_host(value, reading);
    case Known::content_length:
      return read_length(value, reading);
    case Known::transfer_encoding:
      return refuse(411, "a transfer coding is not taken; send Content-Length");
    case Known::content_encoding:
      if (!is_same(value, "identity")) return refuse(415, "an encoded body is not taken");
      return std::nullopt;
    case Known::connection:
      read_connection(value, reading.head);
      return std::nullopt;
    case Known::expect:
      if (!is_same(value, "100-continue")) return refuse(417, "Expect asks for something other than 100-continue");
      reading.head.expects_continue = !reading.head.is_http_1_0;
      return std::nullopt;
    case Known::content_type:
    case Known::authorization:
    case Known::origin:
    case Known::dropped:
    case Known::other:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_passed_on(Known kind) { return kind != Known::dropped && kind != Known::connection && kind != Known::expect; }

std::optional<Refusal> read_header(std::string_view line, Reading& reading) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "a header is folded over two lines");
  if (line.size() > reading.limits.line_bytes_max) return refuse(431, "a header is too long");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return refuse(400, "a line of the head has no name and colon");
  const std::string_view name = line.substr(0, colon);
  if (!all_of(name, kToken)) return refuse(400, "the name of a header holds a character that no name may");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_value(value)) return refuse(400, "a header holds a character that is not printable ASCII");
  const Known kind = known(name);
  if (kind != Known::other && kind != Known::dropped && kind != Known::connection) {
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(kind);
    if ((reading.met & bit) != 0 && kind != Known::transfer_encoding) return refuse(400, "a header that may be sent once was sent twice");
    reading.met |= bit;
  }
  if (auto refusal = read_known(kind, value, reading)) return refusal;
  if (is_passed_on(kind)) reading.head.headers.push_back({name, value});
  return std::nullopt;
}

std::optional<Refusal> check_whole(const Reading& reading) {
  const RequestHead& head = reading.head;
  if (head.host.empty()) return refuse(400, "there is no Host");
  if (!reading.authority.empty() && !is_same(reading.authority, head.host)) return refuse(400, "the target names another host than Host");
  const bool takes_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
  if (takes_body && !reading.has_length) return refuse(411, "a request with a body needs Content-Length");
  if (!takes_body && head.content_length > 0) return refuse(400, "this method has no body");
  return std::nullopt;
}

void clear(RequestHead& head) {
  std::vector<HeadLine> room = std::move(head.headers);
  room.clear();
  head = {};
  head.headers = std::move(room);
}

}  // namespace

HeadScan::State HeadScan::refuse(int status, std::string_view reason) {
  refusal_ = {status, reason};
  return State::refused;
}

HeadScan::State HeadScan::look(std::string_view bytes, const HeadLimits& limits) {
  if (!bytes.empty() && bytes.front() == '\r') return refuse(400, "a request begins with an empty line");
  if (bytes.substr(0, 16) == "PRI * HTTP/2.0\r\n") return refuse(505, "HTTP/2 is not spoken here");
  while (seen_ < bytes.size()) {
    const size_t feed = bytes.find('\n', seen_);
    const std::string_view fresh = bytes.substr(seen_, std::min(feed, bytes.size()) - seen_);
    if (fresh.find('\0') != std::string_view::npos) return refuse(400, "the head holds a NUL");
    // The last byte may be the first half of a line end.
    const size_t bare = fresh.find('\r');
    if (bare != std::string_view::npos && bare + 1 != fresh.size()) return refuse(400, "the head holds a CR without LF");
    if (feed == std::string_view::npos) {
      seen_ = bytes.size() - (bare != std::string_view::npos ? 1 : 0);
      break;
    }
    if (feed == line_begin_ || bytes[feed - 1] != '\r') return refuse(400, "a line ends in LF alone");
    if (feed - line_begin_ == 1) {
      end_ = feed + 1;
      if (end_ > limits.head_bytes_max) return refuse(431, "the head is too large");
      return State::whole;
    }
    seen_ = line_begin_ = feed + 1;
  }
  if (bytes.size() >= limits.head_bytes_max) return refuse(431, "the head is too large");
  return State::incomplete;
}

std::string_view RequestHead::find(std::string_view name) const {
  for (const HeadLine& line : headers) {
    if (is_same(line.name, name)) return line.value;
  }
  return {};
}

std::optional<Refusal> parse_head(std::string_view head, const HeadLimits& limits, RequestHead& into) {
  clear(into);
  Reading reading{into, limits, {}, false, 0};
  size_t count = 0;
  bool is_first = true;
  while (true) {
    const size_t end = head.find("\r\n");
    if (end == std::string_view::npos) return refuse(400, "the head has no end");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) break;
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return refuse(400, "a line holds CR, LF or NUL");
    if (!is_first && ++count > limits.headers_max) return refuse(431, "there are too many headers");
    if (auto refusal = is_first ? read_request_line(line, reading) : read_header(line, reading)) return refusal;
    is_first = false;
  }
  if (is_first) return refuse(400, "a request begins with an empty line");
  if (!head.empty()) return refuse(400, "there are bytes behind the head");
  return check_whole(reading);
}

std::string_view status_words(int status) {
  struct Row {
    int status;
    std::string_view words;
  };
  static constexpr Row kRows[] = {
      {200, "OK"},                    {202, "Accepted"},                {204, "No Content"},           {400, "Bad Request"},
      {401, "Unauthorized"},          {403, "Forbidden"},               {404, "Not Found"},            {405, "Method Not Allowed"},
      {406, "Not Acceptable"},        {408, "Request Timeout"},         {411, "Length Required"},      {413, "Content Too Large"},
      {414, "URI Too Long"},          {415, "Unsupported Media Type"},  {417, "Expectation Failed"},   {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};
  for (const Row& row : kRows) {
    if (row.status == status) return row.words;
  }
  return {};
}

}  // namespace orthink::serve

#include "native/sim/raw_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "native/sim/gzip_bomb.h"

namespace orthink::sim {
namespace {

std::string head_of(const Violation& violation, std::string_view framing) {
  const Script& script = violation.call->script();
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(script.streams ? "text/event-stream" : "application/json") +
         (violation.date.empty() ? std::string() : "\r\nDate: " + violation.date) + "\r\nX-Generation-Id: " + script.id +
         "\r\nX-Provider-Name: " + script.provider + "\r\n" + std::string(framing) + "\r\n\r\n";
}

std::string as_chunk(std::string_view part) {
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), part.size(), 16).ptr;
  return std::string(size.data(), end) + "\r\n" + std::string(part) + "\r\n";
}

uint64_t number_of(const std::string& text) {
  uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void hang_after_head(Wire& wire, const Violation& violation) {
  if (wire.write(head_of(violation, "Transfer-Encoding: chunked"))) wire.wait(std::nullopt);
}

std::string body_of(Call& call) {
  std::string body;
  for (std::string part; call.next(part);) body += call.as_sent(std::move(part));
  return body;
}

void lying_length(Wire& wire, const Violation& violation) {
  const std::string body = body_of(*violation.call);
  const size_t by = number_of(violation.argument);
  const bool is_short = violation.fault == Fault::short_length;
  const size_t length = is_short ? body.size() - std::min(by, body.size()) : body.size() + by;
  if (wire.write(head_of(violation, "Content-Length: " + std::to_string(length)))) wire.write(body);
}

// The second chunk's size line is wrong; its bytes are there all the same.
void bad_chunk_size(Wire& wire, const Violation& violation) {
  std::string part;
  Call& call = *violation.call;
  if (!wire.write(head_of(violation, "Transfer-Encoding: chunked")) || !call.next(part) || !wire.write(as_chunk(part))) return;
  if (wire.write(violation.argument + "\r\n" + body_of(call) + "\r\n0\r\n\r\n")) wire.wait(Duration::seconds(2));
}

void send_gzip_bomb(Wire& wire, uint64_t megabytes) {
  const std::string bomb = gzip_bomb(megabytes);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: " +
                           std::to_string(bomb.size()) + "\r\n\r\n";
  if (wire.write(head)) wire.write(bomb);
}

}  // namespace

void answer_raw(Wire& wire, Violation& violation) {
  switch (violation.fault) {
    case Fault::reset_after_request: wire.reset(); break;
    case Fault::reset_billed:
      violation.call->finish();
      wire.reset();
      break;
    case Fault::hang_after_head: hang_after_head(wire, violation); break;
    case Fault::wrong_length:
    case Fault::short_length: lying_length(wire, violation); break;
    case Fault::bad_chunk_size: bad_chunk_size(wire, violation); break;
    case Fault::gzip_bomb: send_gzip_bomb(wire, number_of(violation.argument)); break;
    default: wire.wait(std::nullopt); break;
  }
  violation.call.reset();
  wire.close();
}

}  // namespace orthink::sim

#include "native/sim/raw_answer.h"

#include <array>
#include <charconv>
#include <string>

#include "native/sim/gzip_bomb.h"

namespace orthink::sim {
namespace {

std::string head_of(const Call& call, std::string_view framing) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(call.script().streams ? "text/event-stream" : "application/json") +
         "\r\nX-Generation-Id: " + call.script().id + "\r\nX-Provider-Name: " + call.script().provider + "\r\n" + std::string(framing) + "\r\n\r\n";
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

void hang_after_head(Wire& wire, Call& call) {
  if (wire.write(head_of(call, "Transfer-Encoding: chunked"))) wire.wait(std::nullopt);
}

void wrong_length(Wire& wire, Call& call, uint64_t missing) {
  std::string body;
  for (std::string part; call.next(part);) body += call.as_sent(std::move(part));
  if (wire.write(head_of(call, "Content-Length: " + std::to_string(body.size() + missing)))) wire.write(body);
}

// The second chunk's size line is wrong; its bytes are there all the same.
void bad_chunk_size(Wire& wire, Call& call, const std::string& size) {
  std::string part;
  if (!wire.write(head_of(call, "Transfer-Encoding: chunked")) || !call.next(part) || !wire.write(as_chunk(part))) return;
  std::string rest;
  while (call.next(part)) rest += part;
  if (wire.write(size + "\r\n" + rest + "\r\n0\r\n\r\n")) wire.wait(Duration::seconds(2));
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
    case Fault::hang_after_head: hang_after_head(wire, *violation.call); break;
    case Fault::wrong_length: wrong_length(wire, *violation.call, number_of(violation.argument)); break;
    case Fault::bad_chunk_size: bad_chunk_size(wire, *violation.call, violation.argument); break;
    case Fault::gzip_bomb: send_gzip_bomb(wire, number_of(violation.argument)); break;
    default: wire.wait(std::nullopt); break;
  }
  violation.call.reset();
  wire.close();
}

}  // namespace orthink::sim

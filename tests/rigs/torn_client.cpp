// Torn client: the client leaves after every byte of an answer, plain and streamed; the server goes on serving, closes every connection, and
// keeps nothing.
//
//   torn_client --bytes 4096 --step 1
#include <algorithm>
#include <string>

#include "native/system.h"
#include "tests/native/serve/raw_client.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

using namespace orthink;

namespace {

// Reads exactly so many bytes and leaves, by an end or by a reset in turn.
bool tear(uint16_t port, const std::string& request, size_t bytes, bool resets) {
  test::RawClient client(port);
  if (!client.is_open() || !client.send(request)) return false;
  std::string piece(bytes, '\0');
  size_t at = 0;
  while (at < bytes) {
    const ssize_t n = ::recv(client.fd(), piece.data() + at, bytes - at, 0);
    if (n <= 0) return false;
    at += static_cast<size_t>(n);
  }
  if (resets) client.reset();
  return true;
}

size_t size_of_answer(uint16_t port, const std::string& request) {
  test::RawClient client(port);
  client.send(request);
  size_t size = 0;
  while (true) {
    const std::string bytes = client.read_any();
    if (bytes.empty()) return size;
    size += bytes.size();
  }
}

}  // namespace

int main(int argument_count, char** words) {
  rig::Arguments arguments(argument_count, words, {{"bytes", 4'096}, {"step", 97}});
  rig::Verdict verdict("torn_client", arguments.seed());
  rig::FixtureServer server({.connections_max = 1'024});
  const auto once = [](std::string request) { return request.insert(request.find("Host:"), "Connection: close\r\n"); };
  const std::string plain = once(rig::large_call(arguments.get("bytes"))), streamed = once(rig::count_call(20, 0));
  uint64_t tears = 0;
  std::string sizes;
  for (const std::string& request : {plain, streamed}) {
    const size_t size = size_of_answer(server.port(), request);
    sizes += (sizes.empty() ? "" : " and ") + std::to_string(size);
    for (size_t at = 0; at <= size; at += arguments.get("step"), ++tears) {
      verdict.expect(tear(server.port(), request, std::min(at, size), at % 2 == 1), "the answer ended before byte " + std::to_string(at));
    }
  }
  test::RawClient after(server.port());
  after.send(rig::ping());
  verdict.expect(after.read_answer().status == 200, "the server does not answer any more");
  verdict.expect(!server.is_over(), "the server has ended");
  return verdict.finish(std::to_string(tears) + " tears in answers of " + sizes + " bytes, " + std::to_string(server.cancelled()) + " calls cancelled, " +
                        std::to_string(server.resident_kb() / 1'024) + " MB");
}

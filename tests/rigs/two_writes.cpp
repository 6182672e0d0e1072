// Two writes: a client with Nagle's algorithm on sends head and body apart on a kept connection; a server that acknowledges late costs it
// 40 ms each time.
//
//   two_writes --calls 1000
#include <algorithm>
#include <string>
#include <vector>

#include "native/system.h"
#include "tests/native/serve/raw_client.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

using namespace orthink;

int main(int count, char** words) {
  rig::Arguments arguments(count, words, {{"calls", 100}, {"median_us", 5'000}});
  rig::Verdict verdict("two_writes", arguments.seed());
  rig::FixtureServer server({});
  test::RawClient client(server.port(), false);
  const std::string request = rig::ping();
  const size_t head = request.find("\r\n\r\n") + 4;
  std::vector<int64_t> times_us;
  for (uint64_t i = 0; i < arguments.get("calls"); ++i) {
    const Instant before = now();
    client.send(std::string_view(request).substr(0, head));
    client.send(std::string_view(request).substr(head));
    verdict.expect(client.read_answer().status == 200, "a call was not answered");
    times_us.push_back((now() - before).us);
  }
  const int64_t median = rig::percentile(times_us, 50);
  verdict.expect(median < static_cast<int64_t>(arguments.get("median_us")), "the median is " + rig::milliseconds(median) + " ms");
  return verdict.finish(std::to_string(times_us.size()) + " calls in two writes, median " + rig::milliseconds(median) + " ms, p99 " +
                        rig::milliseconds(rig::percentile(times_us, 99)) + " ms");
}

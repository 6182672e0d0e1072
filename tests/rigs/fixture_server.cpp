// The fixture's server, to be measured by other programs: prints its address and serves for some seconds.
//
//   fixture_server --port 0 --guard 1 --seconds 60
#include <cstdio>
#include <string>

#include "native/system.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

using namespace orthink;

int main(int count, char** words) {
  rig::Arguments arguments(count, words, {{"port", 0}, {"guard", 1}, {"seconds", 60}, {"connections", 1'024}});
  rig::FixtureServer server({.connections_max = arguments.get("connections"),
                             .is_guarded = arguments.get("guard") == 1,
                             .port = static_cast<uint16_t>(arguments.get("port"))});
  std::printf("http://127.0.0.1:%u/mcp\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  const Instant until = now() + Duration::seconds(static_cast<int64_t>(arguments.get("seconds")));
  wait_readable({}, until);
  std::printf("%lld us of processor, %lld kB resident\n", static_cast<long long>(server.cpu_us()), static_cast<long long>(server.resident_kb()));
  return 0;
}

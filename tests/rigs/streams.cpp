// Streams: many calls with progress at once; every event must come, and on time, while pings are answered.
//
//   streams --streams 10000 --events 15 --every_ms 1000 --ramp_ms 4000
//
// How late (p99) an event and an answer to a ping may be is said by --gap_ms and --ping_ms.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "native/system.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

using namespace orthink;

namespace {

constexpr int64_t kResidentMaxKb = 450 << 10;

struct Seen {
  uint64_t events = 0;
  uint64_t results = 0;
  std::vector<int64_t> gap_errors_us;
};

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

// Each event ends with the chunk it came in; one that is cut is put together.
void take(rig::Swarm::Client& client, std::string_view bytes, int64_t every_us, Seen& seen) {
  client.unseen += bytes;
  const size_t end = client.unseen.rfind("\n\n");
  if (end == std::string::npos) return;
  const std::string_view whole = std::string_view(client.unseen).substr(0, end + 2);
  const size_t events = count(whole, "notifications/progress");
  seen.results += count(whole, "counted");
  if (events > 0) {
    const Instant at = now();
    if (client.events > 0) seen.gap_errors_us.push_back(std::abs((at - client.event_at).us - every_us));
    client.event_at = at;
    client.events += events;
    seen.events += events;
  }
  client.unseen.erase(0, end + 2);
}

}  // namespace

int main(int argument_count, char** words) {
  rig::Arguments arguments(argument_count, words, {{"streams", 200}, {"events", 5}, {"every_ms", 100}, {"ramp_ms", 200}, {"gap_ms", 500}, {"ping_ms", 20}});
  rig::Verdict verdict("streams", arguments.seed());
  const uint64_t streams = arguments.get("streams"), events = arguments.get("events");
  const int64_t every_us = static_cast<int64_t>(arguments.get("every_ms")) * 1'000;
  const Duration ramp = Duration::millis(static_cast<int64_t>(arguments.get("ramp_ms")));
  const int64_t gap_max_us = static_cast<int64_t>(arguments.get("gap_ms")) * 1'000, ping_max_us = static_cast<int64_t>(arguments.get("ping_ms")) * 1'000;
  rig::FixtureServer server({.connections_max = streams + 100});
  rig::Swarm swarm(server.port());
  rig::Pinger pinger(server.port());
  Seen seen;
  const std::string request = rig::count_call(events, arguments.get("every_ms"));
  const Instant began = now();
  const auto on_bytes = [&](rig::Swarm::Client& client, std::string_view bytes) {
    take(client, bytes, every_us, seen);
    if (client.events >= events && client.unseen.find("0\r\n\r\n") != std::string::npos) swarm.drop(client);
  };
  uint64_t refused = 0;
  for (uint64_t i = 0; i < streams; ++i) {
    if (swarm.add(request) == nullptr) ++refused;
    swarm.run(began + Duration::micros(ramp.us * static_cast<int64_t>(i + 1) / static_cast<int64_t>(streams)), on_bytes);
  }
  int64_t resident_kb = server.resident_kb();
  const Instant patience = now() + Duration::micros(every_us * static_cast<int64_t>(events)) + Duration::seconds(30);
  while (swarm.open() > 0 && now() < patience) {
    swarm.run(now() + Duration::millis(250), on_bytes);
    resident_kb = std::max(resident_kb, server.resident_kb());
  }
  const int64_t took_ms = (now() - began).ms();
  const rig::Pinger::Times pings = pinger.stop();
  verdict.expect(refused == 0, std::to_string(refused) + " connections were not taken");
  verdict.expect(seen.events == streams * events, std::to_string(seen.events) + " events of " + std::to_string(streams * events));
  verdict.expect(seen.results == streams, std::to_string(seen.results) + " results of " + std::to_string(streams));
  verdict.expect(pings.lost == 0 && !pings.kept_us.empty(), "pings were lost");
  const int64_t late = seen.gap_errors_us.empty() ? 0 : rig::percentile(seen.gap_errors_us, 99);
  const int64_t fresh = rig::percentile(pings.fresh_us, 99), kept = rig::percentile(pings.kept_us, 99);
  verdict.expect(late <= gap_max_us, "events came " + rig::milliseconds(late) + " ms off their time (p99)");
  verdict.expect(fresh <= ping_max_us && kept <= ping_max_us, "ping p99 " + rig::milliseconds(fresh) + " / " + rig::milliseconds(kept) + " ms");
  verdict.expect(resident_kb <= kResidentMaxKb, std::to_string(resident_kb) + " kB resident");
  return verdict.finish(std::to_string(seen.events) + "/" + std::to_string(streams * events) + " events of " + std::to_string(streams) + " streams in " +
                        rig::milliseconds(took_ms) + " s, off time p99 " + rig::milliseconds(late) + " ms, ping p99 " + rig::milliseconds(fresh) +
                        " ms new, " + rig::milliseconds(kept) + " ms kept (" + std::to_string(pings.kept_us.size()) + " each), " +
                        std::to_string(resident_kb / 1'024) + " MB, " + rig::milliseconds(server.cpu_us() / 1'000) + " s of processor");
}

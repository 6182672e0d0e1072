// Drippers: clients that send one byte a second, and clients that never read their answer, while pings are answered; all are cut at their
// deadlines, and from the moment they are all there the server's memory grows no more, however long they drip.
//
//   drippers --drippers 1000 --readers 1000 --seconds 18
#include <algorithm>
#include <string>

#include "native/system.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

using namespace orthink;

namespace {

constexpr uint64_t kAnswerBytes = 200'000;  // more than the kernel keeps for a reader
constexpr int64_t kKbOfReader = 640;        // its answer, twice, and its thread
constexpr int64_t kGrowthMaxKb = 64 << 10;
constexpr size_t kAllAreThere = 5;          // seconds after the last has connected, on a busy machine too
constexpr int64_t kCreepMaxKb = 8 << 10;    // once all are there

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_instrumented = true;  // freed memory is kept back on purpose
#else
constexpr bool is_instrumented = false;
#endif

struct Cut {
  uint64_t count = 0;
  int64_t latest_ms = 0;
};

}  // namespace

int main(int argument_count, char** words) {
  rig::Arguments arguments(argument_count, words, {{"drippers", 50}, {"readers", 50}, {"seconds", 3}, {"ping_ms", 100}});
  rig::Verdict verdict("drippers", arguments.seed());
  const uint64_t drippers = arguments.get("drippers"), readers = arguments.get("readers");
  const Duration time = Duration::seconds(static_cast<int64_t>(arguments.get("seconds")));
  const int64_t ping_max_us = static_cast<int64_t>(arguments.get("ping_ms")) * 1'000;
  rig::FixtureServer server({.connections_max = drippers + readers + 100});
  rig::Swarm swarm(server.port());
  rig::Pinger pinger(server.port());
  const int64_t before_kb = server.resident_kb();
  const std::string head = rig::ping(), large = rig::large_call(kAnswerBytes);
  for (uint64_t i = 0; i < readers; ++i) verdict.expect(swarm.add(large, true) != nullptr, "a reader was not taken");
  for (uint64_t i = 0; i < drippers; ++i) verdict.expect(swarm.add(head.substr(0, 1)) != nullptr, "a dripper was not taken");
  Cut cut_drippers, cut_readers;
  const auto on_bytes = [&](rig::Swarm::Client& client, std::string_view bytes) {
    if (!bytes.empty()) return;
    Cut& cut = client.is_slow ? cut_readers : cut_drippers;
    ++cut.count;
    cut.latest_ms = std::max(cut.latest_ms, (now() - client.opened).ms());
  };
  int64_t peak_kb = before_kb, full_kb = 0;
  const Instant began = now();
  for (size_t byte = 1; now() < began + time && swarm.open() > 0; ++byte) {
    swarm.run(began + Duration::seconds(static_cast<int64_t>(byte)), on_bytes);
    peak_kb = std::max(peak_kb, server.resident_kb());
    if (byte == kAllAreThere) full_kb = peak_kb;
    for (const auto& client : swarm.clients()) {
      if (!client->is_slow) swarm.send(*client, std::string_view(head).substr(byte, 1));
    }
  }
  const rig::Pinger::Times pings = pinger.stop();
  const int64_t fresh = rig::percentile(pings.fresh_us, 99), kept = rig::percentile(pings.kept_us, 99);
  verdict.expect(pings.lost == 0, "pings were lost");
  verdict.expect(fresh <= ping_max_us && kept <= ping_max_us, "ping p99 " + rig::milliseconds(fresh) + " / " + rig::milliseconds(kept) + " ms");
  const int64_t allowed_kb = before_kb + kGrowthMaxKb + static_cast<int64_t>(readers) * kKbOfReader;
  if (!is_instrumented)
    verdict.expect(peak_kb <= allowed_kb, std::to_string(peak_kb) + " kB resident, " + std::to_string(allowed_kb) + " are allowed");
  if (!is_instrumented && full_kb > 0 && time >= Duration::seconds(16))
    verdict.expect(peak_kb <= full_kb + kCreepMaxKb, "memory crept from " + std::to_string(full_kb) + " to " + std::to_string(peak_kb) + " kB");
  if (time >= Duration::seconds(16)) {
    verdict.expect(cut_drippers.count == drippers && cut_drippers.latest_ms < 15'000, "drippers were not cut at their deadline");
    verdict.expect(cut_readers.count == readers, "readers were not cut at their deadline");
  }
  return verdict.finish(std::to_string(drippers) + " drippers (" + std::to_string(cut_drippers.count) + " cut, the last after " +
                        rig::milliseconds(cut_drippers.latest_ms) + " s), " + std::to_string(readers) + " slow readers (" +
                        std::to_string(cut_readers.count) + " cut, the last after " + rig::milliseconds(cut_readers.latest_ms) + " s), ping p99 " +
                        rig::milliseconds(fresh) + " ms new, " + rig::milliseconds(kept) + " ms kept, memory " + std::to_string(before_kb / 1'024) +
                        " MB before, " + std::to_string(full_kb / 1'024) + " with all of them, then at most " + std::to_string(peak_kb / 1'024) + " MB");
}

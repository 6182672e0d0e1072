// Decoding a stream from bytes to the assembled answer: CPU time per megabyte, memory, and a small run for instruction counts.
//
//   decode_bench                    50 MB, five rounds: CPU ms per MB, least and median
//   decode_bench --write FILE       the same stream to FILE and the lengths of its reads to FILE.reads (u32, little endian)
//   decode_bench --flat [MB]        one stream of 500 MB made on the way: peak memory beside the kept answer
//   decode_bench --small EVENTS     one round of so many events, for a count of instructions (subtract that of another size)
//
// The text decoded is checked against a hash of the text made; a difference ends the program with 1.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/chat/stream.h"
#include "tests/bench/stream_maker.h"

namespace orthink::bench {
namespace {

constexpr uint64_t kSeed = 20260822;
constexpr uint64_t kBytes = 50'000'000;
constexpr uint64_t kHashStart = 0xCBF29CE484222325;

struct Recorded {
  std::string bytes;
  std::vector<uint32_t> reads;
  uint64_t events = 0;
  uint64_t thinking_hash = 0;
  uint64_t output_hash = 0;
};

Recorded record(uint64_t bytes, uint64_t events_max = UINT64_MAX) {
  StreamMaker maker(kSeed, bytes);
  Recorded out;
  for (std::string_view read = maker.read(); !read.empty() && maker.events() <= events_max; read = maker.read()) {
    out.bytes += read;
    out.reads.push_back(static_cast<uint32_t>(read.size()));
  }
  out.events = maker.events();
  out.thinking_hash = maker.thinking_hash();
  out.output_hash = maker.output_hash();
  return out;
}

double cpu_ms() {
  return static_cast<double>(std::clock()) * 1'000 / CLOCKS_PER_SEC;
}

bool is_right(const ResponseReader& reader, const Ending& ending, uint64_t thinking_hash, uint64_t output_hash) {
  const Answer& answer = reader.answer();
  return !ending.error && ending.outcome == Outcome::answered && fnv1a(kHashStart, answer.thinking) == thinking_hash &&
         fnv1a(kHashStart, answer.output) == output_hash && answer.details.size() == 1 && answer.details.front().text == answer.thinking;
}

// CPU milliseconds of one decoding; negative when the answer is wrong. `deltas` counts what came out.
double decode(const Recorded& stream, uint64_t& deltas) {
  const double before = cpu_ms();
  ResponseReader reader(ResponseReader::Form::sse);
  const char* at = stream.bytes.data();
  for (uint32_t size : stream.reads) {
    reader.feed({at, size});
    deltas += reader.deltas().size();
    at += size;
  }
  const Ending ending = reader.finish();
  const double took = cpu_ms() - before;
  return is_right(reader, ending, stream.thinking_hash, stream.output_hash) ? took : -1;
}

int time_it() {
  const Recorded stream = record(kBytes);
  const double megabytes = static_cast<double>(stream.bytes.size()) / 1e6;
  std::printf("stream: %.1f MB, %llu events of %.0f bytes, %zu reads, seed %llu\n", megabytes, static_cast<unsigned long long>(stream.events),
              static_cast<double>(stream.bytes.size()) / static_cast<double>(stream.events), stream.reads.size(), static_cast<unsigned long long>(kSeed));
  std::vector<double> rounds;
  for (int i = 0; i < 5; ++i) {
    uint64_t deltas = 0;
    const double took = decode(stream, deltas);
    if (took < 0) {
      std::printf("the decoded text differs from the text made\n");
      return 1;
    }
    rounds.push_back(took / megabytes);
  }
  std::sort(rounds.begin(), rounds.end());
  std::printf("native: least %.3f, median %.3f CPU ms per MB; text hash %016llx\n", rounds.front(), rounds[2],
              static_cast<unsigned long long>(stream.thinking_hash ^ stream.output_hash));
  return 0;
}

int write_it(const char* path) {
  const Recorded stream = record(kBytes);
  std::ofstream(path, std::ios::binary).write(stream.bytes.data(), static_cast<std::streamsize>(stream.bytes.size()));
  std::ofstream reads(std::string(path) + ".reads", std::ios::binary);
  reads.write(reinterpret_cast<const char*>(stream.reads.data()), static_cast<std::streamsize>(stream.reads.size() * sizeof(uint32_t)));
  return reads.good() ? 0 : 1;
}

int flat(uint64_t megabytes) {
  StreamMaker maker(kSeed, megabytes * 1'000'000);
  ResponseReader reader(ResponseReader::Form::sse);
  for (std::string_view read = maker.read(); !read.empty(); read = maker.read()) reader.feed(read);
  const Ending ending = reader.finish();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double peak = static_cast<double>(usage.ru_maxrss) * 1'024 / 1e6;
  const double kept = static_cast<double>(reader.answer().kept_bytes()) / 1e6;
  std::printf("flat: %.0f MB decoded, peak %.1f MB, kept answer %.1f MB, beside it %.1f MB\n", static_cast<double>(maker.made()) / 1e6, peak, kept, peak - kept);
  if (!is_right(reader, ending, maker.thinking_hash(), maker.output_hash())) return 1;
  return peak - kept < 32 ? 0 : 1;
}

int small(uint64_t events) {
  const Recorded stream = record(kBytes, events);
  ResponseReader reader(ResponseReader::Form::sse);
  const char* at = stream.bytes.data();
  for (uint32_t size : stream.reads) {
    reader.feed({at, size});
    at += size;
  }
  std::printf("small: %llu events, %zu bytes of thinking\n", static_cast<unsigned long long>(events), reader.answer().thinking.size());
  return 0;
}

int run(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "--write" && argc > 2) return write_it(argv[2]);
  if (mode == "--flat") return flat(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 500);
  if (mode == "--small" && argc > 2) return small(std::strtoull(argv[2], nullptr, 10));
  if (mode.empty()) return time_it();
  std::printf("usage: decode_bench [--write FILE | --flat [MB] | --small EVENTS]\n");
  return 2;
}

}  // namespace
}  // namespace orthink::bench

int main(int argc, char** argv) {
  return orthink::bench::run(argc, argv);
}

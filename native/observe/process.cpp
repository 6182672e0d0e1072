#include "native/observe/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "native/system.h"

namespace orthink::observe {
namespace {

constexpr size_t kStatmBytesMax = 4096;

// The second number of /proc/self/statm: resident pages.
std::optional<int64_t> resident_bytes() {
  const Result<std::string> text = read_file("/proc/self/statm", kStatmBytesMax);
  const size_t space = text ? text->find(' ') : std::string::npos;
  if (space == std::string::npos) return std::nullopt;
  int64_t pages = 0;
  const char* end = text->data() + text->size();
  if (std::from_chars(text->data() + space + 1, end, pages).ec != std::errc{}) return std::nullopt;
  return pages * ::sysconf(_SC_PAGESIZE);
}

std::optional<int64_t> open_files() {
  std::error_code failed;
  std::filesystem::directory_iterator at("/proc/self/fd", failed);
  int64_t count = 0;
  for (; !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) ++count;
  if (failed) return std::nullopt;
  return count - 1;  // the one that reads the folder
}

std::optional<Duration> cpu_time() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
  const auto micros = [](const timeval& t) { return static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_usec; };
  return Duration::micros(micros(usage.ru_utime) + micros(usage.ru_stime));
}

}  // namespace

ProcessFacts process_facts() {
  return {resident_bytes(), open_files(), cpu_time()};
}

}  // namespace orthink::observe

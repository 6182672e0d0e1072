// Invariant: whatever bytes come as the head of a request, the answer is the same whole and byte by byte, a head that is taken names one
// host and holds printable ASCII alone, and nothing that frames a body is left for a second reader.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "native/serve/head/request_head.h"

using orthink::serve::HeadScan;

namespace {

struct Outcome {
  HeadScan::State state = HeadScan::State::incomplete;
  size_t end = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome look(std::string_view bytes, size_t step) {
  HeadScan scan;
  Outcome outcome;
  for (size_t at = std::min(step, bytes.size()); outcome.state == HeadScan::State::incomplete; at = std::min(at + step, bytes.size())) {
    outcome.state = scan.look(bytes.substr(0, at), {});
    if (at == bytes.size()) break;
  }
  outcome.end = scan.end();
  return outcome;
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c != '\t' && (c < 0x20 || c > 0x7e)) return false;
  }
  return true;
}

void check(const orthink::serve::RequestHead& head) {
  if (head.host.empty() || head.path.empty() || head.path.front() != '/') std::abort();
  if (!is_plain(head.method) || !is_plain(head.path) || !is_plain(head.query)) std::abort();
  for (const auto& line : head.headers) {
    if (line.name.empty() || !is_plain(line.name) || !is_plain(line.value)) std::abort();
  }
  for (const char* name : {"Transfer-Encoding", "Upgrade", "TE", "Connection"}) {
    if (!head.find(name).empty()) std::abort();
  }
  if (head.content_length > 0 && head.method != "POST" && head.method != "PUT" && head.method != "PATCH") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const Outcome whole = look(bytes, bytes.size());
  const Outcome single = look(bytes, 1);
  if (whole.state != single.state || (whole.state == HeadScan::State::whole && whole.end != single.end)) std::abort();
  orthink::serve::RequestHead head;
  // What was not scanned must be safe to parse as well.
  if (!orthink::serve::parse_head(bytes, {}, head)) check(head);
  if (whole.state == HeadScan::State::whole && !orthink::serve::parse_head(bytes.substr(0, whole.end), {}, head)) check(head);
  return 0;
}

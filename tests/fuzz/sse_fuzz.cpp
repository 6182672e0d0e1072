// Invariant: whatever bytes come, framing gives the same events whole, byte by byte and cut anywhere, stays inside its buffer, and
// each event's data is followed by a control byte.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "orthink/wire/sse.h"
#include "tests/support/slicer.h"

namespace {

std::string read(const orthink::test::Slices& slices) {
  orthink::SseReader reader(2'000);
  orthink::SseEvent event;
  std::string out;
  for (std::string_view slice : slices) {
    reader.feed(slice);
    while (reader.next(event)) {
      if (static_cast<unsigned char>(*(event.data.data() + event.data.size())) >= 0x20) std::abort();
      out.append(event.type).append("\x01").append(event.data).append("\x02");
    }
  }
  out += std::to_string(reader.comments()) + (reader.overflowed() ? "overflow" : "");
  return out + (reader.finish() ? "inside" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string whole = read(orthink::test::slices_whole(text));
  if (read(orthink::test::slices_bytes(text)) != whole) std::abort();
  if (read(orthink::test::slices_seeded(text, size, 32)) != whole) std::abort();
  return 0;
}

// Invariant: whatever bytes come as a response body, decoding ends in an answer or an error, the same one under every cut, and
// the texts it gives out are UTF-8.
#include <cstdint>
#include <cstdlib>

#include "orthink/wire/json.h"
#include "tests/support/slicer.h"
#include "tests/support/transcript.h"

using namespace orthink;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const test::Decoded whole = test::decode(test::slices_whole(body));
  if (test::transcript(test::slices_bytes(body)) != whole.transcript) std::abort();
  if (test::transcript(test::slices_seeded(body, size, 64)) != whole.transcript) std::abort();
  std::string quoted;
  for (const std::string* text : {&whole.answer.thinking, &whole.answer.output, &whole.answer.refusal}) {
    quoted.clear();
    json::write_string(quoted, *text);
    if (!json::parse(quoted)) std::abort();
  }
  return 0;
}

// Invariant: whatever comes as a question document is planned or refused with a reason; a plan's body is valid JSON, and planning
// it again gives the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"
#include "orthink/wire/json.h"

using namespace orthink;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Ask> ask = parse_ask(text);
  if (!ask) {
    if (ask.error().message.empty() || ask.error().remedy.empty()) std::abort();
    return 0;
  }
  PrepareOptions options;
  options.now = Instant::from_ms(1'787'400'000'000);
  const std::string document = plan_document(*ask, Catalog::snapshot(), options);
  if (!json::parse(document) || plan_document(*ask, Catalog::snapshot(), options) != document) std::abort();
  const Result<Prepared> prepared = prepare(*ask, Catalog::snapshot(), options);
  if (prepared && !json::parse(prepared->body)) std::abort();
  return 0;
}

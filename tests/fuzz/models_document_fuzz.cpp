// Invariant: whatever bytes claim to be a models document or a compact catalogue, they are refused, or read into rows that survive
// their compact form unchanged; and every row plans every kind of setting without breaking the rules of a plan.
//
// The first byte chooses: a whole document, the text of one row, or the compact form.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/think/plan.h"

using namespace orthink;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void plan_all(const ModelCard& card) {
  for (const char* text : {"default", "off", "minimal", "high", "max", "1", "8k", "0.01usd"}) {
    for (const bool is_lenient : {false, true}) {
      ThinkRequest request;
      request.setting = *parse_setting(text);
      request.is_lenient = is_lenient;
      const Result<ThinkPlan> plan = plan_thinking(card, request);
      if (!plan) {
        must(!plan.error().message.empty());
        (void)nearest_thinking(card, request);
        continue;
      }
      const ReasoningField& r = plan->reasoning;
      must(!(r.effort && r.max_tokens));
      must(!(card.thinking.is_mandatory && (r.enabled == false || r.effort == Effort::none)));
      must(!r.max_tokens || *r.max_tokens < plan->output_cap_tokens);
      must(plan->output_cap_tokens > 0);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool is_compact = data[0] % 4 == 0;
  const bool is_row = data[0] % 4 == 1;
  const Result<Catalog> catalog = is_compact ? Catalog::from_compact(text)
                                             : Catalog::from_models_document(is_row ? "{\"data\":[" + text + "]}" : text, Instant::from_ms(1));
  if (!catalog) return 0;
  const Result<Catalog> again = Catalog::from_compact(catalog->to_compact());
  must(again.ok() && again->to_compact() == catalog->to_compact());
  const std::vector<ModelCard> cards = catalog->all();
  must(is_compact || cards.size() == catalog->size());
  for (size_t i = 0; i < cards.size() && i < 20; ++i) {
    must(is_compact || catalog->find(cards[i].id).has_value());
    if (cards[i].price.is_known()) (void)dearest(cards[i].price, {.prompt_tokens = 1000, .output_tokens = 1000, .from = Instant::from_ms(1), .until = Instant::from_ms(2)});
    plan_all(cards[i]);
  }
  (void)catalog->suggest(std::string_view(text).substr(0, 40));
  return 0;
}

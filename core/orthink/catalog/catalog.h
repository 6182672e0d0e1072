// The catalogue: one ModelCard per row of GET /models, with what is true of its thinking.
//
//   Result<Catalog> catalog = Catalog::from_models_document(bytes, fetched_at);
//   const ModelCard* card = catalog->find("anthropic/claude-haiku-4.5");
//
// Capability truth comes from the row's `reasoning` object; where it is silent, from family rules (catalog/family.h,
// OpenRouter's documentation). A compact text form (one line a row) is what the cache file and the compiled-in snapshot hold.
// Thread rule: const members may be called from several threads. Views die with the Catalog.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/catalog/effort.h"
#include "orthink/cost/price.h"

namespace orthink {

enum class Control : uint8_t {
  effort,    // levels
  budget,    // a number of thinking tokens
  adaptive,  // the model decides; levels steer it; a budget is ignored
  toggle,    // on or off, nothing between
  always,    // thinks always, nothing to set
  none,      // no thinking
};
std::string_view name(Control control);

enum class ThinkingDefault : uint8_t { on, off, unknown };
std::string_view name(ThinkingDefault value);

// Request parameters a family refuses or ignores while it thinks (OpenRouter's documentation).
enum class Sampling : uint8_t { temperature, top_p, top_k, penalties, logprobs, logit_bias, stop, forced_tool_choice, prefill };
using SamplingSet = uint16_t;
constexpr SamplingSet bit(Sampling s) { return static_cast<SamplingSet>(1U << static_cast<unsigned>(s)); }

struct ThinkingTraits {
  Control control = Control::none;
  EffortSet efforts;                       // levels the row accepts (none included when it is one)
  bool has_effort_list = false;            // the row itself lists them
  std::optional<Effort> default_effort;
  ThinkingDefault thinks_by_default = ThinkingDefault::unknown;
  bool is_mandatory = false;               // by the row or by the family: off cannot be had
  bool takes_budget = false;               // reasoning.max_tokens is honoured
  bool has_object = false;                 // the row carries a `reasoning` object
  bool lists_parameter = false;            // "reasoning" in supported_parameters
  bool contradicts_itself = false;         // object and parameters disagree
  uint64_t budget_min_tokens = 0;          // where takes_budget
  uint64_t budget_max_tokens = 0;          // 0 = only the output cap limits it
  SamplingSet forbidden = 0;               // while thinking
  SamplingSet forbidden_by_budget = 0;     // besides, where a budget is sent
  SamplingSet forbidden_always = 0;        // even with thinking off
  bool hides_text = false;                 // no readable thinking comes back (encrypted or nothing)
  uint16_t prompt_permille = 1000;         // tokens of this family per o200k token in thousandths, for the bound; 0 = unknown family
};

enum class Capability : uint8_t { vision, tools, json, files, audio, structured, web };
std::string_view name(Capability capability);
std::optional<Capability> parse_capability(std::string_view text);

struct ModelCard {
  std::string id;
  std::string canonical_slug;
  std::string alias_target;              // "~author/family-latest" rows; else empty
  std::string name;
  std::string provider;                  // the part before '/', without '~'
  std::optional<uint64_t> context_tokens;
  std::optional<uint64_t> output_max_tokens;
  bool caps_by_max_tokens = false;             // supported_parameters lists max_tokens
  bool caps_by_max_completion_tokens = false;  // ... max_completion_tokens
  uint16_t capabilities = 0;             // bits of Capability
  uint64_t parameters = 0;               // bits of catalog/parameters.h: what supported_parameters lists
  std::string expires_on;                // "YYYY-MM-DD", empty = none ("2098-12-31" counts as none)
  bool is_router = false;                // openrouter/auto and such
  ThinkingTraits thinking;
  PriceCard price;

  [[nodiscard]] bool has(Capability c) const { return (capabilities >> static_cast<unsigned>(c) & 1U) != 0; }
};

class Catalog {
 public:
  Catalog() = default;
  // The whole GET /models document ({"data":[...]}); bad rows are left out and counted.
  static Result<Catalog> from_models_document(std::string_view json, Instant fetched_at);
  // The compact text of to_compact(); rows are decoded when asked for, one that cannot be read is as if absent.
  static Result<Catalog> from_compact(std::string text);
  // The facts compiled in; `fetched_at` is the day of the dump. Serves planning, the simulator and the page.
  static const Catalog& snapshot();

  [[nodiscard]] std::string to_compact() const;

  // By id, then by the canonical_slug of the row whose id has no ':' suffix and is no alias; a dated slug such as
  // "anthropic/claude-4.5-haiku-20251001" is found that way. Nothing when unknown.
  [[nodiscard]] std::optional<ModelCard> find(std::string_view id) const;
  [[nodiscard]] std::vector<ModelCard> all() const;
  // Up to three ids close to a mistyped one, never that one itself.
  [[nodiscard]] std::vector<std::string> suggest(std::string_view id) const;

  [[nodiscard]] size_t size() const;
  [[nodiscard]] size_t rejected_rows() const { return rejected_rows_; }
  [[nodiscard]] Instant fetched_at() const { return fetched_at_; }
  [[nodiscard]] bool is_snapshot() const { return is_snapshot_; }

 private:
  [[nodiscard]] std::string_view text() const;

  std::string text_;                   // the compact form; empty for the snapshot, whose text is compiled in
  size_t rejected_rows_ = 0;
  Instant fetched_at_;
  bool is_snapshot_ = false;
};

}  // namespace orthink

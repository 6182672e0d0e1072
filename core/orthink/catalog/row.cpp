// The compact line, eleven fields parted by tabs; an empty field is an absent one:
//
//   id  canonical  alias  name  context  output-max  parameters(hex)  flags  expires  reasoning  prices[|override]...
//
//   flags      i image, f file, a audio input; R router
//   reasoning  o optional or m mandatory, + or - thinks by default, b takes max_tokens, eXX effort bits, dN default effort
//   prices     a letter per price and its pico-dollars: p600000c2400000; w83334~666666 is rounded up by .666666 of one;
//              V the price depends
//   override   >N prompt longer than N, @N from and <N until HHMM, dXX days, ? an unreadable condition, then prices
//
// An empty canonical slug is the id itself.
#include "orthink/catalog/row.h"

#include <charconv>

#include "orthink/catalog/parameters.h"

namespace orthink {

namespace {

constexpr std::string_view kPriceLetters = "pcrwhnqsitoauk";
static_assert(kPriceLetters.size() == kPriceKeys);

void put(std::string& out, uint64_t n, int base = 10) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, n, base).ptr);
}

void put_prices(std::string& out, const Prices& prices) {
  for (size_t i = 0; i < kPriceKeys; ++i) {
    const std::optional<Money> price = prices.get(static_cast<PriceKey>(i));
    if (!price) continue;
    out += kPriceLetters[i];
    put(out, static_cast<uint64_t>(price->pico));
    if (const uint32_t excess = prices.excess(static_cast<PriceKey>(i)); excess != 0) put(out += '~', excess);
  }
}

void put_override(std::string& out, const PriceOverride& o) {
  out += '|';
  if (o.min_prompt_tokens) put(out += '>', *o.min_prompt_tokens);
  if (o.utc_start) put(out += '@', *o.utc_start);
  if (o.utc_end) put(out += '<', *o.utc_end);
  if (o.utc_days != 0x7f) put(out += 'd', o.utc_days, 16);
  if (o.has_unknown_condition) out += '?';
  out += ':';
  put_prices(out, o.prices);
}

void put_reasoning(std::string& out, const ReasoningFacts& r) {
  if (!r.has_object) return;
  out += r.is_mandatory ? 'm' : 'o';
  if (r.default_enabled) out += *r.default_enabled ? '+' : '-';
  if (r.supports_max_tokens) out += 'b';
  if (r.efforts) put(out += 'e', r.efforts->bits() | 0x80U, 16);  // the high bit keeps it at two digits
  if (r.default_effort) put(out += 'd', static_cast<uint64_t>(*r.default_effort));
}

// Reads a line from left to right. A failed read leaves is_good false and everything after it empty.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::string_view field(char end) {
    const size_t at = rest_.find(end);
    const std::string_view text = rest_.substr(0, at);
    rest_ = at == rest_.npos ? std::string_view{} : rest_.substr(at + 1);
    return text;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  uint64_t number(int base = 10, size_t digits_max = 20) {
    const std::string_view text = rest_.substr(0, digits_max);
    uint64_t n = 0;
    const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), n, base);
    if (errc != std::errc{}) is_good = false;
    rest_.remove_prefix(static_cast<size_t>(end - text.data()));
    return n;
  }
  [[nodiscard]] bool is_done() const { return rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void drop() { rest_.remove_prefix(1); }

  bool is_good = true;

 private:
  std::string_view rest_;
};

bool read_prices(Reader& in, Prices& prices) {
  while (!in.is_done()) {
    const size_t key = kPriceLetters.find(in.peek());
    if (key == kPriceLetters.npos) return false;
    in.drop();
    const uint64_t pico = in.number();
    const uint64_t excess = in.take('~') ? in.number() : 0;
    if (!in.is_good || pico > INT64_MAX || excess >= 1'000'000 || (pico == 0 && excess != 0)) return false;
    prices.set(static_cast<PriceKey>(key), Money{static_cast<int64_t>(pico)}, static_cast<uint32_t>(excess));
  }
  return true;
}

bool read_override(std::string_view text, PriceOverride& o) {
  Reader in(text);
  if (in.take('>')) o.min_prompt_tokens = in.number();
  if (in.take('@')) o.utc_start = static_cast<uint16_t>(in.number());
  if (in.take('<')) o.utc_end = static_cast<uint16_t>(in.number());
  if (in.take('d')) o.utc_days = static_cast<uint8_t>(in.number(16));
  o.has_unknown_condition = in.take('?');
  return in.take(':') && in.is_good && read_prices(in, o.prices);
}

bool read_price_field(std::string_view text, PriceCard& card) {
  Reader parts(text);
  Reader base(parts.field('|'));
  card.is_variable = base.take('V');
  if (!read_prices(base, card.base)) return false;
  while (!parts.is_done()) {
    PriceOverride o;
    if (!read_override(parts.field('|'), o)) return false;
    card.overrides.push_back(o);
  }
  return true;
}

bool read_reasoning_field(std::string_view text, ReasoningFacts& r) {
  if (text.empty()) return true;
  Reader in(text);
  r.has_object = true;
  r.is_mandatory = in.take('m');
  if (!r.is_mandatory && !in.take('o')) return false;
  if (in.take('+')) r.default_enabled = true;
  else if (in.take('-')) r.default_enabled = false;
  r.supports_max_tokens = in.take('b');
  if (in.take('e')) r.efforts = EffortSet::from_bits(static_cast<uint8_t>(in.number(16, 2) & 0x7f));
  if (in.take('d')) {
    const uint64_t effort = in.number(10, 1);
    if (effort >= kEfforts) return false;
    r.default_effort = static_cast<Effort>(effort);
  }
  return in.is_good && in.is_done();
}

// A number of tokens, or nothing for an empty field; is_good turns false for what is neither.
std::optional<uint64_t> read_tokens(std::string_view text, bool& is_good) {
  if (text.empty()) return std::nullopt;
  Reader in(text);
  const uint64_t tokens = in.number();
  is_good = is_good && in.is_good && in.is_done() && tokens > 0;
  return tokens;
}

void read_flags(std::string_view text, RowFacts& row) {
  unsigned modalities = 0;
  for (char c : text) {
    if (c == 'i') modalities |= static_cast<unsigned>(Modality::image);
    if (c == 'f') modalities |= static_cast<unsigned>(Modality::file);
    if (c == 'a') modalities |= static_cast<unsigned>(Modality::audio);
    row.is_router = row.is_router || c == 'R';
  }
  row.modalities = static_cast<uint8_t>(modalities);
}

uint16_t capabilities_of(const RowFacts& row) {
  unsigned bits = 0;
  auto add = [&](Capability c, bool has) { bits |= has ? 1U << static_cast<unsigned>(c) : 0U; };
  add(Capability::vision, (row.modalities & static_cast<unsigned>(Modality::image)) != 0);
  add(Capability::files, (row.modalities & static_cast<unsigned>(Modality::file)) != 0);
  add(Capability::audio, (row.modalities & static_cast<unsigned>(Modality::audio)) != 0);
  add(Capability::tools, lists_parameter(row.parameters, "tools"));
  add(Capability::json, lists_parameter(row.parameters, "response_format"));
  add(Capability::structured, lists_parameter(row.parameters, "structured_outputs"));
  add(Capability::web, lists_parameter(row.parameters, "web_search_options"));
  return static_cast<uint16_t>(bits);
}

}  // namespace

std::string row_line(const RowFacts& row) {
  std::string out = row.id + '\t';
  if (row.canonical_slug != row.id) out += row.canonical_slug;
  out += '\t' + row.alias_target + '\t' + row.name + '\t';
  if (row.context_tokens) put(out, *row.context_tokens);
  out += '\t';
  if (row.output_max_tokens) put(out, *row.output_max_tokens);
  put(out += '\t', row.parameters, 16);
  out += '\t';
  if ((row.modalities & static_cast<unsigned>(Modality::image)) != 0) out += 'i';
  if ((row.modalities & static_cast<unsigned>(Modality::file)) != 0) out += 'f';
  if ((row.modalities & static_cast<unsigned>(Modality::audio)) != 0) out += 'a';
  if (row.is_router) out += 'R';
  out += '\t' + row.expires_on + '\t';
  put_reasoning(out, row.reasoning);
  out += '\t';
  if (row.price.is_variable) out += 'V';
  put_prices(out, row.price.base);
  for (const PriceOverride& o : row.price.overrides) put_override(out, o);
  return out;
}

std::optional<RowFacts> parse_row_line(std::string_view line) {
  Reader in(line);
  RowFacts row;
  bool is_good = true;
  row.id = in.field('\t');
  row.canonical_slug = in.field('\t');
  if (row.canonical_slug.empty()) row.canonical_slug = row.id;
  row.alias_target = in.field('\t');
  row.name = in.field('\t');
  row.context_tokens = read_tokens(in.field('\t'), is_good);
  row.output_max_tokens = read_tokens(in.field('\t'), is_good);
  row.parameters = Reader(in.field('\t')).number(16);
  read_flags(in.field('\t'), row);
  row.expires_on = in.field('\t');
  const std::string_view reasoning = in.field('\t');
  row.reasoning.lists_parameter = lists_parameter(row.parameters, "reasoning");
  if (!is_good || row.id.empty() || !read_reasoning_field(reasoning, row.reasoning) || !read_price_field(in.field('\t'), row.price)) return std::nullopt;
  return row;
}

ModelCard make_card(RowFacts row) {
  ModelCard card;
  std::string_view provider = row.id;
  if (provider.starts_with('~')) provider.remove_prefix(1);
  card.provider = provider.substr(0, provider.find('/'));
  card.thinking = thinking_traits(row.alias_target.empty() ? row.id : row.alias_target, row.is_router, row.reasoning);
  card.capabilities = capabilities_of(row);
  card.context_tokens = row.context_tokens;
  card.output_max_tokens = row.output_max_tokens;
  card.parameters = row.parameters;
  card.caps_by_max_tokens = lists_parameter(row.parameters, "max_tokens");
  card.caps_by_max_completion_tokens = lists_parameter(row.parameters, "max_completion_tokens");
  card.is_router = row.is_router;
  card.id = std::move(row.id);
  card.canonical_slug = std::move(row.canonical_slug);
  card.alias_target = std::move(row.alias_target);
  card.name = std::move(row.name);
  card.expires_on = std::move(row.expires_on);
  card.price = std::move(row.price);
  return card;
}

}  // namespace orthink

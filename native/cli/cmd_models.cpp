#include <algorithm>

#include "native/catalogue_cache.h"
#include "native/cli/answer_text.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/key.h"
#include "native/system.h"
#include "orthink/chat/ask.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr Capability kCapabilities[] = {Capability::vision, Capability::tools,      Capability::json, Capability::files,
                                        Capability::audio,  Capability::structured, Capability::web};

std::optional<Money> per_million(const ModelCard& card, PriceKey key) {
  std::optional<Money> price = card.price.is_known() ? card.price.base.get(key) : std::nullopt;
  return price ? std::optional(price->times(kMillion)) : std::nullopt;
}

std::vector<std::string_view> capabilities_of(const ModelCard& card) {
  std::vector<std::string_view> names;
  for (Capability capability : kCapabilities)
    if (card.has(capability)) names.push_back(name(capability));
  return names;
}

std::vector<std::string_view> efforts_of(const ModelCard& card) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kEfforts; ++i)
    if (card.thinking.efforts.has(static_cast<Effort>(i))) names.push_back(name(static_cast<Effort>(i)));
  return names;
}

void write_list(json::Writer& out, const std::vector<std::string_view>& names) {
  out.array();
  for (std::string_view name : names) out.string(name);
  out.end();
}

void write_usd(json::Writer& out, const std::optional<Money>& money) {
  if (money)
    out.string(money->to_decimal());
  else
    out.null();
}

void write_model(json::Writer& out, const ModelCard& card) {
  out.object().key("id").string(card.id).key("name").string(card.name);
  out.key("context_tokens").number_or_null(card.context_tokens).key("output_max_tokens").number_or_null(card.output_max_tokens);
  out.key("input_usd_per_m");
  write_usd(out, per_million(card, PriceKey::prompt));
  out.key("output_usd_per_m");
  write_usd(out, per_million(card, PriceKey::completion));
  out.key("capabilities");
  write_list(out, capabilities_of(card));
  out.key("thinking").object().key("control").string(name(card.thinking.control)).key("efforts");
  write_list(out, efforts_of(card));
  out.key("mandatory").boolean(card.thinking.is_mandatory).key("default").string(name(card.thinking.thinks_by_default)).end().end();
}

std::string models_document(const std::vector<ModelCard>& cards) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("models").array();
  for (const ModelCard& card : cards) write_model(out, card);
  return out.end().end().take();
}

struct Filter {
  std::string_view provider;
  std::optional<Money> max_price;  // output, per million
  bool is_reasoning = false;
  std::vector<Capability> capabilities;

  [[nodiscard]] bool passes(const ModelCard& card) const {
    if (!provider.empty() && card.provider != provider) return false;
    if (is_reasoning && card.thinking.control == Control::none) return false;
    std::optional<Money> output = per_million(card, PriceKey::completion);
    if (max_price && (!output || *output > *max_price)) return false;
    return std::all_of(capabilities.begin(), capabilities.end(), [&card](Capability c) { return card.has(c); });
  }
};

Filter filter_of(const Typed& typed) {
  Filter filter;
  filter.provider = typed.text(Flag::provider).value_or("");
  if (auto text = typed.text(Flag::max_price)) filter.max_price = Money::parse(*text).value();
  filter.is_reasoning = typed.has(Flag::reasoning);
  std::string list(typed.text(Flag::cap).value_or(""));
  std::replace(list.begin(), list.end(), ',', ' ');
  for (std::string_view word : words_of(list))
    if (auto capability = parse_capability(word)) filter.capabilities.push_back(*capability);
  return filter;
}

void sort_cards(std::vector<ModelCard>& cards, std::string_view by) {
  auto price = [](const ModelCard& card, PriceKey key) { return per_million(card, key).value_or(Money::max()); };
  std::stable_sort(cards.begin(), cards.end(), [](const ModelCard& a, const ModelCard& b) { return a.id < b.id; });
  if (by == "price")
    std::stable_sort(cards.begin(), cards.end(), [&price](const ModelCard& a, const ModelCard& b) {
      Money a_out = price(a, PriceKey::completion);
      Money b_out = price(b, PriceKey::completion);
      return a_out != b_out ? a_out < b_out : price(a, PriceKey::prompt) < price(b, PriceKey::prompt);
    });
  if (by == "context")
    std::stable_sort(cards.begin(), cards.end(),
                     [](const ModelCard& a, const ModelCard& b) { return a.context_tokens.value_or(0) > b.context_tokens.value_or(0); });
}

// "1.05", "0.0712", "15.00": two to four decimals.
std::string price_text(const std::optional<Money>& money) {
  if (!money) return "?";
  std::string text = money->to_decimal();
  if (text.find('.') == std::string::npos) text += '.';
  size_t dot = text.find('.');
  text.resize(std::clamp(text.size(), dot + 3, dot + 5), '0');
  return text;
}

// The same with the points under each other.
std::string price_cell(const std::optional<Money>& money) {
  std::string text = price_text(money);
  size_t dot = text.find('.');
  return dot == std::string::npos ? text + "     " : text + std::string(dot + 5 - text.size(), ' ');
}

std::string count_text(const std::optional<uint64_t>& count) {
  return count ? short_count(*count) : "?";
}

std::string thinking_text(const ModelCard& card) {
  const ThinkingTraits& thinking = card.thinking;
  std::string out(name(thinking.control));
  if (!thinking.efforts.empty() && thinking.control != Control::none) out += ": " + thinking.efforts.to_text();
  if (thinking.is_mandatory) out += ", mandatory";
  return out;
}

std::string left(std::string_view text, size_t width) {
  return std::string(text) + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

std::string right(std::string_view text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string(text);
}

// One to eight eighths of a cell: the output price on a scale that doubles.
std::string price_bar(const std::optional<Money>& output) {
  constexpr int64_t kSmallest = 50'000'000'000;  // $0.05 per million
  if (!output) return " ";
  int eighths = 1;
  for (int64_t step = kSmallest; eighths < 8 && output->pico > step; step *= 3) ++eighths;
  return {'\xe2', '\x96', static_cast<char>(0x80 + eighths)};
}

void print_table(Printer& printer, const std::vector<ModelCard>& cards) {
  size_t id_width = 5;
  size_t in_width = 6;
  size_t out_width = 7;
  for (const ModelCard& card : cards) {
    id_width = std::max(id_width, card.id.size());
    in_width = std::max(in_width, price_cell(per_million(card, PriceKey::prompt)).size());
    out_width = std::max(out_width, price_cell(per_million(card, PriceKey::completion)).size());
  }
  printer.line(printer.styled_out(Style::bold, left("MODEL", id_width) + "  CONTEXT    CAP  " + right("IN $/M", in_width) + "  " +
                                                   right("OUT $/M", out_width) + "    THINKING"));
  for (const ModelCard& card : cards) {
    std::optional<Money> output = per_million(card, PriceKey::completion);
    printer.line(left(harmless(card.id), id_width) + "  " + right(count_text(card.context_tokens), 7) + "  " +
                 right(count_text(card.output_max_tokens), 5) + "  " + right(price_cell(per_million(card, PriceKey::prompt)), in_width) +
                 "  " + right(price_cell(output), out_width) + " " + printer.styled_out(Style::green, price_bar(output)) + "  " +
                 printer.styled_out(card.thinking.control == Control::none ? Style::dim : Style::plain, thinking_text(card)));
    if (printer.gone()) return;
  }
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out.empty() ? "none" : out;
}

void print_card(Printer& printer, const ModelCard& card) {
  const ThinkingTraits& thinking = card.thinking;
  auto row = [&printer](std::string_view what, const std::string& value) { printer.line("  " + left(what, 14) + value); };
  printer.line(printer.styled_out(Style::bold, harmless(card.id)) + "  " + harmless(card.name));
  row("context", count_text(card.context_tokens) + " tokens");
  row("output cap", count_text(card.output_max_tokens) + " tokens");
  row("price", "$" + price_text(per_million(card, PriceKey::prompt)) + " in, $" + price_text(per_million(card, PriceKey::completion)) +
                   " out per million tokens" + (card.price.overrides.empty() ? "" : "; other prices for long prompts or hours of the day"));
  row("capabilities", joined(capabilities_of(card)));
  row("thinking", thinking_text(card));
  if (thinking.takes_budget)
    row("budget", "from " + grouped(thinking.budget_min_tokens) +
                      (thinking.budget_max_tokens > 0 ? " to " + grouped(thinking.budget_max_tokens) : "") + " tokens");
  if (thinking.control != Control::none)
    row("by default", std::string(name(thinking.thinks_by_default)) +
                          (thinking.default_effort ? ", " + std::string(name(*thinking.default_effort)) : ""));
  if (thinking.hides_text) row("text", "the thinking is not returned in readable form");
  if (thinking.contradicts_itself) row("note", "the row contradicts itself: asking for thinking needs --lenient");
  if (!card.expires_on.empty()) row("expires", harmless(card.expires_on));
}

Result<Catalogue> refreshed(const Config& config) {
  Secret secret;
  if (Result<Key> key = find_key(config, now())) secret = std::move(key->secret);
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(config.base_url(), std::move(secret));
  if (!client) return client.error();
  Signals signals;
  return refresh_catalogue(config, folders().cache, **client, now(), signals.fd());
}

std::string source_text(const Catalogue& catalogue) {
  std::string age = age_text(std::max<int64_t>(0, (now() - catalogue.catalog.fetched_at()).us / 1'000'000));
  switch (catalogue.source) {
    case Catalogue::Source::fetched:
      return "fetched just now";
    case Catalogue::Source::cache:
      return "catalogue " + age + " old";
    case Catalogue::Source::snapshot:
      return "facts compiled in, " + age + " old; `orthink models --refresh` fetches new ones";
  }
  return {};
}

Error unknown_model(const Catalog& catalog, const std::string& id) {
  std::vector<std::string> close = catalog.suggest(id);
  std::string remedy;
  for (const std::string& one : close) remedy += (remedy.empty() ? "Did you mean " : &one == &close.back() ? " or " : ", ") + one;
  return make_error(Errc::model_unknown, "no model is called " + harmless(id), remedy.empty() ? "" : remedy + "?");
}

Result<> check_provider(const Catalog& catalog, std::string_view provider) {
  std::vector<ModelCard> cards = catalog.all();
  std::vector<std::string_view> names;
  for (const ModelCard& card : cards) {
    if (card.provider == provider) return {};
    names.push_back(card.provider);
  }
  std::string_view closest = closest_name(provider, names);
  return make_error(Errc::invalid_argument, "no provider is called " + harmless(provider),
                    closest.empty() ? "" : "Did you mean " + std::string(closest) + "?");
}

int list_models(const Typed& typed, Printer& printer, const Catalogue& catalogue) {
  if (auto provider = typed.text(Flag::provider)) {
    if (Result<> known = check_provider(catalogue.catalog, *provider); !known) return printer.fail(known.error(), typed.json());
  }
  Filter filter = filter_of(typed);
  std::vector<ModelCard> cards = catalogue.catalog.all();
  std::erase_if(cards, [&filter](const ModelCard& card) { return !filter.passes(card); });
  sort_cards(cards, typed.text(Flag::sort).value_or("name"));
  if (typed.json()) {
    printer.line(models_document(cards));
    return 0;
  }
  if (!cards.empty()) print_table(printer, cards);
  printer.talk(std::to_string(cards.size()) + " of " + std::to_string(catalogue.catalog.size()) + " models; " + source_text(catalogue));
  return 0;
}

}  // namespace

int run_models(const Typed& typed, Printer& printer) {
  Result<Config> config = load_config();
  if (!config) return printer.fail(config.error(), typed.json());
  Result<Catalogue> catalogue = typed.has(Flag::refresh) ? refreshed(*config) : offline_catalogue(*config, folders().cache);
  if (!catalogue) return printer.fail(catalogue.error(), typed.json());
  if (catalogue->warning) printer.talk(printer.styled_err(Style::yellow, "warning: ") + *catalogue->warning);
  if (typed.words().empty()) return list_models(typed, printer, *catalogue);

  const std::string& id = typed.words().front();
  std::optional<ModelCard> card = catalogue->catalog.find(id);
  if (!card) return printer.fail(unknown_model(catalogue->catalog, id), typed.json());
  if (typed.json())
    printer.line(models_document({*card}));
  else
    print_card(printer, *card);
  return 0;
}

}  // namespace orthink::cli

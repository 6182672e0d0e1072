#include <algorithm>

#include "native/catalogue_cache.h"
#include "native/cli/answer_text.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/key.h"
#include "native/system.h"
#include "orthink/catalog/models_document.h"
#include "orthink/chat/ask.h"

namespace orthink::cli {
namespace {

ModelFilter filter_of(const Typed& typed) {
  ModelFilter filter;
  filter.provider = typed.text(Flag::provider).value_or("");
  if (auto text = typed.text(Flag::max_price)) filter.output_price_max = Money::parse(*text).value();
  filter.is_reasoning = typed.has(Flag::reasoning);
  std::string list(typed.text(Flag::cap).value_or(""));
  std::replace(list.begin(), list.end(), ',', ' ');
  for (std::string_view word : words_of(list))
    if (auto capability = parse_capability(word)) filter.capabilities.push_back(*capability);
  return filter;
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
  const ModelOrder order = model_order(typed.text(Flag::sort).value_or("name")).value_or(ModelOrder::name);
  std::vector<ModelCard> cards = chosen(catalogue.catalog, filter_of(typed), order);
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

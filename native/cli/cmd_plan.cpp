#include "native/ask_document.h"
#include "native/catalogue_cache.h"
#include "native/cli/answer_text.h"
#include "native/cli/call_less.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/system.h"
#include "orthink/chat/prepare.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {
namespace {

constexpr size_t kLabel = 10;
constexpr size_t kShownStringMax = 300;

std::string label(std::string_view text) {
  return std::string(text) + std::string(text.size() < kLabel ? kLabel - text.size() : 1, ' ');
}

std::string_view meaning(Promise promise) {
  switch (promise) {
    case Promise::hard:
      return "hard: it cannot be exceeded";
    case Promise::soft:
      return "soft: a vendor budget, which may be overrun";
    case Promise::level:
      return "level: no number exists for it";
    case Promise::none:
      return "none: no thinking to control";
  }
  return "";
}

// The body as people read it: two blanks a level, long strings cut.
void append_pretty(std::string& out, const json::Value& value, size_t depth) {
  if (value.is_string() && value.text().size() > kShownStringMax) {
    size_t cut = kShownStringMax;
    while ((value.text()[cut] & 0xc0) == 0x80) --cut;
    json::write_string(out, value.text().substr(0, cut));
    out += "... (" + grouped(value.text().size()) + " bytes)";
    return;
  }
  bool is_container = value.is_object() || value.is_array();
  if (!is_container || value.members().empty()) {
    json::write(out, value);
    return;
  }
  std::string margin = "\n" + std::string(2 * depth + 2, ' ');
  out += value.is_object() ? '{' : '[';
  bool is_first = true;
  for (const json::Member& member : value.members()) {
    out += (is_first ? "" : ",") + margin;
    is_first = false;
    if (value.is_object()) {
      json::write_string(out, member.key);
      out += ": ";
    }
    append_pretty(out, member.value, depth + 1);
  }
  out += "\n" + std::string(2 * depth, ' ') + (value.is_object() ? '}' : ']');
}

std::string price_origin(const Prepared& plan) {
  if (plan.price_source == "max_cost") return "prices unknown: --max-cost is the bound";
  std::string out = plan.price_source == "snapshot" ? "prices compiled in" : "prices of the catalogue";
  return plan.price_age_s ? out + ", " + age_text(*plan.price_age_s) + " old" : out;
}

void print_output_room(Printer& printer, const Prepared& plan) {
  const ThinkPlan& think = plan.think;
  uint64_t thinking = std::min(think.budget_tokens.value_or(0), think.output_cap_tokens);
  uint64_t answer = think.output_cap_tokens - thinking;
  size_t columns = std::min<size_t>(printer.streams().columns > 30 ? printer.streams().columns - 30 : 20, 60);
  printer.out(label(""));
  printer.line(bar(printer, {{thinking, Style::yellow, kDarkCell}, {answer, Style::cyan, kFullCell}}, think.output_cap_tokens, columns));
  std::string legend = thinking > 0 ? grouped(thinking) + " for thinking, " + grouped(answer) + " for the answer"
                                    : "thinking and answer share " + grouped(answer);
  if (think.sent == "off") legend = grouped(answer) + " for the answer";
  printer.line(label("") + printer.styled_out(Style::dim, legend + " (at least " + grouped(think.answer_floor_tokens) + " kept)"));
}

void print_money(Printer& printer, const Prepared& plan, const Ask& ask) {
  printer.line(label("cost") + "expected " + printer.styled_out(Style::bold, dollars(plan.expected)) + ", at most " +
               printer.styled_out(Style::bold, dollars(plan.worst)) + (ask.max_cost ? ", allowed " + dollars(ask.max_cost) : "") + "  (" +
               price_origin(plan) + ")");
  if (!plan.expected || !plan.worst) return;
  auto expected = static_cast<uint64_t>(plan.expected->pico);
  auto worst = static_cast<uint64_t>(plan.worst->pico);
  uint64_t whole = ask.max_cost ? std::max(worst, static_cast<uint64_t>(ask.max_cost->pico)) : worst;
  size_t columns = std::min<size_t>(printer.streams().columns > 30 ? printer.streams().columns - 30 : 20, 60);
  printer.line(label("") + bar(printer,
                               {{expected, Style::green, kFullCell}, {worst - std::min(worst, expected), Style::yellow, kDarkCell}}, whole,
                               columns));
}

void print_plan(Printer& printer, const Prepared& plan, const Ask& ask) {
  const ThinkPlan& think = plan.think;
  printer.line(label("model") + printer.styled_out(Style::bold, harmless(plan.card.id)));
  std::string sent =
      think.budget_tokens && think.sent != "off" ? think.sent + " (" + grouped(*think.budget_tokens) + " tokens)" : think.sent;
  if (think.budget_tokens && think.sent == std::to_string(*think.budget_tokens)) sent = grouped(*think.budget_tokens) + " tokens";
  printer.line(label("thinking") + "asked " + harmless(think.asked) + ", sent " + printer.styled_out(Style::bold, sent));
  printer.line(label("promise") + std::string(meaning(think.promise)));
  printer.line(label("output") + "at most " + grouped(think.output_cap_tokens) + " tokens, sent as " + std::string(name(think.cap_name)));
  print_output_room(printer, plan);
  printer.line(label("prompt") + "about " + grouped(plan.prompt_tokens_expected) + " tokens, at most " + grouped(plan.prompt_tokens_bound));
  print_money(printer, plan, ask);
  printer.line("\nwhy");
  for (const Note& reason : plan.reasons) printer.line("  - " + harmless(reason.text));
  for (const Note& warning : plan.warnings) printer.line("  " + printer.styled_out(Style::yellow, "!") + " " + harmless(warning.text));
  std::string body;
  if (Result<json::Value> parsed = json::parse(plan.body, {.bytes_max = plan.body.size()})) append_pretty(body, *parsed, 0);
  printer.line("\nbody of POST /chat/completions; nothing was sent\n" + harmless(body));
}

// The closest arguments that would pass, as flags; empty when there are none.
std::string nearest_flags(const std::string& document) {
  Result<json::Value> parsed = json::parse(document);
  const json::Value* nearest = parsed ? parsed->find("nearest") : nullptr;
  return nearest == nullptr ? std::string() : flags_of(*nearest);
}

// A refusal before the plan could be made, in the shape of the plan document.
int refuse(Printer& printer, const Error& error, bool json) {
  int code = printer.fail(error, false);
  if (json) printer.line("{\"schema\":1,\"ok\":false,\"error\":" + render::error_json(error) + ",\"nearest\":null}");
  return code;
}

}  // namespace

int run_plan(const Typed& typed, Printer& printer) {
  Result<Config> config = load_config();
  if (!config) return refuse(printer, config.error(), typed.json());
  Result<std::string> document = ask_document(ask_flags(typed), *config, 0);
  if (!document) return refuse(printer, document.error(), typed.json());
  Result<Ask> ask = parse_ask(*document);
  if (!ask) return refuse(printer, ask.error(), typed.json());

  Catalogue catalogue = offline_catalogue(*config, folders().cache);
  if (catalogue.warning) printer.talk(*catalogue.warning);
  PrepareOptions options{.now = now(),
                         .thinking_tokens_max = config->max_thinking_tokens(),
                         .call_deadline = ask->deadline.value_or(config->call_deadline()),
                         .is_paid = false,
                         .allows_stale_prices = config->allows_stale_prices()};
  Result<Prepared> plan = prepare(*ask, catalogue.catalog, options);
  std::string shown = plan ? plan_document(*plan) : plan_document(*ask, catalogue.catalog, options);
  if (typed.json()) printer.line(shown);
  if (plan) {
    if (!typed.json()) print_plan(printer, *plan, *ask);
    return 0;
  }
  int code = printer.fail(spelled(plan.error(), *ask, {catalogue.catalog, options}, kTyped), false);
  if (std::string flags = nearest_flags(shown); !flags.empty()) printer.talk("  closest that would pass: " + harmless(flags));
  return code;
}

}  // namespace orthink::cli

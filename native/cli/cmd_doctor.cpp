#include <cstdlib>

#include "native/catalogue_cache.h"
#include "native/cli/answer_text.h"
#include "native/cli/ledger_checks.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/connection_probe.h"
#include "native/key.h"
#include "native/system.h"
#include "orthink/exchange/render.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr Duration kProbeDeadline = Duration::seconds(15);
constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kOldKeyDays = 180;
constexpr int64_t kStaleDays = 7;
constexpr int64_t kClockSecondsMax = 30;

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::unsure:
      return "unsure";
    case Verdict::bad:
      return "bad";
  }
  return "bad";
}

Check check_key(const Result<Key>& key) {
  if (!key) return failed("key", key.error());
  if (key->origin == Key::Origin::environment) return {"key", Verdict::good, "from OPENROUTER_API_KEY; its age is not known", ""};
  int64_t seconds = key->age.value_or(Duration{}).us / 1'000'000;
  std::string text = "from " + key->path + ", set " + age_text(seconds) + " ago";
  if (seconds > kOldKeyDays * kDaySeconds) return {"key", Verdict::unsure, text, "Make a new key and set it with `orthink key set`."};
  return {"key", Verdict::good, text, ""};
}

void check_connection(const Config& config, Result<Key> key, std::vector<Check>& checks) {
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(config.base_url(), key ? std::move(key->secret) : Secret());
  if (!client) {
    checks.push_back(failed("connection", client.error()));
    return;
  }
  Signals signals;
  Result<ConnectionProbe> probe = probe_connection(**client, now() + kProbeDeadline, signals.fd());
  if (!probe) {
    checks.push_back(failed("connection", probe.error()));
    return;
  }
  std::string text = config.base_url() + " answered in " + std::to_string(probe->took.ms()) + " ms";
  if (probe->usage) text += "; spent " + dollars(probe->usage);
  if (probe->limit_remaining) text += ", " + dollars(probe->limit_remaining) + " left";
  bool is_empty = probe->limit_remaining && probe->limit_remaining->pico == 0;
  checks.push_back({"connection", is_empty ? Verdict::bad : Verdict::good, text, is_empty ? "Add credit or raise the key's limit." : ""});

  if (!probe->clock_ahead) {
    checks.push_back({"clock", Verdict::unsure, "the upstream did not say its time", ""});
    return;
  }
  int64_t seconds = probe->clock_ahead->us / 1'000'000;
  bool is_off = std::abs(seconds) > kClockSecondsMax;
  std::string difference =
      seconds == 0 ? "agrees with the upstream's"
                   : std::to_string(std::abs(seconds)) + (seconds > 0 ? " s ahead of the upstream's" : " s behind the upstream's");
  checks.push_back({"clock", is_off ? Verdict::bad : Verdict::good, difference,
                    is_off ? "Set the machine's clock; prices by time of day depend on it." : ""});
}

Check check_catalogue(const Config& config) {
  Catalogue catalogue = offline_catalogue(config, folders().cache);
  std::string remedy = "Run `orthink models --refresh`.";
  if (catalogue.source == Catalogue::Source::snapshot)
    return {"catalogue", Verdict::unsure, "none fetched yet; the facts compiled in serve planning only",
            "A call fetches it by itself, or run `orthink models --refresh`."};
  int64_t seconds = (now() - catalogue.catalog.fetched_at()).us / 1'000'000;
  std::string text = std::to_string(catalogue.catalog.size()) + " models, " + age_text(seconds) + " old";
  if (seconds > kStaleDays * kDaySeconds) return {"catalogue", Verdict::bad, text + "; paid calls are refused", remedy};
  if (seconds > kDaySeconds) return {"catalogue", Verdict::unsure, text, remedy};
  return {"catalogue", Verdict::good, text, ""};
}

std::string doctor_document(const std::vector<Check>& checks, bool is_well) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(is_well).key("checks").array();
  for (const Check& check : checks) {
    out.object().key("what").string(check.what).key("verdict").string(name_of(check.verdict)).key("text").string(check.text);
    out.key("remedy").string_or_null(check.remedy.empty() ? std::nullopt : std::optional(check.remedy)).end();
  }
  return out.end().end().take();
}

void print_checks(Printer& printer, const std::vector<Check>& checks) {
  constexpr size_t kWidth = 12;
  constexpr Style kStyles[] = {Style::green, Style::yellow, Style::red};
  for (const Check& check : checks) {
    std::string what(check.what);
    what.append(kWidth - what.size(), ' ');
    std::string verdict(name_of(check.verdict));
    printer.line(what + printer.styled_out(kStyles[static_cast<size_t>(check.verdict)], verdict) + std::string(8 - verdict.size(), ' ') +
                 harmless(check.text));
    if (!check.remedy.empty()) printer.line(std::string(kWidth + 8, ' ') + harmless(check.remedy));
  }
}

}  // namespace

int run_doctor(const Typed& typed, Printer& printer) {
  std::vector<Check> checks;
  if (Result<Config> config = load_config(); !config) {
    checks.push_back(failed("settings", config.error()));
  } else {
    checks.push_back({"settings", Verdict::good, "upstream " + config->base_url(), ""});
    Result<Key> key = find_key(*config, now());
    checks.push_back(check_key(key));
    check_connection(*config, std::move(key), checks);
    checks.push_back(check_catalogue(*config));
    check_ledger(*config, printer, checks);
  }
  bool is_well = true;
  for (const Check& check : checks) is_well &= check.verdict != Verdict::bad;
  if (typed.json())
    printer.line(doctor_document(checks, is_well));
  else
    print_checks(printer, checks);
  return is_well ? 0 : 1;
}

}  // namespace orthink::cli

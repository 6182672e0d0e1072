#include "native/cli/open_ledger.h"

#include <algorithm>
#include <utility>

#include "native/store/redis_connection.h"

namespace orthink::cli {
namespace {

std::string words_for(const std::string& url) {
  if (!url.starts_with("redis")) return url;
  Result<RedisAddress> address = RedisAddress::parse(url);
  return address ? address->words() : "redis";
}

}  // namespace

Result<OpenLedger> open_ledger() {
  Result<Config> config = load_config();
  if (!config) return config.error();
  return open_ledger(std::move(*config));
}

Result<OpenLedger> open_ledger(Config config) {
  const std::string url = config.text("store");
  Result<std::unique_ptr<Store>> store = open_store(url);
  if (!store) return store.error();
  return OpenLedger{std::move(config), std::move(*store), words_for(url), url != "memory:"};
}

Result<Span> span_of(const Typed& typed, Instant now) {
  Span span;
  for (auto [flag, end] : {std::pair(Flag::since, &span.since), std::pair(Flag::until, &span.until)}) {
    if (!typed.has(flag)) continue;
    Result<Instant> when = when_of(*typed.text(flag), now);
    if (!when) {
      Error error = when.error();
      error.message = std::string(row(flag).name) + ": " + error.message;
      return error;
    }
    *end = *when;
  }
  if (span.since && span.until && *span.since >= *span.until)
    return make_error(Errc::invalid_argument, "nothing lies between --since and --until", "Give --until a later time than --since.");
  return span;
}

Paint paint_of(const Printer& printer) {
  return [&printer](Ink ink, std::string_view text) {
    constexpr Style kStyles[] = {Style::bold, Style::green, Style::yellow, Style::red, Style::dim};
    return printer.styled_out(kStyles[static_cast<size_t>(ink)], text);
  };
}

}  // namespace orthink::cli

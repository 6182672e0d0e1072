#include "native/cli/serve.h"

#include <thread>
#include <utility>

#include "native/cli/verbs.h"
#include "native/serve/host.h"
#include "native/system.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

std::vector<ConfigFlag> flags_of(const Typed& typed) {
  std::vector<ConfigFlag> flags;
  for (const Flag flag : {Flag::listen, Flag::path, Flag::metrics, Flag::auth, Flag::drain_s})
    if (const auto text = typed.text(flag)) flags.push_back({std::string(row(flag).name), std::string(*text)});
  return flags;
}

std::string ready_document(const serve::Host& host) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("type").string("ready").key("url").string(host.url()).key("metrics_url");
  if (host.metrics_url().empty())
    out.null();
  else
    out.string(host.metrics_url());
  return out.end().take();
}

// Hears the signals while the server is at work.
class Bell {
 public:
  Bell(Signals& signals, serve::Host& host, std::vector<ConfigFlag> flags, Duration drain)
      : signals_(signals), host_(host), flags_(std::move(flags)), drain_(drain), thread_([this] { listen(); }) {}
  ~Bell() {
    over_.notify();
    thread_.join();
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  [[nodiscard]] int stop_fd() const { return stop_.fd(); }  // readable after the first signal to end

 private:
  void listen() {
    Signals::Seen before;
    const int fds[] = {signals_.fd(), over_.fd()};
    const int over[] = {over_.fd()};
    while (wait_readable(fds, Instant::never()) && !wait_readable(over, Instant::zero())) {
      signals_.drain();
      const Signals::Seen seen = signals_.seen();
      if (seen.hangups > before.hangups) host_.reload(load_config(flags_));
      const uint32_t ends = seen.interrupts + seen.terminations;
      const uint32_t heard = before.interrupts + before.terminations;
      if (ends > heard && heard == 0) {
        host_.begin_drain(drain_);
        stop_.notify();
      }
      if (ends > 1 && ends > heard) host_.hurry();
      before = seen;
    }
  }

  Signals& signals_;
  serve::Host& host_;
  std::vector<ConfigFlag> flags_;
  const Duration drain_;  // from the first signal on, for standard input and HTTP alike
  Wakeup stop_, over_;
  std::thread thread_;
};

}  // namespace

int run_server(const Typed& typed, Reach reach, Printer& printer) {
  const bool owns_output = reach == Reach::http;
  const auto fail = [&](const Error& error) { return printer.fail(error, typed.json() && owns_output); };
  const std::vector<ConfigFlag> flags = flags_of(typed);
  const Result<Config> config = load_config(flags);
  if (!config) return fail(config.error());
  Signals signals(Signals::Hangup::is_counted);
  Result<std::unique_ptr<serve::Host>> opened = serve::Host::open(*config, {.has_http = reach != Reach::stdio});
  if (!opened) return fail(opened.error());
  serve::Host& host = **opened;
  if (reach != Reach::stdio) {
    printer.talk("orthink serves its tools at " + host.url() + (host.metrics_url().empty() ? "" : ", metrics at " + host.metrics_url()));
    if (typed.json() && owns_output) printer.line(ready_document(host));
    printer.flush();
  }
  const Bell bell(signals, host, flags, config->drain());
  if (reach == Reach::http) {
    const int fds[] = {bell.stop_fd()};
    static_cast<void>(wait_readable(fds, Instant::never()));
    host.stop(config->drain());
    return 0;
  }
  const serve::StdioEnd end = host.talk(bell.stop_fd(), config->drain());
  const bool may_take_its_time = end == serve::StdioEnd::stopped || reach == Reach::both;  // clients over HTTP have not left
  host.stop(may_take_its_time ? config->drain() : Duration{});
  return 0;
}

int run_serve(const Typed& typed, Printer& printer) {
  return run_server(typed, typed.has(Flag::stdio) ? Reach::both : Reach::http, printer);
}

}  // namespace orthink::cli

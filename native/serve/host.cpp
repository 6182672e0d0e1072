#include "native/serve/host.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "native/serve/listener.h"
#include "native/observe/otel_options.h"
#include "native/system.h"
#include "orthink/access/challenge.h"
#include "orthink/base/loopback.h"
#include "orthink/base/version.h"
#include "orthink/tools/offer.h"

namespace orthink::serve {
namespace {

constexpr size_t kDescriptorsOfCall = 3;  // besides its connection: the upstream's socket, and two wake-ups
constexpr Duration kLetGoAlone = Duration::seconds(2);  // the one client has left: nobody waits
constexpr Duration kFlushFor = Duration::seconds(2);

Error wrong_address(std::string_view text) {
  return make_error(Errc::invalid_argument, "\"" + std::string(text) + "\" is no address to listen on",
                    "Write ADDRESS:PORT, such as 127.0.0.1:8337 or [::1]:8337; port 0 takes a free one.");
}

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::string random_secret() {
  std::string secret;
  while (secret.size() < 32) {
    const uint64_t piece = entropy64();
    secret.append(reinterpret_cast<const char*>(&piece), sizeof piece);
  }
  return secret;
}

// Of "https://orthink.example:443/mcp".
std::string host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return std::string(url.substr(0, url.find(']') + 1));
  return std::string(url.substr(0, url.find(':')));
}

observe::LogOptions log_options(const Config& config) {
  observe::LogOptions options;
  options.level = observe::log_level_named(config.log_level()).value_or(observe::LogLevel::info);
  return options;
}

Answer json_answer(std::string body, std::vector<http::Header> headers = {}) {
  headers.push_back({"Content-Type", "application/json"});
  return {200, std::move(headers), std::move(body), {}};
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong_address(text);
  std::string_view address = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || port > 65'535) return wrong_address(text);
  const bool is_bracketed = address.starts_with('[') && address.ends_with(']');
  if (is_bracketed) address = address.substr(1, address.size() - 2);
  if (address.empty() || (!is_bracketed && address.find(':') != std::string_view::npos)) return wrong_address(text);
  return ListenAddress{std::string(address), static_cast<uint16_t>(port)};
}

std::string ListenAddress::host_name() const {
  const bool is_any = address.find_first_not_of("0.") == std::string::npos || address.find_first_not_of("0:") == std::string::npos;
  return is_any ? std::string() : bracketed(address);
}

std::string ListenAddress::url(uint16_t bound_port) const {
  return "http://" + bracketed(address) + ":" + std::to_string(bound_port);
}

Host::Host(const Config& config) : began_(now()), log_(log_options(config)), desk_(config), telemetry_(std::make_unique<observe::Telemetry>()) {}

Host::~Host() {
  stop(Duration{});
}

Result<std::unique_ptr<Host>> Host::open(const Config& config, const HostOptions& options) {
  std::unique_ptr<Host> host(new Host(config));
  Result<mcp::Menu> menu = mcp::Menu::open(tools::offer());
  if (!menu) return menu.error();
  host->menu_.emplace(std::move(*menu));
  host->http_options_.state_key = random_secret();
  host->http_options_.label = [] { return random_id("client-"); };
  if (auto ok = host->open_telemetry(config); !ok) return ok.error();
  ProductOptions product;
  product.telemetry = host->telemetry_.get();
  product.log = &host->log_;
  if (!options.has_http) product.let_go = kLetGoAlone;
  host->product_ = std::make_unique<Product>(host->desk_, product);
  host->over_http_ = std::make_unique<WatchedService>(*host->product_, *host->telemetry_, observe::RequestFacts::Transport::http);
  host->over_stdio_ = std::make_unique<WatchedService>(*host->product_, *host->telemetry_, observe::RequestFacts::Transport::stdio);
  if (!options.has_http) return host;
  if (auto ok = host->open_gate(config); !ok) return ok.error();
  if (auto ok = host->listen_for_metrics(config); !ok) return ok.error();
  if (auto ok = host->listen(config); !ok) return ok.error();
  return host;
}

Result<void> Host::open_telemetry(const Config& config) {
  if (config.text("metrics_listen").empty() && !observe::read_otel(environment).is_on()) return {};
  Result<std::unique_ptr<observe::Telemetry>> opened = observe::Telemetry::open({.variables = environment, .log = &log_});
  if (!opened) return opened.error();
  telemetry_ = std::move(*opened);
  telemetry_->know_models([this](std::string_view id) { return desk_.catalogue_at_hand()->catalog.find(id).has_value(); });
  return {};
}

Result<void> Host::open_gate(const Config& config) {
  Result<access::GateOptions> options = access::GateOptions::from(config);
  if (!options) return options.error();
  Result<std::unique_ptr<access::Gate>> gate = access::Gate::open(std::move(*options));
  if (!gate) return gate.error();
  gate_ = std::move(*gate);
  return {};
}

std::variant<access::Principal, Answer> Host::admit(const Request& request) {
  access::Verdict verdict = gate_->admit(request.head.find("authorization"), now());
  if (verdict.caller) return std::move(*verdict.caller);
  if (verdict.denial) {
    const std::string_view code = access::row(*verdict.denial).code;
    telemetry_->http_refused(code);
    log_.write(observe::LogLevel::info, "caller_denied", {{"reason", code}});
  }
  return Answer{verdict.challenge.status, std::move(verdict.challenge.headers), std::move(verdict.challenge.body), {}};
}

observe::ReadyFacts Host::readiness() {
  observe::ReadyFacts facts;
  for (Problem& problem : product_->problems()) facts.problems.push_back(std::move(problem.told));  // orchestrators ask from other machines
  const std::shared_ptr<const Catalogue> catalogue = desk_.catalogue_at_hand();
  if (catalogue->source != Catalogue::Source::snapshot) facts.catalogue_age = now() - catalogue->catalog.fetched_at();
  facts.allows_stale_prices = desk_.config()->allows_stale_prices();
  return facts;
}

std::vector<Route> Host::routes(const Config& config) {
  std::vector<Route> routes;
  routes.push_back({config.text("mcp_path"), endpoint_->handler()});
  const access::ResourceFacts facts = gate_->facts();
  const Handler handler = [facts](const Request&, Peer&) {
    return json_answer(access::metadata_json(facts), {{"Access-Control-Allow-Origin", "*"}});
  };
  for (std::string& path : access::metadata_paths(facts)) routes.push_back({std::move(path), handler});
  return routes;
}

Result<void> Host::listen(const Config& config) {
  const Result<ListenAddress> address = ListenAddress::parse(config.text("listen"));
  if (!address) return address.error();
  const std::string& path = config.text("mcp_path");
  if (path.front() != '/' || path.find_first_of("?# %") != std::string::npos)
    return make_error(Errc::invalid_argument, "\"" + path + "\" is no path", "Write one that begins with '/', such as /mcp.");
  const bool has_authentication = gate_->kind() != access::GateKind::none;
  if (!has_authentication && !is_loopback_host(address->address)) {
    return make_error(Errc::invalid_argument, address->address + " can be reached from other machines, and nobody checks who calls",
                      "Give --auth keys (after `orthink access add NAME`) or --auth jwt, or listen on 127.0.0.1 behind a proxy that does.");
  }
  http_options_.hosts = config.words("allowed_hosts");
  if (const std::string host = address->host_name(); !host.empty()) http_options_.hosts.push_back(host);
  if (const std::string host = host_of(config.text("auth_audience")); !host.empty()) http_options_.hosts.push_back(host);
  if (http_options_.hosts.empty())
    log_.write(observe::LogLevel::warn, "no_host_names", {{"listen", config.text("listen")}, {"why", "only loopback names are answered: set allowed_hosts"}});
  http_options_.origins = config.words("allowed_origins");
  http_options_.orphan_life = config.orphan_life();
  endpoint_ = std::make_unique<McpEndpoint>(EndpointOptions{
      .menu = *menu_,
      .http = http_options_,
      .service = *over_http_,
      .admit = [this](const Request& request) { return admit(request); },
      .on_answer =
          [this](int status, std::optional<Duration> took) { telemetry_->http_answered(status, took); },
      .on_stream = [this](bool begins) { begins ? telemetry_->stream_opened() : telemetry_->stream_closed(); },
  });
  ServerOptions options;
  options.address = address->address;
  options.port = address->port;
  options.has_authentication = has_authentication;
  const size_t descriptors = descriptors_for((1 + kDescriptorsOfCall) * config.connections_max(), options.descriptors_kept);
  options.connections_max = std::max<size_t>(1, descriptors / (1 + kDescriptorsOfCall));
  options.descriptors_kept += kDescriptorsOfCall * options.connections_max;
  options.turn_away = [this](const RequestHead& head) { return endpoint_->turn_away(head); };
  options.on_refused = [this](int, std::string_view reason) { telemetry_->http_refused(reason); };
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(std::move(options), routes(config));
  if (!server) return server.error();
  server_ = std::move(*server);
  telemetry_->know_connections([this] { return static_cast<int64_t>(server_->facts().connections); });
  url_ = address->url(server_->port()) + path;
  log_.write(observe::LogLevel::info, "listening", {{"url", url_}, {"auth", access::name(gate_->kind())}});
  return {};
}

Result<void> Host::listen_for_metrics(const Config& config) {
  const std::string& text = config.text("metrics_listen");
  if (text.empty()) return {};
  const Result<ListenAddress> address = ListenAddress::parse(text);
  if (!address) return address.error();
  Secret token(environment("ORTHINK_METRICS_TOKEN").value_or(""));
  if (token.empty() && !is_loopback_host(address->address)) {
    return make_error(Errc::invalid_argument, "metrics could be read from other machines at " + address->address,
                      "Listen on 127.0.0.1, or set ORTHINK_METRICS_TOKEN to what a reader must show.");
  }
  ServerOptions options;
  options.address = address->address;
  options.port = address->port;
  options.has_authentication = !token.empty();
  options.connections_max = 64;
  options.limits.head.body_bytes_max = size_t{1} << 10;  // the pages are only read
  pages_ = std::make_unique<StatusPages>(
      StatusPagesOptions{.telemetry = *telemetry_, .ready = [this] { return readiness(); }, .began = began_, .token = std::move(token)});
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(std::move(options), pages_->routes());
  if (!server) return server.error();
  metrics_server_ = std::move(*server);
  metrics_url_ = address->url(metrics_server_->port()) + "/metrics";
  return {};
}

std::string Host::url() const {
  return url_;
}

std::string Host::metrics_url() const {
  return metrics_url_;
}

StdioEnd Host::talk(int stop_fd, Duration grace, int in, int out) {
  StdioOptions options{.menu = *menu_, .service = *over_stdio_};
  options.conversation.state_key = http_options_.state_key;
  options.in = in;
  options.out = out;
  options.stop_fd = stop_fd;
  options.grace = grace;
  return serve_stdio(options);
}

void Host::reload(Result<Config> fresh) {
  bool is_whole = true;
  const auto report = [this, &is_whole](std::string_view what, const Error& error) {
    is_whole = false;
    log_.write(observe::LogLevel::error, "not_reloaded", {{"what", what}, {"code", error.code}, {"why", error.message}});
  };
  if (!fresh) return report("configuration", fresh.error());
  if (const Result<void> read = desk_.reread(std::move(*fresh)); read)
    telemetry_->key_reloaded();
  else
    report("upstream key", read.error());
  if (gate_)
    if (const Result<void> read = gate_->reload(); !read) report("keys of callers", read.error());
  if (is_whole) log_.write(observe::LogLevel::info, "reloaded");
}

void Host::hurry() {
  begin_drain(Duration{});
  const std::lock_guard lock(parts_mutex_);
  if (product_) product_->cancel_all();
}

void Host::begin_drain(Duration grace) {
  const std::lock_guard lock(parts_mutex_);
  if (server_ && drained_at_.is_never()) log_.write(observe::LogLevel::info, "draining");
  drained_at_ = std::min(drained_at_, now() + grace);
  if (server_) server_->begin_drain(std::max(Duration{}, drained_at_ - now()));
  if (product_) product_->begin_drain();
}

void Host::stop(Duration grace) {
  if (!product_) return;
  const bool has_listened = server_ != nullptr;
  begin_drain(grace);
  Instant until;
  {
    const std::lock_guard lock(parts_mutex_);
    until = drained_at_;
  }
  product_->drain(until);
  if (server_) server_->wait();
  telemetry_->know_connections({});
  // Each part ends outside the mutex: a hurry() meanwhile does not wait for it.
  take(server_).reset();
  take(metrics_server_).reset();
  endpoint_.reset();
  take(product_).reset();
  if (telemetry_->is_on()) static_cast<void>(telemetry_->flush(now() + kFlushFor));
  if (has_listened) log_.write(observe::LogLevel::info, "stopped");
}

}  // namespace orthink::serve

#include "native/observe/otel_options.h"

#include <algorithm>
#include <charconv>

#include "orthink/base/money.h"
#include "orthink/base/utf8.h"

namespace orthink::observe {
namespace {

constexpr std::string_view kDefaultEndpoint = "http://localhost:4318";
constexpr uint64_t kMillisMax = 86'400'000;
constexpr uint64_t kQueueMax = 1 << 20;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<char> hex_pair(std::string_view text) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  if (text.size() != 2 || std::from_chars(text.data(), end, value, 16).ptr != end) return std::nullopt;
  return static_cast<char>(value);
}

// Nothing for a '%' that begins no pair of hex digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const std::optional<char> byte = hex_pair(text.substr(at + 1, 2));
    if (!byte) return std::nullopt;
    out += *byte;
    at += 2;
  }
  return out;
}

// W3C Baggage, without properties: "key=value,key2=value%202".
std::optional<std::vector<std::pair<std::string, std::string>>> pairs_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    std::optional<std::string> value = percent_decoded(trimmed(pair.substr(equals + 1)));
    if (!value || !is_utf8(*value)) return std::nullopt;
    pairs.emplace_back(trimmed(pair.substr(0, equals)), std::move(*value));
  }
  return pairs;
}

bool is_header(const std::pair<std::string, std::string>& pair) {
  const auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return std::all_of(pair.first.begin(), pair.first.end(), is_name_character) &&
         std::all_of(pair.second.begin(), pair.second.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

class Reader {
 public:
  explicit Reader(const Environment& variables) : variables_(variables) {}
  OtelOptions read();

 private:
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const {
    std::optional<std::string> text = variables_ ? variables_(name) : std::nullopt;
    return text && trimmed(*text).empty() ? std::nullopt : text;
  }
  // OTEL_EXPORTER_OTLP_TRACES_HEADERS before OTEL_EXPORTER_OTLP_HEADERS. The name that was found is left in `found_`.
  std::optional<std::string> get_for(const std::string& signal, const std::string& what) {
    found_ = "OTEL_EXPORTER_OTLP_" + signal + "_" + what;
    if (std::optional<std::string> text = get(found_)) return text;
    found_ = "OTEL_EXPORTER_OTLP_" + what;
    return get(found_);
  }
  void warn(const std::string& sentence) { options_.warnings.push_back(sentence); }

  std::optional<uint64_t> number(const std::string& name, uint64_t least, uint64_t most) {
    const std::optional<std::string> text = get(name);
    if (!text) return std::nullopt;
    uint64_t value = 0;
    const std::string_view digits = trimmed(*text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc{} && end == digits.data() + digits.size() && value >= least && value <= most) return value;
    warn(name + " is no whole number from " + std::to_string(least) + " to " + std::to_string(most) + "; its default is used");
    return std::nullopt;
  }
  void millis(const std::string& name, Duration& target) {
    if (const auto value = number(name, 1, kMillisMax)) target = Duration::millis(static_cast<int64_t>(*value));
  }
  void size(const std::string& name, size_t& target) {
    if (const auto value = number(name, 1, kQueueMax)) target = *value;
  }
  bool is_exported(const std::string& signal);
  bool is_spoken(const std::string& signal);
  void signal(const std::string& name, const std::string& path, OtelSignal& target);
  void headers(const std::string& name, OtelSignal& target);
  void resource();
  void sampler();

  const Environment& variables_;
  OtelOptions options_;
  std::string found_;
};

// Of "otlp", "none" and others that this program does not have.
bool Reader::is_exported(const std::string& signal) {
  const std::optional<std::string> exporters = get("OTEL_" + signal + "_EXPORTER");
  const bool has_endpoint = get("OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT") || get("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (!exporters) return has_endpoint;
  bool is_wanted = false;
  for (std::string_view rest = *exporters; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view exporter = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    is_wanted = is_wanted || exporter == "otlp";
    const bool is_known = exporter == "otlp" || exporter == "none" || (exporter == "prometheus" && signal == "METRICS");
    if (!is_known) warn("OTEL_" + signal + "_EXPORTER names an exporter that is not known here; otlp and none are");
  }
  return is_wanted;
}

bool Reader::is_spoken(const std::string& signal) {
  const std::optional<std::string> protocol = get_for(signal, "PROTOCOL");
  if (!protocol || *protocol == "http/json") return true;
  if (*protocol == "http/protobuf") {
    warn(found_ + " is http/protobuf; http/json is spoken instead, on the same address");
    return true;
  }
  warn(found_ + " is neither http/json nor http/protobuf; nothing is exported. Name the collector's HTTP address, often port 4318");
  return false;
}

void Reader::headers(const std::string& name, OtelSignal& target) {
  const std::optional<std::string> text = get_for(name, "HEADERS");
  if (!text) return;
  const auto pairs = pairs_of(*text);
  if (!pairs || !std::all_of(pairs->begin(), pairs->end(), is_header)) {
    warn(found_ + " is no list of key=value; no header of it is sent");
    return;
  }
  for (const auto& [key, value] : *pairs) target.headers.push_back({key, value});
}

void Reader::signal(const std::string& name, const std::string& path, OtelSignal& target) {
  if (!is_exported(name) || !is_spoken(name)) return;
  if (const auto own = get("OTEL_EXPORTER_OTLP_" + name + "_ENDPOINT")) {
    target.endpoint = trimmed(*own);
  } else {
    target.endpoint = trimmed(get("OTEL_EXPORTER_OTLP_ENDPOINT").value_or(std::string(kDefaultEndpoint)));
    while (target.endpoint.ends_with('/')) target.endpoint.pop_back();
    target.endpoint += path;
  }
  headers(name, target);
  const bool has_own_timeout = get("OTEL_EXPORTER_OTLP_" + name + "_TIMEOUT").has_value();
  millis(has_own_timeout ? "OTEL_EXPORTER_OTLP_" + name + "_TIMEOUT" : "OTEL_EXPORTER_OTLP_TIMEOUT", target.timeout);
}

void Reader::resource() {
  if (const auto text = get("OTEL_RESOURCE_ATTRIBUTES")) {
    if (auto pairs = pairs_of(*text)) {
      for (auto& pair : *pairs) {
        if (pair.first == "service.name") {
          options_.service_name = pair.second;
        } else {
          options_.resource.push_back(std::move(pair));
        }
      }
    } else {
      warn("OTEL_RESOURCE_ATTRIBUTES is no list of key=value; it is left out");
    }
  }
  const auto name = get("OTEL_SERVICE_NAME");
  if (name && is_utf8(*name)) options_.service_name = *name;
}

void Reader::sampler() {
  const std::string name = get("OTEL_TRACES_SAMPLER").value_or("parentbased_always_on");
  constexpr std::string_view kParent = "parentbased_";
  options_.heeds_parent = name.starts_with(kParent);
  const std::string_view root = options_.heeds_parent ? std::string_view(name).substr(kParent.size()) : std::string_view(name);
  if (root == "always_on") return;
  if (root == "always_off") {
    options_.sampled_below = 0;
    return;
  }
  if (root != "traceidratio") {
    options_.heeds_parent = true;
    return warn("OTEL_TRACES_SAMPLER names a sampler that is not known here; parentbased_always_on is used");
  }
  const Result<Money> ratio = Money::parse(get("OTEL_TRACES_SAMPLER_ARG").value_or("1"), Money::Rounding::half_even);
  constexpr int64_t kOne = 1'000'000'000'000;  // twelve decimals
  if (!ratio || ratio->pico > kOne) return warn("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1; every trace is taken");
  if (ratio->pico < kOne) options_.sampled_below = UINT64_MAX / kOne * static_cast<uint64_t>(ratio->pico);
}

OtelOptions Reader::read() {
  if (get("OTEL_SDK_DISABLED").value_or("false") == "true") return {};
  signal("TRACES", "/v1/traces", options_.traces);
  signal("METRICS", "/v1/metrics", options_.metrics);
  resource();
  sampler();
  const std::string propagators = get("OTEL_PROPAGATORS").value_or("tracecontext,baggage");
  options_.carries_trace_context = propagators.find("tracecontext") != std::string::npos;
  millis("OTEL_BSP_SCHEDULE_DELAY", options_.schedule_delay);
  millis("OTEL_BSP_EXPORT_TIMEOUT", options_.batch_timeout);
  size("OTEL_BSP_MAX_QUEUE_SIZE", options_.queue_max);
  size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", options_.batch_max);
  options_.batch_max = std::min(options_.batch_max, options_.queue_max);
  millis("OTEL_METRIC_EXPORT_INTERVAL", options_.metric_interval);
  return std::move(options_);
}

}  // namespace

OtelOptions read_otel(const Environment& variables) {
  return Reader(variables).read();
}

}  // namespace orthink::observe

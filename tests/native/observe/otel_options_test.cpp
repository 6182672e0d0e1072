#include "native/observe/otel_options.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

namespace orthink::observe {
namespace {

OtelOptions read(const std::map<std::string, std::string>& variables) {
  return read_otel([&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST_CASE("nothing is exported unless it is asked for") {
  CHECK_FALSE(read({}).is_on());
  CHECK_FALSE(read_otel({}).is_on());
  CHECK_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"}, {"OTEL_SDK_DISABLED", "true"}}).is_on());
  CHECK(read({{"OTEL_TRACES_EXPORTER", "otlp"}}).traces.endpoint == "http://localhost:4318/v1/traces");
  CHECK_FALSE(read({{"OTEL_TRACES_EXPORTER", "otlp"}}).metrics.is_on());
}

TEST_CASE("an endpoint serves both signals; a signal's own is taken as it is") {
  const OtelOptions both = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://collect.example/base/"}});
  CHECK(both.traces.endpoint == "https://collect.example/base/v1/traces");
  CHECK(both.metrics.endpoint == "https://collect.example/base/v1/metrics");
  const OtelOptions own = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a"}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b/x"}});
  CHECK(own.traces.endpoint == "https://b/x");
  CHECK(own.metrics.endpoint == "https://a/v1/metrics");
  const OtelOptions one = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a"}, {"OTEL_METRICS_EXPORTER", "none"}});
  CHECK(one.traces.is_on());
  CHECK_FALSE(one.metrics.is_on());
  CHECK(one.warnings.empty());
}

TEST_CASE("headers and resource are decoded; a signal's own headers come first") {
  const OtelOptions options = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a"},
                                    {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%20x, x-tenant = t"},
                                    {"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "m=1"},
                                    {"OTEL_SERVICE_NAME", "mine"},
                                    {"OTEL_RESOURCE_ATTRIBUTES", "service.name=theirs,deployment.environment.name=prod%2Ceu"}});
  REQUIRE(options.traces.headers.size() == 2);
  CHECK(options.traces.headers[0].value == "s x");
  CHECK(options.traces.headers[1].name == "x-tenant");
  CHECK(options.traces.headers[1].value == "t");
  REQUIRE(options.metrics.headers.size() == 1);
  CHECK(options.service_name == "mine");
  REQUIRE(options.resource.size() == 1);
  CHECK(options.resource[0].second == "prod,eu");
  CHECK(read({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=theirs"}}).service_name == "theirs");
}

TEST_CASE("what cannot be read is warned of, without its value, and its default stays") {
  const OtelOptions options = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a"},
                                    {"OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%0d%0acanary"},
                                    {"OTEL_RESOURCE_ATTRIBUTES", "no pair"},
                                    {"OTEL_BSP_SCHEDULE_DELAY", "soon"},
                                    {"OTEL_BSP_MAX_QUEUE_SIZE", "0"},
                                    {"OTEL_METRIC_EXPORT_INTERVAL", "-1"},
                                    {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1e3"},
                                    {"OTEL_TRACES_SAMPLER", "jaeger_remote"},
                                    {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"}});
  CHECK(options.traces.headers.empty());
  CHECK(options.schedule_delay == Duration::seconds(5));
  CHECK(options.queue_max == 2048);
  CHECK(options.metric_interval == Duration::seconds(60));
  CHECK(options.traces.timeout == Duration::seconds(10));
  CHECK(options.sampled_below == UINT64_MAX);
  CHECK(options.warnings.size() == 10);  // two signals each warn of protocol and headers
  for (const std::string& warning : options.warnings) CHECK(warning.find("canary") == std::string::npos);
  CHECK_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}}).is_on());
}

TEST_CASE("batches, intervals and samplers are read") {
  const OtelOptions options = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a"},
                                    {"OTEL_BSP_SCHEDULE_DELAY", "200"},
                                    {"OTEL_BSP_MAX_QUEUE_SIZE", "64"},
                                    {"OTEL_METRIC_EXPORT_INTERVAL", "1000"},
                                    {"OTEL_EXPORTER_OTLP_TIMEOUT", "2000"},
                                    {"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "3000"},
                                    {"OTEL_PROPAGATORS", "none"}});
  CHECK(options.schedule_delay == Duration::millis(200));
  CHECK(options.batch_max == 64);
  CHECK(options.metric_interval == Duration::seconds(1));
  CHECK(options.traces.timeout == Duration::seconds(2));
  CHECK(options.metrics.timeout == Duration::seconds(3));
  CHECK_FALSE(options.carries_trace_context);
  const auto sampler = [](const char* name, const char* argument) {
    return read({{"OTEL_TRACES_SAMPLER", name}, {"OTEL_TRACES_SAMPLER_ARG", argument}});
  };
  CHECK(sampler("parentbased_traceidratio", "0.5").sampled_below / 1'000'000'000'000 == 9'223'372);
  CHECK(sampler("parentbased_traceidratio", "0.5").heeds_parent);
  CHECK(sampler("traceidratio", "0").sampled_below == 0);
  CHECK(sampler("traceidratio", "1").sampled_below == UINT64_MAX);
  CHECK_FALSE(sampler("traceidratio", "1").heeds_parent);
  CHECK(sampler("always_off", "").sampled_below == 0);
  CHECK(sampler("traceidratio", "1.5").sampled_below == UINT64_MAX);
}

}  // namespace
}  // namespace orthink::observe

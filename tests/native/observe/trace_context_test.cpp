#include "native/observe/trace_context.h"

#include <catch2/catch_test_macros.hpp>

namespace orthink::observe {
namespace {

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST_CASE("a traceparent is read, and its child carries the trace on") {
  const std::optional<TraceContext> parent = parse_traceparent(kGood);
  REQUIRE(parent);
  CHECK(parent->is_sampled);
  CHECK(traceparent_text(*parent) == kGood);
  const TraceContext child = child_of(*parent, 0xab);
  CHECK(traceparent_text(child) == "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ab-01");
  CHECK(span_id_hex(child.parent_span) == "00f067aa0ba902b7");
  const std::optional<TraceContext> unsampled = parse_traceparent(kGood.substr(0, 53) + "02");
  REQUIRE(unsampled);
  CHECK_FALSE(unsampled->is_sampled);
  CHECK(traceparent_text(*unsampled).ends_with("-00"));
}

TEST_CASE("a later version is read as far as level 1 knows it") {
  CHECK(parse_traceparent("cc" + kGood.substr(2)));
  CHECK(parse_traceparent("cc" + kGood.substr(2) + "-what-comes-later"));
  CHECK_FALSE(parse_traceparent("cc" + kGood.substr(2) + ".what"));
}

TEST_CASE("what is no traceparent is none") {
  const std::string zero_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
  const std::string zero_span = "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01";
  for (const std::string& text :
       {std::string(), std::string("00"), "ff" + kGood.substr(2), kGood + "-more", kGood + " ", " " + kGood, zero_trace, zero_span,
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01" + std::string(), kGood.substr(0, 54)}) {
    CAPTURE(text);
    CHECK_FALSE(parse_traceparent(text));
  }
  for (size_t at = 0; at < kGood.size(); ++at) {
    std::string broken = kGood;
    broken[at] = 'g';
    CAPTURE(broken);
    CHECK_FALSE(parse_traceparent(broken));
  }
}

TEST_CASE("a tracestate is passed on where it holds to the rules, and dropped where it does not") {
  CHECK(checked_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE") == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  CHECK(checked_tracestate(" a=1 ,\tb=2 , ,") == "a=1,b=2");
  CHECK(checked_tracestate("1tenant@vendor=x y") == "1tenant@vendor=x y");
  CHECK(checked_tracestate("").empty());
  for (const std::string_view text : {"a", "=1", "a=", "A=1", "1a=1", "a=1,a=2", "a=b=c", "a=1\nX-Evil: 1", "a=\x7f", "a@=1", "@a=1", "t@Vendor=1"}) {
    CAPTURE(text);
    CHECK(checked_tracestate(text).empty());
  }
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "k" : ",k") + std::to_string(i) + "=1";
  CHECK(checked_tracestate(many).empty());
  CHECK_FALSE(checked_tracestate(many.substr(0, many.rfind(','))).empty());
  CHECK(checked_tracestate("a=" + std::string(256, 'x')).size() == 258);
  CHECK(checked_tracestate("a=" + std::string(257, 'x')).empty());
  CHECK(checked_tracestate("a=" + std::string(250, 'x') + ",b=" + std::string(256, 'x') + ",c=1").empty());
}

}  // namespace
}  // namespace orthink::observe

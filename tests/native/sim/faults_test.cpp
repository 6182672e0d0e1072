#include "native/sim/faults.h"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace orthink;
using namespace orthink::sim;

namespace {

FaultSpec only(std::string_view text) {
  const Result<std::vector<FaultSpec>> specs = parse_faults(text);
  REQUIRE(specs);
  REQUIRE(specs->size() == 1);
  return specs->front();
}

}  // namespace

TEST_CASE("every fault of the enumeration has one row with a name of its own") {
  std::set<std::string_view> names;
  std::set<Fault> faults;
  for (const FaultRow& row : fault_table()) {
    CHECK(names.insert(row.name).second);
    CHECK(faults.insert(row.fault).second);
    CHECK(row.argument.empty() == row.initial.empty());
    CHECK(only(row.name).fault == row.fault);
  }
  CHECK(faults.size() == static_cast<size_t>(Fault::generation_never) + 1);
}

TEST_CASE("the grammar: a name, a number of times, an argument, or both") {
  CHECK(only("503").times == std::nullopt);
  CHECK(only("500=2").times == 2);
  CHECK(only("429").argument == "1");
  CHECK(only("429=date").argument == "date");
  CHECK(only("429=30").argument == "30");
  CHECK(only("429=30").times == std::nullopt);
  CHECK(only("429=30:1").times == 1);
  CHECK(only("429=:3").argument == "1");
  CHECK(only("429=:3").times == 3);
  CHECK(only("redirect=http://127.0.0.1:9/x").argument == "http://127.0.0.1:9/x");
  CHECK(only("slow_start=5").fault == Fault::slow_start);
  CHECK(parse_faults("")->empty());
  CHECK(parse_faults("503=1,cost-null,crlf")->size() == 3);
}

TEST_CASE("what cannot be read is refused by name") {
  const Result<std::vector<FaultSpec>> unknown = parse_faults("cost-nul");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("cost-null") != std::string::npos);
  for (const char* text : {"500=", "500=x", "500=-1", "stall=x", "clock-skew=--1", "clock-skew=noon", "midstream-error=1.5", "=2", "503,,504", "drip=999999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_faults(text));
  }
}

TEST_CASE("faults of one stage follow each other, faults of different stages play together") {
  FaultBook book(*parse_faults("500=2,429=:1,cost-null=2,crlf"));
  const auto reply_of = [](const ActiveFaults& active) { return active.at(Stage::reply) ? std::optional(active.at(Stage::reply)->fault) : std::nullopt; };
  const ActiveFaults first = book.take({});
  CHECK(reply_of(first) == Fault::status_500);
  CHECK(first.has(Fault::cost_null));
  CHECK(first.has(Fault::crlf));
  CHECK(reply_of(book.take({})) == Fault::status_500);
  const ActiveFaults third = book.take({});
  CHECK(reply_of(third) == Fault::status_429);
  CHECK_FALSE(third.has(Fault::cost_null));
  const ActiveFaults fourth = book.take({});
  CHECK(reply_of(fourth) == std::nullopt);
  CHECK(fourth.has(Fault::crlf));
}

TEST_CASE("a fault named by header comes first and uses up no time of the list") {
  FaultBook book(*parse_faults("500=1"));
  const std::vector<FaultSpec> by_header = *parse_faults("504");
  CHECK(book.take(by_header).at(Stage::reply)->fault == Fault::status_504);
  CHECK(book.take({}).at(Stage::reply)->fault == Fault::status_500);
  CHECK(book.take({}).at(Stage::reply) == nullptr);
}

TEST_CASE("the list of faults names each once, for people and for programs") {
  const std::string text = faults_text();
  const std::string document = faults_document();
  for (const FaultRow& row : fault_table()) {
    CHECK(text.find("\n  " + std::string(row.name)) != std::string::npos);
    CHECK(document.find("\"name\":\"" + std::string(row.name) + "\"") != std::string::npos);
  }
  CHECK(document.starts_with("{\"schema\":1,\"faults\":["));
}

#include "native/sim/bill.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::sim;

TEST_CASE("the bill adds exactly what its lines say") {
  BillBook book;
  const size_t first = book.open({.id = "gen-1", .model = "a/m", .provider = "Azure"});
  const size_t second = book.open({.id = "gen-2", .model = "a/m", .provider = "Groq", .user = "ada", .session = "s-1"});
  CHECK(book.copy().lines[0].state == "running");
  Usage usage;
  usage.prompt_tokens = 12;
  usage.completion_tokens = 5;
  usage.thinking_tokens = 3;
  book.close(first, {}, Money{1}, "complete");
  book.close(second, usage, Money{2'000'000'000'001}, "cancelled");
  CHECK(book.copy().total == Money{2'000'000'000'002});
  CHECK(bill_document(book.copy()) ==
        R"({"schema":1,"type":"bill","calls":2,"total_usd":"2.000000000002","lines":[)"
        R"({"id":"gen-1","model":"a/m","cost_usd":"0.000000000001","state":"complete","provider":"Azure",)"
        R"("user":null,"session_id":null,"prompt_tokens":0,"thinking_tokens":0,"completion_tokens":0},)"
        R"({"id":"gen-2","model":"a/m","cost_usd":"2.000000000001","state":"cancelled","provider":"Groq",)"
        R"("user":"ada","session_id":"s-1","prompt_tokens":12,"thinking_tokens":3,"completion_tokens":5}]})");
}

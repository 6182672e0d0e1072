#include "native/sim/bill.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::sim;

TEST_CASE("the bill adds exactly what its lines say") {
  BillBook book;
  const size_t first = book.open("gen-1", "a/m");
  const size_t second = book.open("gen-2", "a/m");
  CHECK(book.copy().lines[0].state == "running");
  book.close(first, Money{1}, "complete");
  book.close(second, Money{2'000'000'000'001}, "cancelled");
  CHECK(book.copy().total == Money{2'000'000'000'002});
  CHECK(bill_document(book.copy()) ==
        R"({"schema":1,"type":"bill","calls":2,"total_usd":"2.000000000002","lines":[)"
        R"({"id":"gen-1","model":"a/m","cost_usd":"0.000000000001","state":"complete"},)"
        R"({"id":"gen-2","model":"a/m","cost_usd":"2.000000000001","state":"cancelled"}]})");
}

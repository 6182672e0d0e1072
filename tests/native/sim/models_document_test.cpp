#include "native/sim/models_document.h"

#include <catch2/catch_test_macros.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace orthink;

namespace {

std::vector<std::string> rows(const Catalog& catalog) {
  std::istringstream text(catalog.to_compact());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  lines.erase(lines.begin());  // the head: when it was fetched
  return lines;
}

}  // namespace

TEST_CASE("our own reader takes the models document in again, row by row the same") {
  const Catalog& snapshot = Catalog::snapshot();
  REQUIRE(snapshot.size() > 300);
  const Result<Catalog> again = Catalog::from_models_document(sim::models_document(snapshot), snapshot.fetched_at());
  REQUIRE(again);
  CHECK(again->size() == snapshot.size());
  CHECK(again->rejected_rows() == 0);
  const std::vector<std::string> before = rows(snapshot);
  const std::vector<std::string> after = rows(*again);
  REQUIRE(before.size() == after.size());
  for (size_t i = 0; i < before.size(); ++i) CHECK(before[i] == after[i]);
}

TEST_CASE("a model's endpoints carry its prices") {
  const std::optional<ModelCard> card = Catalog::snapshot().find("anthropic/claude-haiku-4.5");
  REQUIRE(card);
  const std::string document = sim::endpoints_document(*card);
  CHECK(document.find(R"("provider_name":"Anthropic")") != std::string::npos);
  CHECK(document.find(R"("completion":"0.000005")") != std::string::npos);
}

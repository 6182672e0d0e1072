// Project Wycheproof's vectors for JSON Web Signatures, Keys and both, as they stand in the folder named by ORTHINK_CORPORA.
//
// What we do not do is refused by design and counted apart: HMAC (a secret shared with the issuer), RS384, RS512, PS384, PS512, ES521,
// encryption. Where a vector of those is "valid" it must be refused all the same.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "native/access/signature.h"
#include "native/system.h"
#include "orthink/access/token.h"
#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr Algorithm kAll[] = {Algorithm::es256, Algorithm::rs256, Algorithm::ps256, Algorithm::eddsa};

struct Tally {
  size_t passed = 0;      // as the vector says
  size_t not_ours = 0;    // valid there, refused here by design
  std::set<std::string> exceptions;
  bool operator==(const Tally&) const = default;
};

std::string text_at(const json::Value& value, std::string_view member) {
  const json::Value* found = value.find(member);
  return found != nullptr && found->is_string() ? found->text() : std::string();
}

bool is_accepted(const json::Value& keys, const std::string& token_text) {
  const bool is_set = keys.find("keys") != nullptr;
  const Result<KeySet> set = parse_jwks(is_set ? json::dump(keys) : R"({"keys":[)" + json::dump(keys) + "]}");
  const Judged<Token> token = read_token(token_text, kAll, TypeRule::any_jwt);
  if (!set || !token) return false;
  for (const SigningKey* key : set->find(token->kid, token->algorithm))
    if (is_signed(*key, token->algorithm, token->signed_part, token->signature)) return true;
  return false;
}

// Says what the vectors are signed by.
std::string kind_of(const json::Value& keys, const std::string& comment) {
  if (comment.starts_with("jwe")) return "encryption";
  const json::Value* listed = keys.find("keys");
  const json::Value& first = listed != nullptr ? listed->members().front().value : keys;
  const std::string alg = text_at(first, "alg");
  return alg.empty() ? "key for encryption" : alg;
}

Tally tally_of(const json::Value& document, std::map<std::string, Tally>& by_kind) {
  Tally all;
  for (const json::Member& group : document.find("testGroups")->members()) {
    const json::Value* keys = group.value.find("public");
    if (keys == nullptr) keys = group.value.find("private");
    Tally& kind = by_kind[kind_of(*keys, text_at(group.value, "comment"))];
    for (const json::Member& each : group.value.find("tests")->members()) {
      const bool should = text_at(each.value, "result") == "valid";
      const bool is = is_accepted(*keys, text_at(each.value, "jws"));
      for (Tally* tally : {&all, &kind}) {
        if (is == should)
          ++tally->passed;
        else if (should)
          ++tally->not_ours;
        else
          tally->exceptions.insert(each.value.find("tcId")->text() + " " + text_at(each.value, "comment"));
      }
    }
  }
  return all;
}

Tally run(const std::string& file, std::map<std::string, Tally>& by_kind) {
  const Result<std::string> text = read_file(*environment("ORTHINK_CORPORA") + "/wycheproof-jose/" + file, 4 << 20);
  REQUIRE(text);
  const Result<json::Value> document = json::parse(*text);
  REQUIRE(document);
  return tally_of(*document, by_kind);
}

TEST_CASE("Wycheproof: what is invalid stays out, and what is refused though valid is of a kind that is not done here") {
  if (!environment("ORTHINK_CORPORA")) SKIP("ORTHINK_CORPORA is not set");
  REQUIRE(signatures_ready());
  std::map<std::string, Tally> kinds;
  const Tally signatures = run("json_web_signature_test.json", kinds);
  const Tally keys = run("json_web_key_test.json", kinds);
  const Tally mixed = run("json_web_crypto_test.json", kinds);
  CHECK(signatures == Tally{371, 30, {}});
  // Keys of a chip that made them badly (CVE-2017-15361). Whoever trusts an issuer trusts its choice of keys; we do not look for them.
  CHECK(keys == Tally{21, 4, {"7 rejectsKeyWithRocaVulnerability"}});
  CHECK(mixed == Tally{78, 4, {"46 rejectsKeyWithRocaVulnerability"}});
  // RFC 7520's figure 20 is signed by PS384 under a key for PS256.
  const std::map<std::string, size_t> refused_by_design{{"HS256", 14}, {"HS384", 1}, {"HS512", 1}, {"RS384", 4}, {"RS512", 4}, {"PS256", 2},
                                                        {"PS384", 4},  {"PS512", 4}, {"ES521", 2}, {"encryption", 2}};
  for (const auto& [kind, tally] : kinds) {
    INFO(kind << ": " << tally.passed << " as said, " << tally.not_ours << " refused by design, " << tally.exceptions.size() << " exceptions");
    const auto row = refused_by_design.find(kind);
    CHECK(tally.not_ours == (row == refused_by_design.end() ? 0 : row->second));
  }
}

}  // namespace
}  // namespace orthink::access

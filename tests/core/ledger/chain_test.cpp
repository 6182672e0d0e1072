// The chain: its sum by hand, and every change of a sealed line or of a seal found at its place.
#include "orthink/ledger/chain.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using Codes = std::vector<std::string>;

namespace {

constexpr size_t kLines = 10;

struct Sealed {
  std::vector<std::pair<uint64_t, std::string>> lines;  // numbers and texts
  std::vector<chain::Check::Numbered> seals;
  uint64_t made = 0;
};

// Lines 1 to 10; seals over 1-3, 4-6 and 7-9.
Sealed sealed() {
  Sealed all;
  for (uint64_t i = 1; i <= kLines; ++i) all.lines.emplace_back(i, "line " + std::to_string(i));
  chain::Seal last;
  for (uint64_t k = 1; k <= 3; ++k) {
    std::vector<std::string> lines;
    for (uint64_t i = 3 * k - 3; i < 3 * k; ++i) lines.push_back(all.lines[i].second);
    last = chain::seal(k == 1 ? nullptr : &last, "tenant:a/b", lines);
    all.seals.emplace_back(k, last.to_json());
  }
  all.made = 3;
  return all;
}

Codes found(const Sealed& all) {
  chain::Check check("tenant:a/b", all.seals, all.made);
  for (const auto& [number, text] : all.lines) check.line(number, text);
  Codes codes;
  for (const Finding& each : check.finish().list) codes.push_back(std::string(each.code) + " " + each.key.substr(each.key.size() - 1));
  return codes;
}

std::string with(const std::string& seal, void (*change)(chain::Seal&)) {
  chain::Seal changed = *chain::Seal::parse(seal);
  change(changed);
  return changed.to_json();
}

// A number as 8 bytes, big end first.
std::string bytes(uint64_t number) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xff);
  return text;
}

}  // namespace

TEST_CASE("chain: a seal's sum is that of its header, every part preceded by its length") {
  const chain::Seal first = chain::seal(nullptr, "global", {"a", "bc"});
  const std::string zeros(64, '0');
  CHECK(first.hash == hex(Sha256::of(bytes(64) + zeros + bytes(6) + "global" + bytes(1) + bytes(2) + bytes(1) + "a" + bytes(2) + "bc")));
  const chain::Seal second = chain::seal(&first, "global", {""});
  CHECK(second.hash == hex(Sha256::of(bytes(64) + first.hash + bytes(6) + "global" + bytes(3) + bytes(3) + bytes(0))));
  CHECK(second.to_json() == R"({"v":1,"account":"global","from":3,"to":3,"previous":")" + first.hash + R"(","hash":")" + second.hash + "\"}");
  CHECK(chain::Seal::parse(second.to_json())->hash == second.hash);
}

TEST_CASE("chain: keys of seals sort by number, and an account's name may hold a slash") {
  CHECK(chain::seal_key("global", 7) == "seal/global/0000000007");
  CHECK(chain::seal_key("tenant:a/b", 12'345'678'901) == "seal/tenant:a/b/12345678901");
  const std::optional<chain::SealPlace> place = chain::read_seal_key("seal/tenant:a/b/0000000012");
  REQUIRE(place);
  CHECK(place->account == "tenant:a/b");
  CHECK(place->number == 12);
  for (const char* other : {"seal/0000000001", "seal/global/1", "seal/global/00000000x1", "seals/global/0000000001", "seal//0000000001", ""})
    CHECK(!chain::read_seal_key(other));
  CHECK(chain::mark_key("global") == "seals/global");
}

TEST_CASE("chain: nothing is found in what was sealed, nor where nothing was") {
  CHECK(found(sealed()).empty());
  Sealed none = sealed();
  none.seals.clear();
  none.made = 0;
  CHECK(found(none).empty());
  Sealed more = sealed();
  more.lines.emplace_back(11, "not sealed yet");
  CHECK(found(more).empty());
}

TEST_CASE("chain: lines under a seal") {
  Sealed all = sealed();
  SECTION("changed, told by the next seal") {
    all.lines[4].second = "another";
    CHECK(found(all) == Codes{"lines_changed 2"});
  }
  SECTION("changed under the last seal") {
    all.lines[8].second = "another";
    CHECK(found(all) == Codes{"seal_mismatch 3"});
  }
  SECTION("moved") {
    std::swap(all.lines[0].second, all.lines[1].second);
    CHECK(found(all) == Codes{"lines_changed 1"});
  }
  SECTION("cut otherwise") {
    all.lines[0].second = "line 1line";
    all.lines[1].second = " 2";
    CHECK(found(all) == Codes{"lines_changed 1"});
  }
  SECTION("put in, and the numbers moved up") {
    for (size_t i = kLines - 1; i > 4; --i) all.lines[i].second = all.lines[i - 1].second;
    CHECK(found(all) == Codes{"lines_changed 2", "seal_mismatch 3"});
  }
  SECTION("gone, with its number") {
    for (const size_t gone : {3, 4, 5}) {
      Sealed less = sealed();
      less.lines.erase(less.lines.begin() + static_cast<ptrdiff_t>(gone));
      CHECK(found(less) == Codes{"lines_missing 2"});
    }
  }
  SECTION("the last are gone") {
    all.lines.resize(7);
    CHECK(found(all) == Codes{"lines_missing 3"});
    all.lines.clear();
    CHECK(found(all) == Codes{"lines_missing 1", "lines_missing 2", "lines_missing 3"});
  }
}

TEST_CASE("chain: seals that are not as they were made") {
  Sealed all = sealed();
  SECTION("gone: the first, one between, the last, all") {
    for (const size_t gone : {0, 1, 2}) {
      Sealed less = sealed();
      less.seals.erase(less.seals.begin() + static_cast<ptrdiff_t>(gone));
      CHECK(found(less) == Codes{"seal_missing " + std::to_string(gone + 1)});
    }
    all.seals.clear();
    CHECK(found(all) == Codes{"seal_missing 1"});
  }
  SECTION("the hash") {
    all.seals[1].second = with(all.seals[1].second, [](chain::Seal& seal) { seal.hash[0] = seal.hash[0] == 'a' ? 'b' : 'a'; });
    CHECK(found(all) == Codes{"seal_changed 2"});
  }
  SECTION("the hash of the last") {
    all.seals[2].second = with(all.seals[2].second, [](chain::Seal& seal) { seal.hash[0] = seal.hash[0] == 'a' ? 'b' : 'a'; });
    CHECK(found(all) == Codes{"seal_mismatch 3"});
  }
  SECTION("the one before") {
    all.seals[1].second = with(all.seals[1].second, [](chain::Seal& seal) { seal.previous[0] = seal.previous[0] == 'a' ? 'b' : 'a'; });
    CHECK(found(all) == Codes{"seal_changed 2"});
    all.seals[0].second = with(all.seals[0].second, [](chain::Seal& seal) { seal.previous[0] = '1'; });
    CHECK(found(all) == Codes{"seal_changed 1", "seal_changed 2"});
  }
  SECTION("the one before, and the lines of that one too") {
    all.lines[0].second = "another";
    all.seals[1].second = with(all.seals[1].second, [](chain::Seal& seal) { seal.previous[0] = seal.previous[0] == 'a' ? 'b' : 'a'; });
    CHECK(found(all) == Codes{"seal_mismatch 1", "seal_changed 2"});
  }
  SECTION("where it begins or ends") {
    all.seals[1].second = with(all.seals[1].second, [](chain::Seal& seal) { seal.from = 5; });
    CHECK(found(all) == Codes{"seal_changed 2"});
    all = sealed();
    all.seals[2].second = with(all.seals[2].second, [](chain::Seal& seal) { seal.to = 99; });
    CHECK(found(all) == Codes{"lines_missing 3"});
  }
  SECTION("made anew over changed lines, without those that follow") {
    all.lines[1].second = "another";
    all.seals[0].second = chain::seal(nullptr, "tenant:a/b", {"line 1", "another", "line 3"}).to_json();
    CHECK(found(all) == Codes{"seal_changed 2"});
  }
  SECTION("unreadable, of another account, of no number") {
    all.seals[0].second = "{}";
    all.seals[1].second = with(all.seals[1].second, [](chain::Seal& seal) { seal.account = "global"; });
    CHECK(found(all) == Codes{"seal_unreadable 1", "seal_unreadable 2"});
    all = sealed();
    all.seals.insert(all.seals.begin(), {0, all.seals[0].second});
    CHECK(found(all) == Codes{"seal_unreadable 0"});
  }
}

TEST_CASE("chain: a seal that cannot be read is refused in words") {
  const std::string good = sealed().seals[0].second;
  CHECK(chain::Seal::parse(good));
  for (const char* bad : {"", "[]", "{}", R"({"v":2})", R"({"v":1,"account":"a","from":2,"to":1,"previous":"","hash":""})",
                          R"({"v":1,"account":5,"from":1,"to":1,"previous":"","hash":""})"}) CHECK(!chain::Seal::parse(bad));
  CHECK(!chain::Seal::parse(with(good, [](chain::Seal& seal) { seal.hash[3] = 'G'; })));
  CHECK(!chain::Seal::parse(with(good, [](chain::Seal& seal) { seal.previous.pop_back(); })));
}

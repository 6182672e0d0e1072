#include "native/key.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <type_traits>

#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_convertible_v<Secret, std::string>);

Environment with_key(const char* text) {
  return [text](const std::string& name) -> std::optional<std::string> {
    if (name == "OPENROUTER_API_KEY" && text != nullptr) return text;
    return std::nullopt;
  };
}

struct Place {
  test::TemporaryFolder folder;
  Config config = *load_config(ConfigSources{"", folder.path(), {}, {}});
  std::string path = folder.file("key");
};

TEST_CASE("the environment wins over the file") {
  const Place place;
  REQUIRE(save_key(place.path, Secret("file-key")));
  const Result<Key> key = find_key(place.config, now(), with_key("environment-key\n"));
  REQUIRE(key);
  CHECK(key->origin == Key::Origin::environment);
  CHECK(key->secret.reveal() == "environment-key");
}

TEST_CASE("a saved key is for its owner alone and knows its age") {
  const Place place;
  REQUIRE(save_key(place.path, Secret("file-key")));
  CHECK(file_facts(place.path)->mode == 0600);
  const Result<Key> key = find_key(place.config, file_facts(place.path)->changed + Duration::seconds(3 * 86'400), with_key(nullptr));
  REQUIRE(key);
  CHECK(key->origin == Key::Origin::file);
  CHECK(key->secret.reveal() == "file-key");
  CHECK(key->age == Duration::seconds(3 * 86'400));
}

TEST_CASE("a key file that others may touch is refused with the remedy") {
  const Place place;
  REQUIRE(save_key(place.path, Secret("file-key")));
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0644U, 0666U, 0610U}) {
    REQUIRE(::chmod(place.path.c_str(), mode) == 0);
    const Result<Key> key = find_key(place.config, now(), with_key(nullptr));
    REQUIRE_FALSE(key);
    CHECK(key.error().errc == Errc::invalid_config);
    CHECK(key.error().remedy == "Run: chmod 600 '" + place.path + "'");
    CHECK(key.error().message.find("file-key") == std::string::npos);
  }
  REQUIRE(::chmod(place.path.c_str(), 0400) == 0);
  CHECK(find_key(place.config, now(), with_key(nullptr)));
}

TEST_CASE("what cannot be a key is refused without being quoted") {
  const Place place;
  for (const std::string& bad :
       {std::string(""), std::string("two words"), std::string("line\nbreak"), std::string("caf\xc3\xa9"), std::string("nul\0x", 5)}) {
    CHECK_FALSE(save_key(place.path, Secret(bad)));
    if (bad.empty()) continue;
    REQUIRE(write_file(place.path, bad, 0600));
    const Result<Key> key = find_key(place.config, now(), with_key(nullptr));
    REQUIRE_FALSE(key);
    CHECK(key.error().message.find(bad) == std::string::npos);
  }
}

TEST_CASE("no key at all says what to do") {
  const Place place;
  const Result<Key> key = find_key(place.config, now(), with_key(nullptr));
  REQUIRE_FALSE(key);
  CHECK(key.error().errc == Errc::key_missing);
  CHECK(key.error().remedy.find("orthink key set") != std::string::npos);
}

TEST_CASE("a moved secret leaves nothing behind") {
  Secret first("a-key");
  const Secret second(std::move(first));
  CHECK(first.empty());  // NOLINT: what is left is the point
  CHECK(second.reveal() == "a-key");
}

}  // namespace
}  // namespace orthink

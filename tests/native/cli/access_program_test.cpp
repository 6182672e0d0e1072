// `orthink access` as a shell sees it.
#ifdef ORTHINK_PROGRAM

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "native/access/keys_file.h"
#include "native/system.h"
#include "orthink/wire/json.h"
#include "tests/native/cli/program.h"

using namespace orthink;
using test::Home;
using test::orthink_program;
using test::Ran;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
std::string file_of(const Home& home) { return home.path() + "/config/orthink/access.json"; }
std::string secret_of(const Ran& ran) { return ran.out.substr(0, ran.out.find('\n')); }
std::string id_of(const Home& home, const std::string& secret) {
  const Result<access::KeyTable> table = access::read_keys(file_of(home));
  REQUIRE(table);
  const access::Judged<access::Principal> caller = table->find(wall_now(), secret);
  return caller ? caller->id : std::string(access::row(caller.denial()).code);
}

TEST_CASE("access add shows a key once and keeps its sum, for its owner alone", "[program]") {
  const Home home;
  const Ran ran = orthink_program(home, {"access", "add", "ci", "--user", "alice", "--tenant", "acme", "--usd-per-day", "5", "--requests-per-minute", "20",
                                         "--allow-models", "openai/*,a/b", "--allow-tools", "plan_request", "--expires", "30d"});
  REQUIRE(ran.code == 0);
  const std::string secret = secret_of(ran);
  CHECK(secret.starts_with("ork_"));
  CHECK(secret.size() == 68);
  CHECK(ran.out == secret + "\n");
  CHECK_FALSE(contains(ran.err, secret));
  struct stat facts {};
  REQUIRE(::stat(file_of(home).c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK_FALSE(contains(*read_file(file_of(home), 100'000), secret.substr(4)));
  CHECK(id_of(home, secret) == "key:ci");

  const Result<access::KeyTable> table = access::read_keys(file_of(home));
  const access::AccessKey& key = table->keys().at(0);
  CHECK(key.user == "alice");
  CHECK(key.tenant == "acme");
  CHECK(key.limits.to_json() == R"({"usd_per_day":"5","requests_per_minute":20})");
  CHECK(key.models == std::vector<std::string>{"openai/*", "a/b"});
  CHECK(key.tools == std::vector<std::string>{"plan_request"});
  REQUIRE(key.expires);
  const int64_t ahead = (*key.expires - wall_now()).us / 1'000'000;
  CHECK(ahead > 30 * 86'400 - 60);
  CHECK(ahead <= 30 * 86'400);
}

TEST_CASE("two keys are never the same, and a name is taken once", "[program]") {
  const Home home;
  const std::string first = secret_of(orthink_program(home, {"access", "add", "one"}));
  const std::string second = secret_of(orthink_program(home, {"access", "add", "two"}));
  CHECK(first != second);
  const Ran again = orthink_program(home, {"access", "add", "one"});
  CHECK(again.code == 2);
  CHECK(again.out.empty());
  CHECK(id_of(home, first) == "key:one");
}

TEST_CASE("access list shows every key, and no key", "[program]") {
  const Home home;
  CHECK(contains(orthink_program(home, {"access", "list"}).err, "access add NAME"));
  const std::string secret = secret_of(orthink_program(home, {"access", "add", "ci", "--user", "alice", "--expires", "2099-01-31"}));
  const Ran ran = orthink_program(home, {"access", "list"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "ci  until 2099-01-31T00:00:00Z\n  user    alice\n  models  every\n  tools   every\n");
  const Ran json = orthink_program(home, {"access", "list", "--json"});
  CHECK(json.out == R"({"schema":1,"ok":true,"path":")" + file_of(home) +
                        R"(","keys":[{"name":"ci","user":"alice","tenant":null,"models":[],"tools":[],"limits":{},"expires":"2099-01-31T00:00:00Z","valid":true}]})" "\n");
  CHECK_FALSE(contains(ran.out + json.out, secret.substr(4)));
}

TEST_CASE("access disable, enable and remove do so", "[program]") {
  const Home home;
  const Ran made = orthink_program(home, {"access", "add", "ci", "--json"});
  const std::string secret = json::parse(made.out)->find("key")->text();
  CHECK(orthink_program(home, {"access", "disable", "ci"}).out == "ci: disabled. A running server takes it up at SIGHUP.\n");
  CHECK(id_of(home, secret) == "key_disabled");
  CHECK(contains(orthink_program(home, {"access", "list"}).out, "ci  disabled"));
  CHECK(orthink_program(home, {"access", "enable", "ci", "--json"}).out == "{\"schema\":1,\"ok\":true,\"name\":\"ci\",\"done\":\"enabled\"}\n");
  CHECK(id_of(home, secret) == "key:ci");
  CHECK(orthink_program(home, {"access", "remove", "ci"}).code == 0);
  CHECK(id_of(home, secret) == "key_unknown");
}

TEST_CASE("a model that nobody knows is warned of, and the key is made", "[program]") {
  const Home home;
  const Ran odd = orthink_program(home, {"access", "add", "odd", "--allow-models", "openai/*,opnai/*", "--allow-tools", "budget_*"});
  CHECK(odd.code == 0);
  CHECK(contains(odd.err, "\"opnai/*\" fits no model"));
  CHECK_FALSE(contains(odd.err, "\"openai/*\""));
  CHECK(id_of(home, secret_of(odd)) == "key:odd");
}

TEST_CASE("what cannot be meant is refused with what to write", "[program]") {
  const Home home;
  REQUIRE(orthink_program(home, {"access", "add", "ci"}).code == 0);
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"access"}, "needs list|add|remove|disable|enable"},
      {{"access", "ad", "x"}, "Did you mean orthink access add?"},
      {{"access", "add"}, "does not say which key"},
      {{"access", "list", "ci"}, "takes no name"},
      {{"access", "add", "a b"}, "no name for a key"},
      {{"access", "remove", "cj"}, "Did you mean ci?"},
      {{"access", "disable", "nothing-like-it"}, "access list"},
      {{"access", "remove", "ci", "--user", "x"}, "for `orthink access add` alone"},
      {{"access", "add", "x", "--expires", "2001-01-01"}, "in the past"},
      {{"access", "add", "x", "--expires", "soon"}, "--expires"},
      {{"access", "add", "x", "--usd-per-day", "-1"}, "--usd-per-day"},
      {{"access", "add", "x", "--allow-models", "a,,b"}, "empty name"},
      {{"access", "add", "x", "--allow-tools", ""}, "--allow-tools"},
      {{"access", "add", "x", "--allow-tools", "health,plan_requst"}, "Did you mean plan_request?"},
      {{"access", "add", "x", "--allow-tools", "nothing-like-it"}, "There are thinking_completion"},
      {{"access", "add", "x", "--user", ""}, "--user"}};
  for (const auto& [words, says] : rows) {
    const Ran ran = orthink_program(home, words);
    CAPTURE(words, ran.err);
    CHECK(ran.code == 2);
    CHECK(contains(ran.err, says));
    CHECK(ran.out.empty());
  }
  REQUIRE(::chmod(file_of(home).c_str(), 0644) == 0);
  const Ran open = orthink_program(home, {"access", "list"});
  CHECK(open.code != 0);
  CHECK(contains(open.err, "chmod 600"));
}

}  // namespace

#endif

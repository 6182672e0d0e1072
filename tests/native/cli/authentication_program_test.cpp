// Who is let in by `orthink serve`, over the wire: each answer to a caller who is not, whole, against a golden.
#ifdef ORTHINK_PROGRAM

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "orthink/base/base64.h"
#include "tests/native/cli/served_program.h"
#include "tests/support/golden.h"

namespace orthink {
namespace {

using test::RawAnswer;
using test::ServedRoom;
using test::TokenParts;

const std::string kHealth = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"health","arguments":{}}})";

struct Row {
  std::string what;
  std::string headers;
  int status;
};

// What any guard before the gate would judge, and what the gate does.
std::vector<Row> refused(const ServedRoom& room, const std::string& key) {
  const auto bearer = [](const std::string& token) { return ServedRoom::bearer(token); };
  const auto signed_with = [&](const std::string& header) {
    return bearer(room.signer.token(header, R"({"iss":"https://id.example","aud":"https://orthink.example/mcp","sub":"alice","scope":"orthink","exp":9999999999})"));
  };
  const std::string good = room.token();
  const std::string unsigned_token = base64url(R"({"alg":"none"})") + good.substr(good.find('.'), good.rfind('.') + 1 - good.find('.'));
  TokenParts other_audience, other_issuer, expired, weak, early;
  other_audience.audience = "https://other.example/mcp";
  other_issuer.issuer = "https://evil.example";
  expired.seconds = -3600;
  weak.scope = "openid";
  early.more = R"(,"nbf":9999999999)";
  return {{"no header", "", 401},
          {"another scheme", "Authorization: Basic dXNlcjpwYXNz\r\n", 401},
          {"no token", "Authorization: Bearer\r\n", 400},
          {"two tokens", "Authorization: Bearer a b\r\n", 400},
          {"a key in the query", "X-Api-Key: " + key + "\r\n", 401},
          {"an unknown key", bearer("ork_" + std::string(64, '0')), 401},
          {"a key cut short", bearer(key.substr(0, key.size() - 1)), 401},
          {"a key with another case", bearer("ORK_" + key.substr(4)), 401},
          {"not a token", bearer("a.b.c"), 401},
          {"alg none", bearer(unsigned_token), 401},
          {"alg none with a signature", bearer(unsigned_token + "AA"), 401},
          {"alg HS256", signed_with(R"({"alg":"HS256","kid":"k1"})"), 401},
          {"a critical extension", signed_with(R"({"alg":"ES256","kid":"k1","crit":["x"],"x":1})"), 401},
          {"another type", signed_with(R"({"alg":"ES256","kid":"k1","typ":"dpop+jwt"})"), 401},
          {"an unknown kid", signed_with(R"({"alg":"ES256","kid":"../../k2"})"), 401},
          {"a key of the token's own", bearer(access::test::Signer(access::Algorithm::es256).token("{}")), 401},
          {"another audience", bearer(room.token(other_audience)), 401},
          {"another issuer", bearer(room.token(other_issuer)), 401},
          {"expired", bearer(room.token(expired)), 401},
          {"not yet valid", bearer(room.token(early)), 401},
          {"too weak", bearer(room.token(weak)), 403},
          {"over 16 KiB", bearer(good.substr(0, good.rfind('.')) + "." + std::string(15'000, 'A')), 401}};
}

std::string without_date(std::string head) {
  const size_t at = head.find("Date: ");
  if (at != std::string::npos) head.erase(at, head.find("\r\n", at) + 2 - at);
  std::erase(head, '\r');
  return head;
}

TEST_CASE("who is not let in is told so, as the golden says, and reaches no tool", "[serve]") {
  ServedRoom room;
  const std::string key = room.add_key("ci");
  room.begin();
  REQUIRE(room.ask(ServedRoom::bearer(room.token()), kHealth).status == 200);
  std::string all;
  for (const Row& row : refused(room, key)) {
    const RawAnswer answer = room.ask(row.headers, kHealth);
    CAPTURE(row.what, answer.head, answer.body);
    CHECK(answer.status == row.status);
    CHECK(answer.body.find("structuredContent") == std::string::npos);
    all += "# " + row.what + "\n" + without_date(answer.head) + answer.body + "\n\n";
  }
  const std::string path = std::string(ORTHINK_SOURCE_DIR) + "/tests/golden/access/refused.txt";
  if (environment("ORTHINK_UPDATE_GOLDENS")) std::ofstream(path, std::ios::binary) << all;
  CHECK(all == test::read_file(path));
  CHECK(room.issuer.count() == 1);
}

TEST_CASE("keys and tokens are let in, every method asks for them, and the document of RFC 9728 asks for none", "[serve]") {
  ServedRoom room;
  const std::string key = room.add_key("ci", {"--allow-tools", "health,plan_request"});
  room.begin();
  CHECK(room.ask(ServedRoom::bearer(key), kHealth).status == 200);
  CHECK(room.ask("authorization: bearer " + room.token() + "\r\n", kHealth).status == 200);
  for (const char* method : {"GET", "DELETE"}) CHECK(room.ask("", "", "/mcp", method).status == 401);
  CHECK(room.ask("", kHealth, "/mcp?access_token=" + room.token()).status == 401);
  for (const char* path : {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"}) {
    const RawAnswer answer = room.ask("", "", path, "GET");
    CHECK(answer.status == 200);
    CHECK(test::RawClient::header(answer.head, "Access-Control-Allow-Origin") == "*");
    CHECK(test::RawClient::header(answer.head, "Content-Type").starts_with("application/json"));
    CHECK(answer.body == R"({"resource":"https://orthink.example/mcp","authorization_servers":["https://id.example"],"scopes_supported":["orthink"],)"
                         R"("bearer_methods_supported":["header"],"resource_name":"orthink"})");
  }
}

TEST_CASE("a page of our own origin may read why it is let in or not, another may not", "[serve]") {
  ServedRoom room;
  room.begin();
  const RawAnswer own = room.ask("Origin: http://localhost:6274\r\n", kHealth);
  CHECK(own.status == 401);
  CHECK(test::RawClient::header(own.head, "Access-Control-Allow-Origin") == "http://localhost:6274");
  CHECK(test::RawClient::header(own.head, "Access-Control-Expose-Headers") == "WWW-Authenticate");
  CHECK(test::RawClient::header(own.head, "Vary") == "Origin");
  for (const char* origin : {"https://evil.example", "null"}) {
    const RawAnswer foreign = room.ask("Origin: " + std::string(origin) + "\r\n", kHealth);
    CHECK(foreign.status == 401);
    CHECK(foreign.head.find("Access-Control") == std::string::npos);
  }
}

TEST_CASE("two Authorization headers are refused before anyone looks at either", "[serve]") {
  ServedRoom room;
  const std::string key = room.add_key("ci");
  room.begin();
  CHECK(room.ask(ServedRoom::bearer(key) + ServedRoom::bearer(key), kHealth).status == 400);
}

TEST_CASE("a key of a table that changes is let in after SIGHUP, and one that is taken away no more", "[serve]") {
  ServedRoom room;
  const std::string first = room.add_key("first");
  room.begin();
  const std::string second = room.add_key("second");
  CHECK(room.ask(ServedRoom::bearer(second), kHealth).status == 401);
  const test::Ran removed = test::run_command(room.home, {ORTHINK_PROGRAM, "access", "remove", "first"}, "", {{"ORTHINK_AUTH_KEYS_FILE", room.home.path() + "/access.json"}});
  REQUIRE(removed.code == 0);
  CHECK(room.ask(ServedRoom::bearer(first), kHealth).status == 200);
  room.child->signal(SIGHUP);
  (void)room.child->error_line("reloaded");
  CHECK(room.ask(ServedRoom::bearer(second), kHealth).status == 200);
  CHECK(room.ask(ServedRoom::bearer(first), kHealth).status == 401);
}

}  // namespace
}  // namespace orthink

#endif

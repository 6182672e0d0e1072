#include "orthink/access/challenge.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/wire/json.h"

using namespace orthink;
using namespace orthink::access;

namespace {

const ResourceFacts kTokens{"https://orthink.example/mcp", {"https://id.example"}, {"orthink", "spend"}};
const ResourceFacts kKeys;

std::string header(const Challenge& challenge, std::string_view name) {
  for (const http::Header& each : challenge.headers)
    if (each.name == name) return each.value;
  return "";
}
std::string_view bearer(std::string_view text) {
  const Judged<std::string_view> token = bearer_of(text);
  return token ? *token : row(token.denial()).code;
}

}  // namespace

TEST_CASE("who brings nothing learns where tokens come from, and of no error") {
  const Challenge challenge = challenge_of(Denial::no_credentials, kTokens);
  CHECK(challenge.status == 401);
  CHECK(header(challenge, "WWW-Authenticate") ==
        R"(Bearer realm="orthink", scope="orthink spend", resource_metadata="https://orthink.example/.well-known/oauth-protected-resource/mcp")");
  CHECK(header(challenge, "Content-Type") == "application/json");
  CHECK(header(challenge, "Cache-Control") == "no-store");
  CHECK(challenge.body == R"({"error":"no_credentials","error_description":"Send a key or a token in the Authorization header, after Bearer."})");
}

TEST_CASE("a bad token is a 401 that says why") {
  const Challenge challenge = challenge_of(Denial::audience_wrong, kTokens);
  CHECK(challenge.status == 401);
  CHECK(header(challenge, "WWW-Authenticate") ==
        R"(Bearer realm="orthink", error="invalid_token", error_description="The token was made for another resource.", scope="orthink spend", )"
        R"(resource_metadata="https://orthink.example/.well-known/oauth-protected-resource/mcp")");
  CHECK(challenge.body == R"({"error":"invalid_token","error_description":"The token was made for another resource."})");
}

TEST_CASE("a token too weak is a 403 with all scopes that the operation needs") {
  const Challenge challenge = challenge_of(Denial::scope_missing, kTokens, {"orthink", "admin"});
  CHECK(challenge.status == 403);
  CHECK(header(challenge, "WWW-Authenticate").find(R"(error="insufficient_scope")") != std::string::npos);
  CHECK(header(challenge, "WWW-Authenticate").find(R"(scope="orthink admin")") != std::string::npos);
}

TEST_CASE("where keys alone are taken there is no document to point to") {
  CHECK(header(challenge_of(Denial::key_unknown, kKeys), "WWW-Authenticate") ==
        R"(Bearer realm="orthink", error="invalid_token", error_description="The key is not one of this server.")");
  CHECK(metadata_url(kKeys).empty());
  CHECK(metadata_paths(kKeys).empty());
}

TEST_CASE("keys of the issuer that cannot be had are our trouble, not the caller's") {
  const Challenge challenge = challenge_of(Denial::keys_unavailable, kTokens);
  CHECK(challenge.status == 503);
  CHECK(header(challenge, "Retry-After") == "60");
  CHECK(header(challenge, "WWW-Authenticate").empty());
}

TEST_CASE("a scope with a quote or a line end does not break the header") {
  const Challenge challenge = challenge_of(Denial::scope_missing, kKeys, {"a\"b\\c\r\nSet-Cookie: x"});
  CHECK(header(challenge, "WWW-Authenticate").ends_with(R"(scope="a\"b\\cSet-Cookie: x")"));
}

TEST_CASE("the document of RFC 9728 says who issues tokens for what") {
  CHECK(metadata_json(kTokens) ==
        R"({"resource":"https://orthink.example/mcp","authorization_servers":["https://id.example"],"scopes_supported":["orthink","spend"],)"
        R"("bearer_methods_supported":["header"],"resource_name":"orthink"})");
  CHECK(json::parse(metadata_json(kKeys)));
}

TEST_CASE("the document is at its own place and at the root, nowhere else") {
  const std::string root = "/.well-known/oauth-protected-resource";
  CHECK(metadata_paths(kTokens) == std::vector<std::string>{root, root + "/mcp"});
  CHECK(metadata_paths({"https://h/", {"i"}, {}}) == std::vector<std::string>{root});
  CHECK(metadata_url({"https://h:8443", {"i"}, {}}) == "https://h:8443/.well-known/oauth-protected-resource");
  CHECK(metadata_url({"https://h/", {"i"}, {}}) == "https://h/.well-known/oauth-protected-resource");
  CHECK(metadata_url({"odd", {"i"}, {}}) == "odd/.well-known/oauth-protected-resource");
  CHECK(metadata_url({"https://h/a", {}, {}}).empty());
}

TEST_CASE("a bearer token stands after its scheme, alone") {
  CHECK(bearer("Bearer abc.def-_~+/=") == "abc.def-_~+/=");
  CHECK(bearer("bearer abc") == "abc");
  CHECK(bearer("BEARER   abc  ") == "abc");
  CHECK(bearer("") == "no_credentials");
  CHECK(bearer("Basic dXNlcjpwYXNz") == "no_credentials");
  CHECK(bearer("Bearerabc") == "no_credentials");
  CHECK(bearer(" Bearer abc") == "no_credentials");
  for (const char* text : {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer a, Basic b", "Bearer \"a\"", "Bearer a\tb", "Bearer \xc3\xa9", "Bearer a\x7f"}) {
    INFO(text);
    CHECK(bearer(text) == "malformed_header");
  }
}

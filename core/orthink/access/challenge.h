// What a caller who is not let in is told (RFC 6750 section 3), and where a client learns who issues tokens (RFC 9728).
//
//   ResourceFacts facts{"https://orthink.example/mcp", {"https://id.example"}, {"orthink"}};
//   Challenge challenge = challenge_of(Denial::expired, facts);     // 401, WWW-Authenticate: Bearer resource_metadata="...", ...
//   for (const std::string& path : metadata_paths(facts)) serve(path, metadata_json(facts));
//
// Nothing here repeats what the caller sent.
// Thread rule: plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orthink/access/denial.h"
#include "orthink/wire/http.h"

namespace orthink::access {

struct ResourceFacts {
  std::string resource;              // the canonical URI of this server; empty: it takes keys alone, and there is no document
  std::vector<std::string> issuers;  // authorization servers
  std::vector<std::string> scopes;   // what is needed for anything at all
};

struct Challenge {
  int status = 0;
  std::vector<http::Header> headers;
  std::string body;  // JSON
};

// `scopes` are those the operation needs (all of them, for one challenge); empty: those of `facts`.
Challenge challenge_of(Denial denial, const ResourceFacts& facts, const std::vector<std::string>& scopes = {});

// "https://host/.well-known/oauth-protected-resource/mcp" for "https://host/mcp" (RFC 9728 section 3.1); empty where there is no document.
std::string metadata_url(const ResourceFacts& facts);
// Where the document may be asked for: at the root and at its own place; empty where there is none.
std::vector<std::string> metadata_paths(const ResourceFacts& facts);
// The body of the document, for a 200 with Content-Type application/json and, so that clients in browsers can read it,
// Access-Control-Allow-Origin: *.
std::string metadata_json(const ResourceFacts& facts);

// The token of "Bearer TOKEN": a view into `header`. The scheme's case does not matter (RFC 9110 section 11.1).
Judged<std::string_view> bearer_of(std::string_view header);

}  // namespace orthink::access

// The last net under every line that leaves the program: what looks like a credential becomes "***".
//
//   redacted("got sk-or-v1-0123abcd from the header")     // "got sk-or-*** from the header"
//
// Secrets are typed (native/key.h: Secret) and have no way into a line; this catches what came in as somebody's plain text: an error
// message of an upstream, a header, an address. It rather masks a harmless word than lets a key through.
//
//   sk-or-CHARACTERS, sk-CHARACTERS (16 and more)      keys of OpenRouter and of others
//   ork_HEX (8 and more)                               keys of callers of this program's server
//   Bearer CHARACTERS                                  whatever the case
//   eyJ....eyJ....SIGNATURE                            JSON Web Tokens
//   scheme://USER:PASSWORD@host                        what stands before an '@'
//
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace orthink::observe {

std::string redacted(std::string_view text);

// What comes from outside, fit for a line: redacted, and nothing in it steers a terminal or is no UTF-8. Of `text` the first `looked_at_max` bytes
// count; they are redacted first and cut at about `kept_max` then: a key is not let through by its last half being cut off.
std::string fit_for_line(std::string_view text, size_t looked_at_max, size_t kept_max);

}  // namespace orthink::observe

// What an error says of the machine the server runs on: its files, its settings, where its ledger lies. That is for whoever runs it, who finds it in
// the log; other callers are told what it means for them.
//
//   if (is_for_operator(error)) log(error), error = discreet(error);
//
// Thread rule: pure functions.
#pragma once

#include <string>

#include "orthink/base/error.h"

namespace orthink::tools {

bool is_for_operator(Errc errc);

// The same kind, code and retry advice in words that name nothing of the machine. REQUIRES: is_for_operator(error.errc).
Error discreet(Error error);

// "message. remedy", for a list of troubles.
std::string in_a_sentence(const Error& error);

}  // namespace orthink::tools

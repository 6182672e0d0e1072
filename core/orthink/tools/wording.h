// Sentences that were written for a person at a shell, said to whoever calls a tool: flags become arguments, verbs become tools. What only
// the operator of the server can do stays a command of his.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/error.h"
#include "orthink/wire/json.h"

namespace orthink::tools {

std::string as_arguments(std::string_view sentence);

// One paragraph: kind and code, what happened, what to change, whether and when to ask again. `error` is an `error` object of the public
// interface whose message and remedy are in these words already.
std::string spoken(const json::Value& error);

// Foreign text that is shown in a sentence: chat/plain_text, and without tag characters (U+E0000 to U+E007F), which nobody sees and models
// read.
std::string seen_text(std::string_view foreign);

}  // namespace orthink::tools

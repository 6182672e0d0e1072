// Help for people, made from the table of verbs and flags.
#pragma once

#include <string>
#include <string_view>

#include "native/cli/options.h"

namespace orthink::cli {

// `orthink help`: the verbs, a line each.
std::string overview();
// `orthink VERB --help`.
std::string help_of(Verb verb);

// "--max-cost USD"; "--fit".
std::string usage_of(const FlagRow& flag);
// `text` broken between words into lines of at most `columns`, each after `indent` blanks; lines that start with a blank stay.
std::string wrapped(std::string_view text, size_t indent, size_t columns);

}  // namespace orthink::cli

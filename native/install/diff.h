// What changes between two texts, for a person to look at before it is done.
//
//   install::diff("{}\n", "{\"a\": 1}\n");     // "-{}\n+{\"a\": 1}\n"
//
// Thread rule: pure.
#pragma once

#include <string>
#include <string_view>

namespace orthink::install {

// The lines taken out ("-") and put in ("+") in their order, each run between up to two lines of its surroundings (" "). Long lines are shown
// around the place where they differ. A surrounding line that speaks of a key, token, secret or password shows its name alone: it is
// somebody else's. Nothing when the texts are the same.
std::string diff(std::string_view before, std::string_view after);

}  // namespace orthink::install

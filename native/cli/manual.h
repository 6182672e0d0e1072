// The manual page docs/orthink.1 in roff (man(7)), made from the tables of verbs, flags and settings.
#pragma once

#include <string>

namespace orthink::cli {

std::string manual_page();

}  // namespace orthink::cli

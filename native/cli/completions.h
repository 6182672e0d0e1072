// Completion scripts, made from the table of verbs and flags. Model ids are asked of `orthink models --json` when needed.
#pragma once

#include <string>
#include <string_view>

namespace orthink::cli {

// REQUIRES: shell is "bash", "zsh" or "fish".
std::string completion_script(std::string_view shell);

}  // namespace orthink::cli

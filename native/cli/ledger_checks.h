// What doctor looks at in the ledger: the store and whether it can be written, its clock, blocked scopes, unknown outcomes, and whether the books agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/cli/print.h"
#include "native/config.h"

namespace orthink::cli {

enum class Verdict : uint8_t { good, unsure, bad };

struct Check {
  std::string_view what;
  Verdict verdict = Verdict::good;
  std::string text;
  std::string remedy;
};

Check failed(std::string_view what, const Error& error);

// A ledger that is not there yet is not made.
void check_ledger(const Config& config, Printer& printer, std::vector<Check>& checks);

}  // namespace orthink::cli

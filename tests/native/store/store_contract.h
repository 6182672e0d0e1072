// The contract of stores as data: tests/golden/store/*.json, batches with the answers they must get and what is there afterwards.
//
//   check_contract([] { return std::make_unique<MemoryStore>(); });
#pragma once

#include <functional>
#include <memory>

#include "native/store/store.h"

namespace orthink::test {

// Runs every golden on a new, empty store of `make`.
void check_contract(const std::function<std::unique_ptr<Store>()>& make);

}  // namespace orthink::test

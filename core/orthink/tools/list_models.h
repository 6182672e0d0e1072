// list_models: the rows of the catalogue that the caller asked for and may use.
// Thread rule: pure functions.
#pragma once

#include <string>

#include "orthink/access/principal.h"
#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

namespace orthink::tools {

// The result, {"models":[...],"total":N}: at most `limit` of the `total` rows that match. `checked` came from check(Tool::list_models).
// Errc::invalid_argument for a price that is none, or a provider that nobody is called.
Result<std::string> list_models(const json::Value& checked, const Catalog& catalog, const access::Principal& caller);

}  // namespace orthink::tools

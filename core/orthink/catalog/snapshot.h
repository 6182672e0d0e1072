// The catalogue facts that are compiled in: the compact form (catalog/catalog.cpp) of one models document.
// Written by `orthink_snapshot MODELS.json YYYY-MM-DDTHH:MM > core/orthink/catalog/snapshot_data.inc`.
#pragma once

#include <string_view>

namespace orthink {

std::string_view snapshot_text();

}  // namespace orthink

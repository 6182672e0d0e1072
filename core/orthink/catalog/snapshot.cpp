#include "orthink/catalog/snapshot.h"

namespace orthink {

namespace {

constexpr char kText[] =
#include "orthink/catalog/snapshot_data.inc"
    ;

}  // namespace

std::string_view snapshot_text() { return {kText, sizeof kText - 1}; }

}  // namespace orthink

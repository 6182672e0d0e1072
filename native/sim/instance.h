// The smallest instance of a JSON Schema: what a simulated model answers when an answer must have a shape.
#pragma once

#include "orthink/wire/json.h"

namespace orthink::sim {

// Knows type, const, enum, default, properties and required, items and minItems, minimum, minLength, anyOf, oneOf, allOf and
// local $ref; where the schema says nothing, null.
json::Value minimal_instance(const json::Value& schema);

}  // namespace orthink::sim

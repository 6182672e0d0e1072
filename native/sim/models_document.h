// The catalogue as GET /models words it (OpenRouter's documentation): what our own reader takes in again gives the same rows.
#pragma once

#include <string>

#include "orthink/catalog/catalog.h"

namespace orthink::sim {

std::string models_document(const Catalog& catalog);
// GET /models/{author}/{slug}/endpoints: one endpoint, at the listed price.
std::string endpoints_document(const ModelCard& card);

}  // namespace orthink::sim

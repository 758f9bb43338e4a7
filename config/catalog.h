#pragma once

#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// The catalogue that ships inside the library, built from config/catalog.yaml. Thread-safe.

// Its text, as in the source tree.
std::string_view CatalogText();

// Its models in the order of the file; every place is {"catalog.yaml", 0}.
const std::vector<Model>& ShippedModels();

}  // namespace headgate::config

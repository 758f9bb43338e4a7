#pragma once

#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// The models of the catalogue that ships inside the library (config/catalog.yaml), in the order of
// the file; every location is {"catalog.yaml", 0}. Thread-safe.
const std::vector<Model>& ShippedModels();

// The text of config/catalog.yaml, which the build puts into the library (embed.cmake).
// Thread-safe.
std::string_view CatalogText();

}  // namespace headgate::config

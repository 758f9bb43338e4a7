#pragma once

#include <string_view>

namespace headgate::config {

// The text of config/catalog.yaml, which the build puts into the library (embed.cmake).
// Thread-safe.
std::string_view CatalogText();

}  // namespace headgate::config

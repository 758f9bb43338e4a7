#pragma once

#include <string>
#include <vector>

#include "config/reader/yaml_document.h"

namespace headgate::config {

// Returns what differs between two configurations as they are written, included files expanded: one
// text for each key, in the order of `after`, and then what is gone: `backends.gpu.slots`,
// `routes.night (new)`, `keys.old (gone)`, `routes (another order)`. Items of lists that have a
// `name` are compared by it. Values are not shown. What the files do not say is not seen: secrets
// and certificates of other files, the environment. Pure.
std::vector<std::string> ChangesBetween(const YamlNode& before, const YamlNode& after);

}  // namespace headgate::config

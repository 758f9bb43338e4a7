#pragma once

#include <string>

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// The whole file: the table of its top-level keys, which gathers the sections of this folder.
// Stateless and thread-safe.

// Reads `root` into `config`, which holds the shipped catalogue already. Reports every mistake into
// `root.context()`.
void ReadConfiguration(const Value& root, Config& config);

// What LoadFile accepts, as a JSON Schema (draft-07) for editors, made from the same tables. It
// accepts whatever LoadFile accepts; rules over several values are left to LoadFile.
std::string ConfigurationSchema();

}  // namespace headgate::config

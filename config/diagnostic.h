#pragma once

#include <string>

#include "config/config.h"

namespace headgate::config {

// One thing that is wrong, and what to write instead.
struct Diagnostic {
  Place place;
  std::string path;     // "backends.gpu.slots", "routes.code.when.class"
  std::string problem;  // "is a list"
  std::string fix;      // "write a number >= 1, e.g. slots: 48"
};

// `file:line: path: problem; fix`
std::string ToString(const Diagnostic& diagnostic);

}  // namespace headgate::config

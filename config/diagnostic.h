#pragma once

#include <string>

#include "config/config.h"

namespace headgate::config {

// One mistake, and what to write instead.
struct Diagnostic {
  SourceLocation location;
  std::string path;     // "backends.gpu.slots", "routes.code.when.class"
  std::string problem;  // "is a list"
  std::string fix;      // "write a number >= 1, e.g. slots: 48"
};

// "policy.yaml:12"; the file alone when the line is 0.
std::string ToString(const SourceLocation& location);

// `file:line: path: problem; fix`
std::string ToString(const Diagnostic& diagnostic);

}  // namespace headgate::config

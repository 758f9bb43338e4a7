#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"

namespace headgate::config {

struct FoundWarning {
  WarningKind kind = WarningKind::kRouteUnreachable;
  Diagnostic diagnostic;
  // Paths of further keys, teams, backends and routes that the warning is about, besides the object
  // that holds the path of the diagnostic: "keys.web".
  std::vector<std::string> about = {};
};

// `file:line: path: problem; fix [NAME]`
std::string ToString(const FoundWarning& warning);

struct SiftedWarnings {
  std::vector<FoundWarning> shown;
  std::vector<FoundWarning> allowed;  // switched off by `allow_warnings`
};

// Whether `kinds`, an `allow_warnings`, has the kind.
bool Has(const std::vector<WarningKind>& kinds, WarningKind kind);

// Separates the warnings that the operator has switched off: by the top-level `allow_warnings`, or
// by the one of a route, key, team or backend that the warning is about. If only some of several
// keys allow a warning, the caller must pass two warnings: one about those keys, and one about the
// other keys. Pure; keeps the order.
SiftedWarnings SiftWarnings(const Config& config, std::vector<FoundWarning> found);

}  // namespace headgate::config

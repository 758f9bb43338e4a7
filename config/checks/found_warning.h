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
  // Paths of keys, teams, backends and routes that the warning is about, besides the object that
  // the path of the diagnostic lies in: "keys.web".
  std::vector<std::string> about = {};
};

// `file:line: path: problem; fix [NAME]`
std::string ToString(const FoundWarning& warning);

struct SiftedWarnings {
  std::vector<FoundWarning> shown;
  std::vector<FoundWarning> allowed;  // switched off by `allow_warnings`
};

// Whether an `allow_warnings` has the kind.
bool Has(const std::vector<WarningKind>& kinds, WarningKind kind);

// Takes out what the operator has switched off: everywhere by the top-level `allow_warnings`, or by
// that of any route, key, team or backend that the warning is about. A warning about several keys
// of which only some allow it must come as two: one about those, and one about the others. Pure;
// keeps the order.
SiftedWarnings SiftWarnings(const Config& config, std::vector<FoundWarning> found);

}  // namespace headgate::config

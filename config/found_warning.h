#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/load.h"

namespace headgate::config {

struct FoundWarning {
  WarningKind kind = WarningKind::kRouteUnreachable;
  Diagnostic diagnostic;
};

// `file:line: path: problem; fix [NAME]`
std::string ToString(const FoundWarning& warning);

struct SiftedWarnings {
  std::vector<FoundWarning> shown;
  std::vector<FoundWarning> allowed;  // switched off by `allow_warnings`
};

// Takes out what the operator has switched off: everywhere by the top-level `allow_warnings`, or
// for one route, key, team or backend by its own. Which of these a warning is about is said by the
// path of its diagnostic. Pure; keeps the order.
SiftedWarnings SiftWarnings(const Config& config, std::vector<FoundWarning> found);

}  // namespace headgate::config

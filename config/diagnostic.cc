#include "config/diagnostic.h"

#include <algorithm>

#include "config/base/text.h"

namespace headgate::config {

std::string ToString(const SourceLocation& location) {
  return location.line > 0 ? Concat(location.file, ":", location.line) : location.file;
}

std::string ToString(const Diagnostic& diagnostic) {
  std::string line =
      Concat(ToString(diagnostic.location), ": ", diagnostic.path,
             diagnostic.path.empty() ? "" : ": ", diagnostic.problem, "; ", diagnostic.fix);
  // A quoted key may hold anything, a line break among it; a diagnostic stays one line.
  std::replace_if(line.begin(), line.end(), IsControl, ' ');
  return line;
}

}  // namespace headgate::config

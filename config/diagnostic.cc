#include "config/diagnostic.h"

#include <algorithm>

#include "config/base/text.h"

namespace headgate::config {

std::string ToString(const Diagnostic& diagnostic) {
  std::string where = diagnostic.place.file;
  if (diagnostic.place.line > 0) where += Concat(":", diagnostic.place.line);
  std::string line = Concat(where, ": ", diagnostic.path, diagnostic.path.empty() ? "" : ": ",
                            diagnostic.problem, "; ", diagnostic.fix);
  // A quoted key may hold anything, a line break among it; a diagnostic stays one line.
  std::replace_if(line.begin(), line.end(), IsControl, ' ');
  return line;
}

}  // namespace headgate::config

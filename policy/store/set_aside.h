#pragma once

#include <string>

namespace headgate::policy {

// Renames a damaged SQLite file, with its log, to a name that no file has: PATH.damaged,
// PATH.damaged-2, … Returns that name. REQUIRES: nobody has the file open.
std::string SetAsideDamaged(const std::string& path);

}  // namespace headgate::policy

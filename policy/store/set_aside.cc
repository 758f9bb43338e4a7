#include "policy/store/set_aside.h"

#include <unistd.h>

#include <cstdio>

#include "config/base/text.h"

namespace headgate::policy {

std::string SetAsideDamaged(const std::string& path) {
  std::string aside = path + ".damaged";
  for (int number = 2; ::access(aside.c_str(), F_OK) == 0; ++number) {
    aside = config::Concat(path, ".damaged-", number);
  }
  // The log belongs to the damaged file.
  for (const char* const part : {"-wal", "-shm", ""}) {
    std::rename((path + part).c_str(), (aside + part).c_str());
  }
  return aside;
}

}  // namespace headgate::policy

#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace headgate::policy {

// What was changed of keys while the daemon ran. A plain value.
struct RunTimeKeys {
  std::vector<std::string> entries;    // of keys that were made, as in `keys` of a configuration
  std::vector<config::Sha256> denied;  // digests of the configuration's keys that were revoked

  bool empty() const { return entries.empty() && denied.empty(); }
};

}  // namespace headgate::policy

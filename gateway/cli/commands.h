#pragma once

#include <string>

namespace headgate::gateway {

// `headgate serve`: the daemon. Returns the process's exit code: 0 after a drain, 1 when the
// configuration is wrong or a port is taken.
int Serve(const std::string& config_path);

struct NewKeyOptions {
  std::string team;
  std::string name;
  bool json = false;
};

// `headgate key new`.
int NewKeyCommand(const NewKeyOptions& options);

}  // namespace headgate::gateway

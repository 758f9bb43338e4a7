#pragma once

#include <string>

#include "gateway/cli/key/daemon.h"
#include "gateway/cli/key/wanted_key.h"

namespace headgate::gateway {

// Each asks the daemon, prints its answer, and returns the process's exit code.
int MakeKeyAt(const AtDaemon& daemon, const WantedKey& key);
// Also says when each key was used last, if the ledger of the daemon's file can be read.
int ListKeysAt(const AtDaemon& daemon);
int RevokeKeyAt(const AtDaemon& daemon, const std::string& name);
// Ends the revocation of a key of the configuration.
int AllowKeyAt(const AtDaemon& daemon, const std::string& name);

// Makes a key without a daemon and prints it with the YAML of its entry. Checks its models, routes
// and classes against kUsualConfig, if there is such a file.
int MakeKeyHere(const WantedKey& key, bool json);

}  // namespace headgate::gateway

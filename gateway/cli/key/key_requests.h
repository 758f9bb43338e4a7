#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headgate::gateway {

// Which daemon is asked, and how its answer is printed.
struct AtDaemon {
  std::string config;  // its file, which has the admin address and token; empty: none
  std::string admin;   // HOST:PORT, instead of the file's; empty: the file's
  bool json = false;
  bool asked() const { return !config.empty() || !admin.empty(); }
};

// A key that a daemon is asked to make; what is empty is left out.
struct WantedKey {
  std::string name;
  std::string team;
  std::vector<std::string> models;
  std::vector<std::string> routes;
  std::vector<std::string> classes;
  std::string expires;
  std::optional<std::int64_t> requests_per_minute;
  std::optional<std::int64_t> tokens_per_minute;
  std::optional<std::int64_t> in_flight;
  bool expose = false;
};

// Each asks the daemon, prints its answer, and returns the process's exit code.
int MakeKeyAt(const AtDaemon& daemon, const WantedKey& key);
int ListKeysAt(const AtDaemon& daemon);
int RevokeKeyAt(const AtDaemon& daemon, const std::string& name);

}  // namespace headgate::gateway

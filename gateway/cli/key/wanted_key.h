#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace headgate::gateway {

// A key that somebody wants, as the flags of `headgate key new` say it; what is empty is left out.
struct WantedKey {
  std::string name;
  std::string team;
  std::vector<std::string> models;
  std::vector<std::string> routes;
  std::vector<std::string> classes;
  std::string expires;              // a date or a time
  std::string requests_per_minute;  // numbers, such as 600; tokens also as 400k
  std::string tokens_per_minute;
  std::string in_flight;
  bool expose = false;
  bool new_team = false;  // a daemon refuses a team that it does not know, unless this is said
};

// Returns the entry of `keys` without its digest. kInvalidArgument says which flag is wrong, and
// what to write: also for an expiry that is not after `now` (Unix seconds). Pure.
absl::StatusOr<boost::json::object> EntryOf(const WantedKey& key, std::int64_t now);

// Returns an entry as an element of a YAML list, on one line.
std::string YamlOf(const boost::json::object& entry);

}  // namespace headgate::gateway

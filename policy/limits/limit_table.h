#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "policy/limits/limit_hold.h"

namespace headgate::policy {

// The limited keys, teams and routes of one configuration. A reload makes a new table that shares
// the subjects that have stayed, by name, so that what was taken still counts. Immutable, but for
// the subjects; thread-safe. PutInForce is for the one thread that reloads.
class LimitTable {
 public:
  using Clock = TokenBucket::Clock;

  // Changes nothing in `previous` (null at start), so that the table can still be discarded.
  LimitTable(const config::Config& config, const LimitTable* previous, Clock::time_point now);

  // Gives subjects that have stayed the limits of this table.
  void PutInForce(Clock::time_point now) const;

  // Returns the subjects of a request; `key` and `route` are indices into the configuration's.
  LimitedBy Of(std::optional<std::size_t> key, std::size_t route) const;

 private:
  using Id = std::pair<LimitOwner, std::string>;
  struct Entry {
    std::shared_ptr<LimitedSubject> subject;
    config::RateLimits limits;
  };
  struct OfKey {
    LimitedSubject* key = nullptr;
    LimitedSubject* team = nullptr;
  };
  LimitedSubject* Add(LimitOwner owner, const std::string& name, const config::RateLimits& limits,
                      const LimitTable* previous, Clock::time_point now);

  std::map<Id, Entry> entries_;
  std::vector<OfKey> keys_;              // parallel to Config::keys
  std::vector<LimitedSubject*> routes_;  // parallel to Config::routes
};

}  // namespace headgate::policy

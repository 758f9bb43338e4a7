#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/checks/found_warning.h"
#include "config/config.h"
#include "routing/policy/policy.h"
#include "routing/reach/reach.h"

namespace headgate::routing {

// What the checks of a policy share: the policy, the search for requests that can reach a route,
// who is exempt from a warning, and the warnings found so far. A requester is a key, by its number
// in RequestSpace::every[kKeys], or the last number there, which stands for requests without a key.
// Single use; thread-compatible.
class LintContext {
 public:
  // Both arguments must outlive this.
  LintContext(const config::Config& config, const CompiledPolicy& policy)
      : config_(config), policy_(policy), reach_(config, policy) {}

  const config::Config& config() const { return config_; }
  const CompiledPolicy& policy() const { return policy_; }
  Reach& reach() { return reach_; }

  // Adds a warning. `about` are the paths that may switch it off, besides `path`.
  void Report(config::WarningKind kind, const config::SourceLocation& place, std::string path,
              std::string problem, std::string fix, std::vector<std::string> about = {}) {
    found_.push_back(
        {kind, {place, std::move(path), std::move(problem), std::move(fix)}, std::move(about)});
  }
  // All warnings, in the order of lines. Call once.
  std::vector<config::FoundWarning> TakeWarnings();

  // Who switches off a warning. A check first looks without those who are exempt. If it finds
  // nothing, it looks at everybody and names `paths`, so that a switched-off warning is known to be
  // one.
  struct Exempt {
    NumberSet others;                // the requesters that are not exempt
    std::vector<std::string> paths;  // of the keys, teams and backends that are exempt
  };
  const Exempt& ExemptFrom(config::WarningKind kind);
  // The paths of the key and its team, as far as they switch off the warning.
  std::vector<std::string> AllowingPaths(config::WarningKind kind, std::size_t requester) const;
  bool BackendAllows(config::WarningKind kind, std::size_t target) const;

  std::vector<std::size_t> Requesters() const;
  // The box with requests of this requester alone.
  RequestBox OnlyFrom(RequestBox box, std::size_t requester) const;
  // The requesters whose requests may reach the route.
  const NumberSet& ClientsOf(std::size_t route);

  // Whether the requester may use the target, by `models` and `require` of its key and team.
  bool MayUse(std::size_t requester, std::size_t target) const;
  bool AnybodyMayUse(std::size_t target) const;
  // Whether the part of the route's `require` that always holds keeps the target.
  static bool Passes(const CompiledRoute& route, std::size_t target);
  // Whether the route may send a request of the box to one of `leaks`. Writes that one to `target`.
  bool MayLeak(std::size_t route, const RequestBox& box, const std::vector<std::size_t>& leaks,
               std::size_t& target);

 private:
  bool MeetsAll(const PolicyKey& key, std::size_t target) const;

  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach reach_;
  std::map<std::size_t, NumberSet> clients_;      // by route; filled by ClientsOf
  std::map<config::WarningKind, Exempt> exempt_;  // filled by ExemptFrom
  std::vector<config::FoundWarning> found_;
};

}  // namespace headgate::routing

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/checks/found_warning.h"
#include "config/config.h"
#include "routing/policy/policy.h"
#include "routing/reach/reach.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

// What looks for smells (smells.h), one kind after the other. Single use; thread-compatible.
class PolicyLinter {
 public:
  // Both outlive this.
  PolicyLinter(const config::Config& config, const CompiledPolicy& policy);

  std::vector<config::FoundWarning> Run();

 private:
  void Report(config::WarningKind kind, const config::Place& place, std::string path,
              std::string problem, std::string fix, std::vector<std::string> about = {}) {
    found_.push_back(
        {kind, {place, std::move(path), std::move(problem), std::move(fix)}, std::move(about)});
  }

  // smells_of_allowances.cc: who switches off a warning that is about itself. What a warning is
  // about is looked for twice: among those who do not, and, where nothing is found, among all.
  struct Exempt {
    NumberSet others;                // the requesters that do not
    std::vector<std::string> paths;  // of the keys, teams and backends that do
  };
  const Exempt& ExemptFrom(config::WarningKind kind);
  std::vector<std::string> AllowingPaths(config::WarningKind kind, std::size_t requester) const;
  bool BackendAllows(config::WarningKind kind, std::size_t target) const;
  void UselessAllowances();
  void UselessAllowances(const std::vector<config::WarningKind>& allowed, std::uint8_t place,
                         const config::Place& where, const std::string& path);

  // smells_of_routes.cc; `i` is a route
  void Unrouted();
  void ReportUnrouted(const RequestBox& left, std::vector<std::string> about);
  void Reachable(std::size_t i);
  void Empty(std::size_t i);
  // smells_of_requesters.cc: who is bound by a requirement, and who comes to a route. A requester
  // is a key, by its number in RequestSpace::every[kKeys], or nobody.
  std::vector<std::size_t> Requesters() const;
  RequestBox Of(RequestBox box, std::size_t requester) const;
  bool MayUse(std::size_t requester, std::size_t target) const;
  void Conflict(std::size_t i);
  void ReportConflict(std::size_t i, const std::vector<std::size_t>& refused,
                      std::vector<std::string> about);
  bool Refuses(std::size_t i, std::size_t requester, const std::vector<std::size_t>& usable);
  std::string Subjects(const std::vector<std::size_t>& refused) const;
  std::string Reasons(std::size_t i, std::size_t requester) const;
  const NumberSet& ComersOf(std::size_t i);

  // smells_of_regions.cc; `i` is a route
  struct RegionRule {
    std::size_t route = 0;  // the route that requires the region
    std::string label;      // of backends; empty: that they are self-hosted is what it requires
    const std::vector<std::string>* globs = nullptr;
    const Exempt* exempt = nullptr;  // who and what counts for nothing; none: everything counts
    std::vector<std::string> about;
  };
  void Region(std::size_t i);
  bool LeavesRegion(std::size_t i, const Exempt* exempt, std::vector<std::string> about);
  bool FallsBackAbroad(std::size_t i, const RegionRule& rule);
  bool TakesAbroad(std::size_t i, const RegionRule& rule);
  std::vector<std::size_t> Abroad(std::size_t i, const RegionRule& rule) const;
  bool IsAtHome(const RegionRule& rule, const Target& target) const;
  void ReportTaken(std::size_t i, std::size_t t, const RegionRule& rule);
  void ReportRegion(std::size_t i, std::size_t t, std::string problem, std::string fix,
                    std::vector<std::string> about);
  // smells_of_scores.cc
  void Scores(std::size_t i);
  // smells_of_residency.cc; `i` is a route
  struct Opening {
    std::size_t other = 0;   // the route that a client can get to instead
    std::size_t target = 0;  // to which that may send the request
    RequestBox kept;         // requests that come to the route which keeps them in
    RequestBox opened;       // the same with other texts
  };
  struct Lock {                      // what keeps requests in
    std::vector<std::size_t> leaks;  // targets that are forbidden to them
    const Exempt* exempt = nullptr;  // who counts for nothing; none: everybody counts
    std::vector<std::string> about;
  };
  void Residency(std::size_t i);
  bool Opens(std::size_t i, const Lock& lock);
  bool OpensByLeavingOut(std::size_t i, const RequestBox& box, const Lock& lock);
  bool OpensByAdding(std::size_t i, const RequestBox& box, const Lock& lock);
  bool MayOpen(const Lock& lock, Opening& opening);
  RequestBox WithAnyTexts(const RequestBox& box) const;
  std::string WhoOpens(std::size_t i, const Opening& opening);
  void ReportOpening(std::size_t i, const Opening& opening, const char* key, const std::string& who,
                     const std::string& change, std::vector<std::string> about);
  bool RequiresAPlace(std::size_t i) const;
  std::vector<std::size_t> Leaks(std::size_t i) const;
  bool MayLeak(std::size_t i, const RequestBox& box, const std::vector<std::size_t>& leaks,
               std::size_t& target);
  std::string TextsOf(const std::vector<std::uint32_t>& patterns) const;

  // smells_of_limits.cc
  void Keyless();
  void BackwardLimits();
  void BackwardLimits(const config::Require& require, const config::Place& place,
                      const std::string& path);

  // smells_of_timeouts.cc; `i` is a route
  struct Silence {
    std::vector<std::string> backends;
    config::Milliseconds longest{0};
  };
  bool IsForUrgentStreams(std::size_t i) const;
  void FirstToken(std::size_t i);
  void ReportSilence(std::size_t i, const Silence& silence, std::vector<std::string> about);

  // smells_of_targets.cc; `t` is a target
  void Unmet();
  void Unused(std::size_t t);
  void Unpriced(std::size_t t);
  bool MeetsAll(const PolicyKey& key, std::size_t target) const;
  bool AnybodyMayUse(std::size_t target) const;
  bool Passes(const CompiledRoute& route, std::size_t target) const;
  config::Place PlaceOf(const Target& target) const;
  std::string PathOf(const Target& target) const;

  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach reach_;
  std::map<std::size_t, NumberSet> comers_;  // by route, who may come to it; as far as asked for
  std::map<config::WarningKind, Exempt> exempt_;  // as far as asked for
  std::size_t pairs_ = 0;                         // of routes that TakesAbroad has looked at
  std::vector<config::FoundWarning> found_;
};

}  // namespace headgate::routing

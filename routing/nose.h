#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/found_warning.h"
#include "routing/policy.h"
#include "routing/reach.h"

namespace headgate::routing {

// "a", "a and b", "a, b and c".
std::string Listed(const std::vector<std::string>& names);

// What looks for smells (smells.h), one kind after the other. Single use; thread-compatible.
class Nose {
 public:
  // Both outlive this.
  Nose(const config::Config& config, const CompiledPolicy& policy);

  std::vector<config::FoundWarning> Run();

 private:
  void Report(config::WarningKind kind, const config::Place& place, std::string path,
              std::string problem, std::string fix) {
    found_.push_back({kind, {place, std::move(path), std::move(problem), std::move(fix)}});
  }

  // smells_of_routes.cc; `i` is a route
  void Reachable(std::size_t i);
  void Empty(std::size_t i);
  void Region(std::size_t i);
  // smells_of_residency.cc; `i` is a route
  void Residency(std::size_t i);
  bool OpensByLeavingOut(std::size_t i, const std::vector<std::size_t>& leaks);
  bool OpensByAdding(std::size_t i, const std::vector<std::size_t>& leaks);
  void ReportOpening(std::size_t i, std::size_t other, const std::string& added,
                     std::size_t target);
  bool RequiresAPlace(std::size_t i) const;
  std::vector<std::size_t> Leaks(std::size_t i) const;
  bool IsLocked(const std::vector<std::size_t>& leaks) const;
  bool MayLeak(std::size_t i, const RequestBox& box, const std::vector<std::size_t>& leaks,
               std::size_t& target);
  std::string TextsOf(const std::vector<std::uint32_t>& patterns) const;

  // smells_of_limits.cc
  void Keyless();
  void BackwardLimits();
  void BackwardLimits(const config::Require& require, const config::Place& place,
                      const std::string& path);

  // smells_of_targets.cc; `t` is a target
  void Unmet();
  void Unused(std::size_t t);
  void Unpriced(std::size_t t);
  bool MeetsAll(const PolicyKey& key, std::size_t target) const;
  bool MayUse(std::size_t key, std::size_t target) const;
  bool AnybodyMayUse(std::size_t target) const;
  bool Passes(const CompiledRoute& route, std::size_t target) const;
  config::Place PlaceOf(const Target& target) const;
  std::string PathOf(const Target& target) const;

  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach reach_;
  // Labels that some rule requires, so that leaving them behind matters to somebody, and the globs.
  std::map<std::string, std::vector<std::string>> required_labels_;
  std::vector<config::FoundWarning> found_;
};

}  // namespace headgate::routing

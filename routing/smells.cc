#include "routing/smells.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "config/text.h"
#include "routing/nose.h"

namespace headgate::routing {

std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

Nose::Nose(const config::Config& config, const CompiledPolicy& policy)
    : config_(config), policy_(policy), reach_(config, policy) {
  const auto add = [&](const config::Require& require) {
    for (const auto& [label, globs] : require.labels) {
      std::vector<std::string>& all = required_labels_[label];
      all.insert(all.end(), globs.begin(), globs.end());
    }
  };
  for (const config::Route& route : config_.routes) add(route.require);
  for (const config::Key& key : config_.keys) add(key.require);
  for (const config::Team& team : config_.teams) add(team.require);
  for (auto& [label, globs] : required_labels_) {
    std::sort(globs.begin(), globs.end());
    globs.erase(std::unique(globs.begin(), globs.end()), globs.end());
  }
}

std::vector<config::FoundWarning> Nose::Run() {
  for (std::size_t i = 0; i < config_.routes.size(); ++i) {
    Reachable(i);
    Empty(i);
    Region(i);
    Residency(i);
  }
  Unmet();
  BackwardLimits();
  Keyless();
  for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
    Unused(t);
    Unpriced(t);
  }
  std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.diagnostic.place.file, a.diagnostic.place.line) <
           std::tie(b.diagnostic.place.file, b.diagnostic.place.line);
  });
  return std::move(found_);
}

std::vector<config::FoundWarning> Smells(const config::Config& config,
                                         const CompiledPolicy& policy) {
  return Nose(config, policy).Run();
}

}  // namespace headgate::routing

#include "routing/lint/smells.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "config/base/text.h"
#include "routing/lint/nose.h"

namespace headgate::routing {

PolicyLinter::PolicyLinter(const config::Config& config, const CompiledPolicy& policy)
    : config_(config), policy_(policy), reach_(config, policy) {}

std::vector<config::FoundWarning> PolicyLinter::Run() {
  // What leaks comes first: the searches share one allowance of steps, and Conflict asks for each
  // key and route.
  for (const auto look : {&PolicyLinter::Reachable, &PolicyLinter::Empty, &PolicyLinter::Residency,
                          &PolicyLinter::Region}) {
    for (std::size_t i = 0; i < config_.routes.size(); ++i) (this->*look)(i);
  }
  Unrouted();
  for (const auto look :
       {&PolicyLinter::Scores, &PolicyLinter::FirstToken, &PolicyLinter::Conflict}) {
    for (std::size_t i = 0; i < config_.routes.size(); ++i) (this->*look)(i);
  }
  Unmet();
  BackwardLimits();
  Keyless();
  UselessAllowances();
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

std::vector<config::FoundWarning> LintPolicy(const config::Config& config,
                                             const CompiledPolicy& policy) {
  return PolicyLinter(config, policy).Run();
}

}  // namespace headgate::routing

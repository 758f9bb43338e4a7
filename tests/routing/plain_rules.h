#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "tests/routing/random_policy.h"

namespace headgate::routing {

// The rules of routing said a second time, from the configuration as it is written and a request as
// it is sent: slow, with nothing compiled and nothing shared with what it checks. Of the policy,
// only names and order of the targets are used.
class PlainRules {
 public:
  PlainRules(const config::Config& config, const CompiledPolicy& policy)
      : config_(config), policy_(policy) {}

  // The class of the request: an own one's name, or the built-in one's.
  std::string ClassOf(const PlainRequest& request) const;

  // The first route whose `when` holds.
  std::optional<std::size_t> RouteOf(const PlainRequest& request,
                                     const std::string& request_class) const;

  // What would be wrong with sending the request to this target by this route, after so much of the
  // route's `require` has been let go of; empty: nothing.
  std::string Fault(const PlainRequest& request, std::size_t route, RelaxLevel relaxed,
                    std::size_t target) const;

  // Whether key and team forbid the target.
  bool KeyForbids(const PlainRequest& request, std::size_t target) const;

 private:
  const config::Config& config_;
  const CompiledPolicy& policy_;
};

}  // namespace headgate::routing

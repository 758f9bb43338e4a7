#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "tests/routing/random_policy.h"

namespace headgate::routing {

// A second implementation of the rules of routing, from the configuration as written and the
// request as sent. It is slow, compiles nothing and shares nothing with the code that it checks. Of
// the policy it uses only the names and the order of the targets.
class PlainRules {
 public:
  PlainRules(const config::Config& config, const CompiledPolicy& policy)
      : config_(config), policy_(policy) {}

  // The class of the request: the name of a custom class or a built-in class.
  std::string ClassOf(const PlainRequest& request) const;

  // The first route whose `when` holds.
  std::optional<std::size_t> RouteOf(const PlainRequest& request,
                                     const std::string& request_class) const;

  // Why this route may not send the request to this target at this level of relaxation; empty if it
  // may.
  std::string Fault(const PlainRequest& request, std::size_t route, RelaxLevel relaxed,
                    std::size_t target) const;

  // Whether key and team forbid the target.
  bool KeyForbids(const PlainRequest& request, std::size_t target) const;

 private:
  const config::Config& config_;
  const CompiledPolicy& policy_;
};

}  // namespace headgate::routing

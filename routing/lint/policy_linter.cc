#include "routing/lint/policy_linter.h"

#include "routing/lint/access/lint_budgets.h"
#include "routing/lint/base/lint_context.h"
#include "routing/lint/lint_allowances.h"
#include "routing/lint/lint_failover.h"
#include "routing/lint/lint_limits.h"
#include "routing/lint/lint_queues.h"
#include "routing/lint/lint_regions.h"
#include "routing/lint/lint_requirements.h"
#include "routing/lint/lint_residency.h"
#include "routing/lint/lint_routes.h"
#include "routing/lint/lint_targets.h"

namespace headgate::routing {

// The searches share one allowance of steps. LintConflicts searches for each pair of a key and a
// route, so the checks for leaks come before it.
std::vector<config::FoundWarning> LintPolicy(const config::Config& config,
                                             const CompiledPolicy& policy) {
  LintContext context(config, policy);
  LintUnreachableRoutes(context);
  LintUnmetRoutes(context);
  LintResidency(context);
  LintRegions(context);
  LintUnroutedRequests(context);
  LintScores(context);
  LintEndpoints(context);
  LintFirstTokens(context);
  LintHeldAnswers(context);
  LintFailover(context);
  LintQueues(context);
  LintConflicts(context);
  LintUnmetClients(context);
  LintBackwardLimits(context);
  LintKeylessTests(context);
  LintBudgets(context);
  LintTeams(context);
  LintAllowances(context);
  LintTargets(context);
  return context.TakeWarnings();
}

}  // namespace headgate::routing

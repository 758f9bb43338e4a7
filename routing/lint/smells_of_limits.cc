#include <algorithm>
#include <string>

#include "config/base/text.h"
#include "routing/lint/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

// A bound from below alone.
bool IsLeast(const config::Comparisons& comparisons) {
  return !comparisons.empty() &&
         std::all_of(comparisons.begin(), comparisons.end(),
                     [](const config::Comparison& comparison) {
                       return comparison.op == config::Comparator::kGreater ||
                              comparison.op == config::Comparator::kGreaterEqual;
                     });
}

}  // namespace

// Tests whose requests could never come, so that what they show holds for nobody.
void PolicyLinter::Keyless() {
  if (config_.server.auth == config::AuthMode::kNone || config_.keys.empty()) return;
  const auto has_none = [](const config::PolicyTest& test) { return test.key.empty(); };
  const auto first = std::find_if(config_.tests.begin(), config_.tests.end(), has_none);
  if (first == config_.tests.end()) return;
  const auto more = std::count_if(first + 1, config_.tests.end(), has_none);
  Report(WarningKind::kTestKeyMissing, first->place, first->path,
         Concat("has no `key`",
                more > 0 ? Concat(" (like ", more, more == 1 ? " other test)" : " other tests)")
                         : std::string(),
                ". Under `auth: keys` every request has one, so the requirements of keys and teams "
                "are not tested"),
         Concat("add `key`, for example ", config_.keys.front().name));
}

void PolicyLinter::BackwardLimits(const config::Require& require, const config::Place& place,
                                  const std::string& path) {
  if (IsLeast(require.ttft_p95)) {
    Report(WarningKind::kLimitBackward, place, path + ".require.ttft_p95",
           "keeps targets that are slow, and drops quick ones",
           "turn it round, for example \"<= 3s\"");
  }
  if (IsLeast(require.error_rate)) {
    Report(WarningKind::kLimitBackward, place, path + ".require.error_rate",
           "keeps targets that fail, and drops sound ones", "turn it round, for example \"<= 5%\"");
  }
}

void PolicyLinter::BackwardLimits() {
  for (const config::Route& route : config_.routes) {
    BackwardLimits(route.require, route.place, route.path);
  }
  for (const config::Key& key : config_.keys) BackwardLimits(key.require, key.place, key.path);
  for (const config::Team& team : config_.teams) {
    BackwardLimits(team.require, team.place, "teams." + team.name);
  }
}

}  // namespace headgate::routing

#include "gateway/decide/policy_tests.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "gateway/decide/dry_run.h"
#include "gateway/decide/test_budgets.h"
#include "gateway/decide/topic_words.h"
#include "policy/keys/key_scope.h"
#include "routing/decide/spill.h"

namespace headgate::gateway {
namespace {

using config::Concat;
using config::Diagnostic;
using config::PolicyTest;

// 2026-01-07 is a Wednesday: office hours hold, weekends do not.
constexpr std::int64_t kQuietNoon = 1767787200;

// Applies what the test says of a backend or target to the quiet state.
void ApplyLoad(const std::vector<config::TestLoad>& load, const config::Config& config,
               const routing::CompiledPolicy& policy, std::vector<routing::Candidate>& candidates) {
  constexpr std::uint32_t kEnough = 1000;  // samples, so that the values of the test count
  for (const config::TestLoad& said : load) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const routing::Target& target = policy.targets()[i];
      if (said.name != target.name && said.name != config.backends[target.backend].name) continue;
      routing::Candidate& candidate = candidates[i];
      if (said.up) candidate.available = *said.up;
      if (said.in_flight) candidate.in_flight = *said.in_flight;
      if (said.wait) {
        candidate.predicted_wait_ms = static_cast<float>(said.wait->count());
        candidate.firm_wait = true;
      }
      if (said.ttft_p95 || said.ttft_median) {
        const auto p95 = said.ttft_p95.value_or(said.ttft_median.value_or(config::Milliseconds(0)));
        candidate.ttft_p95_ms = static_cast<float>(p95.count());
        candidate.ttft_median_ms = static_cast<float>(said.ttft_median.value_or(p95).count());
        candidate.ttft_samples = kEnough;
      }
      if (said.error_rate) {
        candidate.error_rate = static_cast<float>(static_cast<double>(*said.error_rate) / 1e6);
        candidate.attempt_samples = kEnough;
      }
    }
  }
}

// Returns the place of the first target of the plan at which the request does not come too late.
// Nullopt: there is no plan, or a queue refuses the request. If all targets are down, it is the
// first one.
std::optional<std::size_t> FirstServed(const routing::CompiledPolicy& policy,
                                       const DryRunResult& result) {
  if (result.decision.outcome != routing::Outcome::kPlanned) return std::nullopt;
  if (!result.decision.plan.front().available) return 0;
  return routing::FirstInTime(policy, result.input, result.decision, 0);
}

// Returns why the key may not send the request: its `routes` and `classes`; empty: it may.
std::string_view OutsideOfKey(const config::Config& config, const routing::CompiledPolicy& policy,
                              const DryRunResult& result) {
  if (!result.input.key || result.decision.outcome != routing::Outcome::kPlanned) return {};
  const policy::ScopeLimit limit = policy::LimitOfScope(
      config.keys[*result.input.key],
      {.route = policy.routes()[result.decision.route].name,
       .request_class = policy.NameOf(result.input.classification.request_class)});
  return limit == policy::ScopeLimit::kNone ? std::string_view() : policy::RefusalOf(limit);
}

class Verdict {
 public:
  Verdict(const PolicyTest& test, std::vector<Diagnostic>& out) : test_(test), out_(out) {}

  // `because`: why it is what was got; empty: that is not said.
  void Expect(std::string_view what, const std::string& expected, std::string_view got,
              const std::string& because = {}) {
    if (expected.empty() || expected == got) return;
    std::string problem = Concat("expected ", what, " ", expected, ", got ", got);
    if (!because.empty()) problem += Concat(" (", because, ")");
    Fail(std::move(problem));
  }
  void Fail(std::string problem) {
    out_.push_back({test_.location, test_.path.empty() ? test_.name : test_.path,
                    std::move(problem), "correct the policy or the test"});
  }

 private:
  const PolicyTest& test_;
  std::vector<Diagnostic>& out_;
};

DryRunResult Decide(const config::Config& config, const routing::CompiledPolicy& policy,
                    const PolicyTest& test) {
  DryRunRequest dry_run;
  dry_run.body = test.request;
  dry_run.endpoint = EndpointNamed(test.endpoint).value_or(routing::Endpoint::kChat);
  dry_run.headers.assign(test.headers.begin(), test.headers.end());
  dry_run.key = test.key;
  dry_run.stores_responses = config.responses.has_value();
  dry_run.unix_seconds = test.time.value_or(kQuietNoon);
  const LoadSource quiet = QuietLoad(config, policy);
  return DryRun(
      policy, dry_run,
      [&](const routing::DecisionInput& input, std::vector<routing::Candidate>& candidates) {
        quiet(input, candidates);
        ApplyLoad(test.load, config, policy, candidates);
      });
}

}  // namespace

std::vector<Diagnostic> RunPolicyTests(const config::Config& config,
                                       const routing::CompiledPolicy& policy) {
  std::vector<Diagnostic> failures;
  for (const PolicyTest& test : config.tests) {
    DryRunResult result = Decide(config, policy, test);
    Verdict verdict(test, failures);
    if (result.problem) {
      verdict.Fail("has a request that is refused: " + result.problem->message);
      continue;
    }
    const routing::Classification& c = result.input.classification;
    const routing::Decision& decision = result.decision;
    const bool planned = decision.outcome == routing::Outcome::kPlanned;
    const bool routed = planned || decision.outcome == routing::Outcome::kNoTarget;
    const std::string_view by_budget = ApplyBudgets(config, policy, test, result);
    const std::string_view of_key = OutsideOfKey(config, policy, result);
    const std::string_view outside = of_key.empty() ? by_budget : of_key;
    const std::optional<std::size_t> served =
        outside.empty() ? FirstServed(policy, result) : std::nullopt;
    const std::string_view outcome = !outside.empty()     ? outside
                                     : planned && !served ? "queue_full"
                                                          : routing::ToString(decision.outcome);
    verdict.Expect("class", test.expect_class, policy.NameOf(c.request_class));
    verdict.Expect("topic", test.expect_topic, policy.NameOf(c.topic),
                   TopicBecause(c, result.opinions ? &*result.opinions : nullptr));
    verdict.Expect("urgency", test.expect_urgency, routing::ToString(c.urgency));
    verdict.Expect("route", test.expect_route,
                   routed ? std::string_view(policy.routes()[decision.route].name) : outcome);
    verdict.Expect(
        "target", test.expect_target,
        served ? std::string_view(policy.targets()[decision.plan[*served].target].name) : outcome);
    verdict.Expect("refusal", test.expect_refused, served ? "not refused" : outcome);
  }
  return failures;
}

}  // namespace headgate::gateway

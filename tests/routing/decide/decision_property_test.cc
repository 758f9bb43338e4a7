#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "routing/decide/request_facts.h"
#include "tests/routing/fixture.h"
#include "tests/routing/plain_rules.h"
#include "tests/routing/random_policy.h"

namespace headgate::routing {
namespace {

constexpr std::uint64_t kPolicies = 10'000;

bool Equal(const Decision& a, const Decision& b) {
  const auto same_plan = [](const PlannedTarget& x, const PlannedTarget& y) {
    return x.target == y.target && x.expected_cost == y.expected_cost &&
           x.expected_latency_ms == y.expected_latency_ms && x.quality == y.quality &&
           x.blend == y.blend && x.cost_basis == y.cost_basis && x.available == y.available &&
           x.spilled == y.spilled && x.position == y.position;
  };
  const auto same_drop = [](const DroppedTarget& x, const DroppedTarget& y) {
    return x.target == y.target && x.reason == y.reason;
  };
  return a.outcome == b.outcome && a.route == b.route && a.input_tokens == b.input_tokens &&
         a.relax_level == b.relax_level && a.relaxed == b.relaxed && a.sticky == b.sticky &&
         a.spilled_from == b.spilled_from &&
         std::equal(a.plan.begin(), a.plan.end(), b.plan.begin(), b.plan.end(), same_plan) &&
         std::equal(a.dropped.begin(), a.dropped.end(), b.dropped.begin(), b.dropped.end(),
                    same_drop);
}

// Decides as the gateway does for a request that has been read and classified.
DecisionInput InputOf(const CompiledPolicy& policy, const PlainRequest& request) {
  DecisionInput input = request.input;
  input.key = request.key;
  Signals signals;
  for (const auto& [name, value] : request.metadata) signals.metadata.emplace_back(name, value);
  DecisionInput said;
  FillRequest(policy, signals, request.key, said);
  input.facts = said.facts;
  for (const auto& [name, value] : request.headers) AddHeader(policy, name, value, input);
  EXPECT_TRUE(ApplyCustomClasses(policy, input));
  return input;
}

// Whether the queue of a target is too long by the rules as written.
bool IsTooFull(const config::Config& config, std::size_t route, const CompiledPolicy& policy,
               const DecisionInput& input, std::size_t target) {
  const config::Spill& spill = config.routes[route].spill;
  const Candidate& state = input.candidates[target];
  if (policy.targets()[target].hosting != config::Hosting::kSelfHosted) return false;
  if (spill.when == config::Spill::When::kNever) return false;
  if (spill.limit.count() == 0) {
    return state.predicted_wait_ms > 0 || state.in_flight >= state.slots;
  }
  if (spill.when == config::Spill::When::kAfter) return false;
  const auto bound = static_cast<float>(spill.limit.count());
  return state.predicted_wait_ms > bound ||
         (input.slo_ttft_ms && state.predicted_wait_ms > static_cast<float>(*input.slo_ttft_ms));
}

// The plan goes by the rules of spilling. Returns how many of its targets spill.
int CheckSpills(const config::Config& config, const CompiledPolicy& policy,
                const DecisionInput& input, const Decision& decision) {
  const auto is_too_full = [&](const PlannedTarget& step) {
    return IsTooFull(config, decision.route, policy, input, step.target);
  };
  // Another model of the same self-hosted backend has the same queue.
  const auto can_leave = [&](const PlannedTarget& step) {
    return std::any_of(decision.plan.begin(), decision.plan.end(), [&](const PlannedTarget& other) {
      return other.available && !is_too_full(other) &&
             policy.targets()[other.target].backend != policy.targets()[step.target].backend;
    });
  };
  int spilled = 0;
  for (const PlannedTarget& step : decision.plan) {
    EXPECT_EQ(step.spilled, step.available && is_too_full(step) && can_leave(step));
    EXPECT_FALSE(spilled > 0 && step.available && !step.spilled) << "behind one that spills";
    spilled += step.spilled;
    EXPECT_TRUE(decision.spilled_from != step.target || step.spilled);
  }
  EXPECT_TRUE(!decision.spilled_from || spilled > 0);
  EXPECT_FALSE(decision.sticky && decision.plan[0].spilled);
  return spilled;
}

// All targets of the policy that the decision could have planned.
std::vector<std::size_t> Choices(const CompiledPolicy& policy, const DecisionInput& input,
                                 const CompiledRoute& route) {
  std::vector<std::size_t> choices;
  const auto asked_for = [&](std::size_t target) {
    return input.model.kind == ModelRequest::Kind::kAuto ||
           (policy.targets()[target].model == input.model.model &&
            (input.model.kind == ModelRequest::Kind::kModel || target == input.model.target));
  };
  std::copy_if(route.targets.begin(), route.targets.end(), std::back_inserter(choices), asked_for);
  if (!choices.empty() || input.model.kind == ModelRequest::Kind::kAuto) return choices;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (asked_for(i)) choices.push_back(i);
  }
  return choices;
}

TEST(DecideProperty, is_deterministic_and_follows_the_rules) {
  int planned = 0;
  int empty = 0;
  int unrouted = 0;
  int relaxed = 0;
  int custom_class = 0;
  int sticky = 0;
  int spilled = 0;
  int left = 0;
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    RandomPolicy draw(seed);
    const config::Config config = draw.Policy();
    const auto policy = Compiled(config);
    const PlainRequest request = draw.Request(*policy);
    const PlainRules rules(config, *policy);
    const DecisionInput input = InputOf(*policy, request);
    const std::string& request_class = policy->NameOf(input.classification.request_class);

    Decision decision;
    Decide(*policy, input, decision);
    Decision again;
    again.plan.resize(3);
    again.relax_level = RelaxLevel::kLive;
    again.relaxed = 3;
    again.sticky = again.undecided = true;
    again.spilled_from = 1;
    Decide(*policy, InputOf(*Compiled(config), request), again);
    ASSERT_TRUE(Equal(decision, again)) << seed;
    ASSERT_FALSE(decision.undecided) << seed << ": all facts are known";

    ASSERT_EQ(request_class, rules.ClassOf(request)) << seed;
    ASSERT_EQ(decision.outcome == Outcome::kPlanned, !decision.plan.empty()) << seed;
    custom_class += input.classification.class_reason == Reason::kPolicy;
    if (decision.outcome == Outcome::kUnknownModel ||
        decision.outcome == Outcome::kModelNotAllowed) {
      continue;
    }
    const std::optional<std::size_t> route = rules.RouteOf(request, request_class);
    ASSERT_EQ(decision.outcome == Outcome::kNoRoute, !route.has_value()) << seed;
    if (!route) {
      ++unrouted;
      continue;
    }
    ASSERT_EQ(decision.route, *route) << seed;

    std::set<std::size_t> seen;
    bool unavailable = false;
    for (const PlannedTarget& step : decision.plan) {
      ASSERT_FALSE(rules.KeyForbids(request, step.target)) << seed << ": relaxed or not";
      ASSERT_EQ(rules.Fault(request, *route, decision.relax_level, step.target), "") << seed;
      ASSERT_TRUE(seen.insert(step.target).second) << seed << ": planned twice";
      ASSERT_EQ(step.available, input.candidates[step.target].available) << seed;
      ASSERT_FALSE(unavailable && step.available) << seed << ": behind an unavailable one";
      unavailable |= !step.available;
    }
    for (const DroppedTarget& dropped : decision.dropped) {
      ASSERT_NE(dropped.reason, Drop::kNone) << seed;
      ASSERT_NE(rules.Fault(request, *route, decision.relax_level, dropped.target), "")
          << seed << ": dropped without a reason";
      ASSERT_TRUE(seen.insert(dropped.target).second) << seed << ": dropped and planned";
    }
    const bool up = !decision.plan.empty() && decision.plan[0].available;
    const CompiledRoute& chosen = policy->routes()[*route];
    const std::vector<std::size_t> choices = Choices(*policy, input, chosen);
    for (const std::size_t target : choices) {
      ASSERT_EQ(seen.count(target), 1u) << seed << ": neither planned nor dropped";
      // Nothing is relaxed without need.
      for (const RelaxLevel less : {RelaxLevel::kNothing, RelaxLevel::kLive}) {
        if (less >= decision.relax_level) continue;
        const bool would_do = rules.Fault(request, *route, less, target).empty();
        ASSERT_FALSE(would_do && (!up || input.candidates[target].available)) << seed;
      }
      // Everything that may be relaxed is relaxed if that helps.
      if (chosen.on_no_target == config::OnNoTarget::kRelax && !up) {
        const bool would_do =
            rules.Fault(request, *route, RelaxLevel::kAllButBinding, target).empty();
        ASSERT_FALSE(would_do && (decision.plan.empty() || input.candidates[target].available))
            << seed;
      }
    }
    ASSERT_EQ(decision.relax_level != RelaxLevel::kNothing, decision.relaxed != 0) << seed;
    ++(decision.plan.empty() ? empty : planned);
    relaxed += decision.relax_level != RelaxLevel::kNothing;
    spilled += CheckSpills(config, *policy, input, decision);
    ASSERT_FALSE(HasFailure()) << seed;
    left += decision.spilled_from.has_value();
    sticky += decision.sticky;
    if (decision.sticky) {
      ASSERT_EQ(decision.plan[0].target, *input.conversation_target) << seed;
    }
  }
  RecordProperty("planned", planned);
  RecordProperty("no_target", empty);
  RecordProperty("no_route", unrouted);
  RecordProperty("relaxed", relaxed);
  RecordProperty("custom_class", custom_class);
  EXPECT_GT(planned, 2'000) << "too few decisions have a plan";
  EXPECT_GT(empty, 1'000);
  EXPECT_GT(unrouted, 500);
  EXPECT_GT(relaxed, 300);
  EXPECT_GT(custom_class, 500);
  EXPECT_GT(sticky, 100);
  EXPECT_GT(spilled, 50);
  EXPECT_GT(left, 20);
}

// A decision with unknown facts that is not undecided is the same for all values of these facts.
TEST(DecideProperty, what_is_decided_without_a_fact_is_so_with_every_value_of_it) {
  int decided = 0;
  int undecided = 0;
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    RandomPolicy draw(seed);
    const auto policy = Compiled(draw.Policy());
    const DecisionInput known = InputOf(*policy, draw.Request(*policy));
    const std::size_t patterns = policy->patterns().size();
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < patterns && missing.size() < 5; ++i) {
      if (draw.OneIn(2)) missing.push_back(i);
    }
    if (missing.empty()) continue;
    DecisionInput partial = known;
    partial.facts.Reset(patterns);
    const auto is_missing = [&](std::size_t i) {
      return std::find(missing.begin(), missing.end(), i) != missing.end();
    };
    for (std::size_t i = 0; i < patterns; ++i) {
      if (is_missing(i)) {
        partial.facts.SetUnknown(i);
      } else if (known.facts.Has(i)) {
        partial.facts.Set(i);
      }
    }
    const bool class_is_known = ApplyCustomClasses(*policy, partial);
    std::vector<Class> possible;
    PossibleClasses(*policy, partial, possible);
    ASSERT_EQ(class_is_known, possible.size() == 1) << seed;
    DecisionInput whole = known;
    ApplyCustomClasses(*policy, whole);
    ASSERT_EQ(std::count(possible.begin(), possible.end(), whole.classification.request_class), 1)
        << seed;
    Decision decision;
    Decide(*policy, partial, decision);
    if (!class_is_known || decision.undecided) {
      ++undecided;
      continue;
    }
    ++decided;
    for (std::size_t values = 0; values < std::size_t{1} << missing.size(); ++values) {
      DecisionInput complete = known;
      complete.facts.Reset(patterns);
      for (std::size_t i = 0; i < patterns; ++i) {
        if (!is_missing(i) && known.facts.Has(i)) complete.facts.Set(i);
      }
      for (std::size_t i = 0; i < missing.size(); ++i) {
        if ((values >> i & 1) != 0) complete.facts.Set(missing[i]);
      }
      ASSERT_TRUE(ApplyCustomClasses(*policy, complete));
      ASSERT_EQ(complete.classification.request_class, partial.classification.request_class)
          << seed;
      Decision other;
      Decide(*policy, complete, other);
      ASSERT_FALSE(other.undecided) << seed;
      ASSERT_TRUE(Equal(decision, other)) << seed << ", values " << values;
    }
  }
  EXPECT_GT(decided, 1'000);
  EXPECT_GT(undecided, 1'000);
}

}  // namespace
}  // namespace headgate::routing

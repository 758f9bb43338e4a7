#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

// Random policies and requests. The checks say what a plan must be in words of their own, so that a
// mistake in the filters is not repeated here.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  bool OneIn(int n) { return Below(n) == 0; }

  config::Config Policy() {
    config::Config config;
    const int models = 1 + Below(4);
    for (int m = 0; m < models; ++m) {
      config::Model model = ModelRow(ModelName(m), OneIn(4) ? 0 : 1'000 * (1 + Below(40)));
      if (OneIn(4)) model.supports.push_back("embeddings");
      if (OneIn(3)) model.supports.push_back("reasoning");
      config.models.push_back(std::move(model));
    }
    const int backends = 1 + Below(3);
    for (int b = 0; b < backends; ++b) {
      std::vector<config::ServedModel> served;
      for (int m = 0; m < models; ++m) {
        if (m > 0 && OneIn(3)) continue;
        served.push_back(Served(ModelName(m)));
        if (!OneIn(4)) served.back().price = Dollars(Below(10), Below(30));
      }
      const std::string name = "b" + std::to_string(b);
      config.backends.push_back(OneIn(2) ? OwnBackend(name, 2, std::move(served))
                                         : PaidBackend(name, std::move(served)));
    }
    const int routes = 1 + Below(4);
    for (int r = 0; r < routes; ++r) config.routes.push_back(Route(config, r));
    return config;
  }

  DecisionInput Request(const CompiledPolicy& policy) {
    const Target& any = policy.targets()[Index(policy.targets().size())];
    const std::string models[] = {"auto", "auto", any.model, any.name, "nothing"};
    DecisionInput input = Asking(policy, models[Below(5)]);
    input.classification.request_class = static_cast<Class>(Below(4));
    input.classification.topic = static_cast<Topic>(Below(3));
    input.classification.urgency = static_cast<Urgency>(Below(3));
    input.endpoint = OneIn(4) ? Endpoint::kEmbeddings : static_cast<Endpoint>(Below(2));
    input.stream = OneIn(2);
    input.text_bytes = static_cast<std::size_t>(Below(100'000));
    input.other_input_tokens = OneIn(3) ? Below(10'000) : 0;
    if (OneIn(2)) input.max_tokens = Below(10'000);
    input.choices = 1 + Below(3);
    input.seed = static_cast<std::uint64_t>(Below(1'000));
    for (std::string_view& header : input.headers) header = OneIn(2) ? "phi" : "";
    for (Candidate& candidate : input.candidates) {
      candidate.available = !OneIn(3);
      candidate.in_flight = Below(4);
      candidate.slots = 2;
      candidate.ttft_samples = static_cast<std::uint32_t>(Below(40));
      candidate.ttft_median_ms = static_cast<float>(Below(3'000));
      candidate.predicted_wait_ms = static_cast<float>(Below(300));
      candidate.expected_output_tokens = static_cast<float>(Below(900));
      candidate.tokens_per_byte = OneIn(2) ? 0.0f : 0.1f * static_cast<float>(1 + Below(5));
    }
    return input;
  }

  std::vector<std::string> Allowed() {
    if (OneIn(2)) return {};
    return {ModelName(Below(4)), ModelName(Below(4))};
  }

 private:
  static std::string ModelName(int m) { return "m" + std::to_string(m); }
  std::size_t Index(std::size_t size) {
    return static_cast<std::size_t>(Below(static_cast<int>(size)));
  }

  config::Route Route(const config::Config& config, int number) {
    config::Route route =
        RouteTo("r" + std::to_string(number), {}, static_cast<config::Prefer>(Below(4)));
    for (const config::Backend& backend : config.backends) {
      for (const config::ServedModel& served : backend.models) {
        if (OneIn(2)) route.targets.push_back(To(served.model, backend.name, Below(4)));
      }
    }
    std::shuffle(route.targets.begin(), route.targets.end(), random_);
    if (OneIn(3)) route.when.classes = {"code", "batch"};
    if (OneIn(4)) route.when.endpoints = {"chat", "embeddings"};
    if (OneIn(4)) route.when.headers = {{"x-data-class", {"phi"}}};
    if (OneIn(4)) route.when.stream = OneIn(2);
    if (OneIn(4)) route.when.input_tokens = {{config::Comparator::kLess, 1'000 * Below(20)}};
    if (OneIn(3)) {
      route.require.hosting = OneIn(2) ? config::Hosting::kSelfHosted : config::Hosting::kPaidApi;
    }
    if (OneIn(4)) route.require.min_context = 1'000 * Below(40);
    return route;
  }

  std::mt19937_64 random_;
};

bool Equal(const Decision& a, const Decision& b) {
  const auto same_plan = [](const PlannedTarget& x, const PlannedTarget& y) {
    return x.target == y.target && x.expected_cost == y.expected_cost &&
           x.expected_latency_ms == y.expected_latency_ms && x.cost_basis == y.cost_basis &&
           x.available == y.available && x.position == y.position;
  };
  const auto same_drop = [](const DroppedTarget& x, const DroppedTarget& y) {
    return x.target == y.target && x.reason == y.reason;
  };
  return a.outcome == b.outcome && a.route == b.route && a.input_tokens == b.input_tokens &&
         std::equal(a.plan.begin(), a.plan.end(), b.plan.begin(), b.plan.end(), same_plan) &&
         std::equal(a.dropped.begin(), a.dropped.end(), b.dropped.begin(), b.dropped.end(),
                    same_drop);
}

// What would be wrong with sending the request to this target; empty = nothing.
std::string Fault(const CompiledPolicy& policy, const DecisionInput& input,
                  const std::vector<std::string>& allowed, const Decision& decision,
                  std::size_t index) {
  const Target& target = policy.targets()[index];
  const config::Require& require = policy.routes()[decision.route].require;
  if (!allowed.empty() && std::count(allowed.begin(), allowed.end(), target.model) == 0) {
    return "model not allowed";
  }
  if (input.model.kind == ModelRequest::Kind::kModel && target.model != input.model.model) {
    return "another model";
  }
  if (input.model.kind == ModelRequest::Kind::kTarget && index != input.model.target) {
    return "another target";
  }
  if (require.hosting && *require.hosting != target.hosting) return "hosting";
  if (require.min_context && target.context < *require.min_context) return "context required";
  const bool embedding = input.endpoint == Endpoint::kEmbeddings;
  const bool any_embeds = std::any_of(policy.targets().begin(), policy.targets().end(),
                                      [](const Target& t) { return t.embeddings; });
  if (target.embeddings && !embedding) return "chat with a model for embeddings";
  if (embedding && any_embeds && !target.embeddings) return "embeddings with a model for chat";
  if (!embedding && target.context > 0 &&
      EstimateInputTokens(input.text_bytes, input.other_input_tokens,
                          input.candidates[index].tokens_per_byte) +
              input.max_tokens.value_or(0) >
          target.context) {
    return "does not fit";
  }
  return "";
}

TEST(DecideProperty, is_deterministic_and_plans_nothing_that_is_excluded) {
  int planned = 0;
  int empty = 0;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    Draw draw(seed);
    const auto policy = Compiled(draw.Policy());
    DecisionInput input = draw.Request(*policy);
    const std::vector<std::string> allowed = draw.Allowed();
    input.allowed_models = &allowed;

    Decision decision;
    Decide(*policy, input, decision);
    Decision again;
    again.plan.resize(3);
    Decide(*policy, input, again);
    ASSERT_TRUE(Equal(decision, again)) << seed;

    ASSERT_EQ(decision.outcome == Outcome::kPlanned, !decision.plan.empty()) << seed;
    std::set<std::size_t> seen;
    bool unavailable = false;
    for (const PlannedTarget& step : decision.plan) {
      ASSERT_EQ(Fault(*policy, input, allowed, decision, step.target), "") << seed;
      ASSERT_TRUE(seen.insert(step.target).second) << seed << ": planned twice";
      ASSERT_TRUE(step.available || !input.candidates[step.target].available) << seed;
      ASSERT_FALSE(unavailable && step.available) << seed << ": behind an unavailable one";
      unavailable |= !step.available;
    }
    for (const DroppedTarget& dropped : decision.dropped) {
      ASSERT_NE(dropped.reason, Drop::kNone) << seed;
      ASSERT_NE(Fault(*policy, input, allowed, decision, dropped.target), "")
          << seed << ": dropped for nothing";
    }
    ++(decision.plan.empty() ? empty : planned);
  }
  EXPECT_GT(planned, 2'000) << "the random policies are worth checking";
  EXPECT_GT(empty, 2'000);
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <array>
#include <boost/json/object.hpp>
#include <string>

#include "config/base/text.h"
#include "config/load.h"
#include "gateway/decide/dry_run.h"
#include "gateway/decide/policy_tests.h"
#include "gateway/decide/request_decision.h"
#include "gateway/explain/explanation.h"
#include "gateway/recording/record_reader.h"
#include "gateway/recording/record_text.h"
#include "routing/replay/replay.h"
#include "tests/gateway/daemon_fixture.h"
#include "tests/gateway/policy_text.h"

namespace headgate::gateway {
namespace {

using config::Concat;
using routing::Candidate;
using routing::CompiledPolicy;
using routing::Decision;
using routing::Outcome;

#ifdef HEADGATE_SANITIZED
constexpr std::uint64_t kPolicies = 500;
#else
constexpr std::uint64_t kPolicies = 10'000;
#endif

std::string PlanText(const CompiledPolicy& policy, const Decision& decision) {
  std::string text(routing::ToString(decision.outcome));
  if (decision.outcome != Outcome::kPlanned && decision.outcome != Outcome::kNoTarget) return text;
  text += Concat(" by ", policy.routes()[decision.route].name, ":");
  for (const auto& planned : decision.plan) text += " " + policy.targets()[planned.target].name;
  for (const auto& dropped : decision.dropped) {
    text += Concat(" -", policy.targets()[dropped.target].name, " ", ToString(dropped.reason));
  }
  return Concat(text, ", relaxed ", routing::ToString(decision.relax_level));
}

// Only the custom class that the request was given is explained as matching.
void ExpectClassesExplained(const CompiledPolicy& policy, const boost::json::object& explained,
                            routing::Class given) {
  const boost::json::value* const classes = explained.if_contains("classes");
  if (classes == nullptr) return;
  for (const auto& one : classes->as_array()) {
    EXPECT_EQ(one.at("matches").as_bool(), one.at("class").as_string() == policy.NameOf(given));
    EXPECT_FALSE(one.at("because").as_string().empty());
  }
  const bool own = static_cast<std::size_t>(given) >= routing::kClassNames.size();
  EXPECT_EQ(classes->as_array().back().at("matches").as_bool(), own);
}

// The score must be the weighted sum of the parts.
void ExpectBlendExplained(const boost::json::object& explained) {
  const auto& weights = explained.at("weights").as_object();
  for (const auto& target : explained.at("targets").as_array()) {
    if (!target.at("kept").as_bool()) continue;
    double sum = 0;
    for (const char* part : {"cost", "latency", "quality"}) {
      sum += weights.at(part).to_number<double>() *
             target.at("blend_parts").at(part).to_number<double>();
    }
    EXPECT_NEAR(sum, target.at("blend").to_number<double>(), 0.002);
  }
}

// For `headgate explain` and POST /explain: the explanation agrees with their decision, and the
// decision with the daemon's.
void ExpectExplained(Daemon& daemon, DryRunRequest request, const RequestDecision& made) {
  const CompiledPolicy& policy = daemon.policy();
  const Decision& decision = made.decision();
  request.seed = made.input().seed;
  const DryRunResult result =
      DryRun(policy, request, daemon.Load(), daemon.conversations(/*use=*/false));
  ASSERT_FALSE(result.problem);
  EXPECT_EQ(PlanText(policy, result.decision), PlanText(policy, decision));
  EXPECT_EQ(result.continuation, made.continuation());
  const auto explained =
      Explain(*daemon.snapshot->config, policy, result.input, result.decision, result.continuation);
  EXPECT_EQ(explained.at("classification").at("class").as_string(),
            policy.NameOf(made.input().classification.request_class));
  EXPECT_EQ(explained.at("outcome").as_string(), routing::ToString(decision.outcome));
  EXPECT_EQ(explained.at("conversation").at("stays").as_bool(), decision.sticky);
  ExpectClassesExplained(policy, explained, made.input().classification.request_class);
  if (decision.outcome != Outcome::kPlanned) return;
  EXPECT_EQ(explained.at("route").as_string(), policy.routes()[decision.route].name);
  const config::Prefer prefer = policy.routes()[decision.route].prefer;
  if (prefer == config::Prefer::kBlend) ExpectBlendExplained(explained);
  EXPECT_EQ(explained.contains("spilled_from"), decision.spilled_from.has_value());
  std::size_t place = 0;
  for (const auto& target : explained.at("plan").as_array()) {
    ASSERT_LT(place, decision.plan.size());
    EXPECT_EQ(target.as_string(), policy.targets()[decision.plan[place++].target].name);
  }
  EXPECT_EQ(place, decision.plan.size());
}

config::TestLoad AsTestLoad(const StatedLoad& said) {
  const auto milliseconds = [](std::optional<int> value) {
    return value ? std::optional(config::Milliseconds(*value)) : std::nullopt;
  };
  config::TestLoad load;
  load.name = said.target;
  load.up = said.up;
  load.in_flight = said.in_flight;
  load.wait = milliseconds(said.wait_ms);
  load.ttft_p95 = milliseconds(said.ttft_p95_ms);
  load.ttft_median = milliseconds(said.ttft_median_ms);
  if (said.error_percent) load.error_rate = *said.error_percent * 10'000;
  return load;
}

// A policy test that expects the daemon's decision passes; a test that expects another decision
// fails. REQUIRES: nothing has been learned and no conversation has begun, because a policy test
// cannot state them.
void ExpectTested(Daemon& daemon, const DryRunRequest& request) {
  const CompiledPolicy& policy = daemon.policy();
  RequestDecision made;  // policy tests draw `weighted` with the seed 0
  ASSERT_FALSE(AsTheDaemon(daemon, request, 0, made));
  const Decision& decision = made.decision();
  const routing::Classification& classification = made.input().classification;
  config::Config config = *daemon.snapshot->config;
  config::PolicyTest& test = config.tests.emplace_back();
  test.request = request.body;
  test.endpoint = routing::kEndpointNames[static_cast<std::size_t>(request.endpoint)];
  test.headers.insert(request.headers.begin(), request.headers.end());
  test.key = request.key;
  test.time = request.unix_seconds;
  for (const StatedLoad& said : daemon.load) test.load.push_back(AsTestLoad(said));
  test.expect_class = policy.NameOf(classification.request_class);
  test.expect_topic = routing::ToString(classification.topic);
  test.expect_urgency = routing::ToString(classification.urgency);
  if (decision.outcome == Outcome::kPlanned) {
    test.expect_target = policy.targets()[decision.plan.front().target].name;
    test.expect_route = policy.routes()[decision.route].name;
  } else {
    test.expect_refused = routing::ToString(decision.outcome);
  }
  for (const config::Diagnostic& failed : RunPolicyTests(config, policy)) {
    ADD_FAILURE() << ToString(failed);
  }
  test.expect_class += "-not";
  EXPECT_EQ(RunPolicyTests(config, policy).size(), 1u);
}

// `headgate replay` of the recorded line under the same policy does not move the request.
void ExpectReplayed(const Snapshot& snapshot, const RequestDecision& made) {
  const auto read = [](RecordReader& reader, std::string line) {
    const std::size_t size = line.size() - 1;
    line.append(RecordReader::kPadding, ' ');
    return reader.Read({line.data(), size});
  };
  RecordReader reader;
  ASSERT_EQ(read(reader, PolicyLine(*snapshot.policy, 1)), RecordReader::Line::kPolicy);
  std::string line;
  AppendDecided(1, "req_1", made.view().facts.model, std::nullopt, made.input(), made.decision(),
                line);
  AppendOutcome({}, line);
  ASSERT_EQ(read(reader, line), RecordReader::Line::kRequest) << line;
  routing::Replay replay(*snapshot.policy, nullptr);
  replay.Add(reader.request());
  const routing::ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.decided, 1u);
  EXPECT_EQ(totals.moved + totals.newly_refused + totals.newly_planned, 0u) << line;
}

struct Counts {
  std::array<std::uint64_t, 5> outcomes{};
  std::array<std::uint64_t, 5> continuations{};
  std::uint64_t refused_bodies = 0;
  std::uint64_t raised = 0;
  std::uint64_t keyless = 0;
  std::uint64_t sticky = 0;
  std::uint64_t spilled = 0;
  std::uint64_t live_drops = 0;  // drops by learned figures

  void Add(const DryRunRequest& request, const RequestDecision& made) {
    ++outcomes[static_cast<std::size_t>(made.decision().outcome)];
    ++continuations[static_cast<std::size_t>(made.continuation())];
    if (made.input().classification.urgency != routing::Urgency::kNormal) ++raised;
    if (request.key.empty()) ++keyless;
    if (made.decision().sticky) ++sticky;
    if (made.decision().spilled_from) ++spilled;
    for (const auto& dropped : made.decision().dropped) {
      const bool live =
          dropped.reason == routing::Drop::kTtft || dropped.reason == routing::Drop::kErrorRate;
      if (live) ++live_drops;
    }
  }
  void ExpectAllKinds() const {
    EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kPlanned)], kPolicies / 3);
    for (std::size_t i = 0; i < outcomes.size(); ++i) EXPECT_GT(outcomes[i], kPolicies / 100) << i;
    for (std::size_t i = 0; i < continuations.size(); ++i) {
      EXPECT_GT(continuations[i], kPolicies / 100) << i;
    }
    EXPECT_GT(raised, kPolicies / 100);
    EXPECT_GT(keyless, kPolicies / 100);
    EXPECT_GT(sticky, kPolicies / 100);
    EXPECT_GE(spilled, kPolicies / 1000);
    EXPECT_GT(live_drops, kPolicies / 100);
    EXPECT_LT(refused_bodies, kPolicies / 10);
  }
};

void ExpectAllAgree(PolicyText& draw, Daemon& daemon, const DryRunRequest& request,
                    std::uint64_t seed, Counts& counts) {
  RequestDecision made;
  if (AsTheDaemon(daemon, request, seed, made)) {
    ++counts.refused_bodies;
    EXPECT_TRUE(
        DryRun(daemon.policy(), request, QuietLoad(*daemon.snapshot->config, daemon.policy()))
            .problem);
    return;
  }
  daemon.load = draw.Load();
  ExpectTested(daemon, request);
  if (draw.OneIn(2)) daemon.load.clear();  // only learned state then
  Teach(draw, daemon);
  Converse(draw, daemon, made);
  ASSERT_FALSE(AsTheDaemon(daemon, request, seed, made));
  counts.Add(request, made);
  ExpectExplained(daemon, request, made);
  ExpectReplayed(*daemon.snapshot, made);
}

// For one policy, request, load, past and conversation, all four ways give the same decision.
TEST(SameDecision, of_daemon_explain_policy_tests_and_replay) {
  Counts counts;
  for (std::uint64_t seed = 0; seed < kPolicies && !HasFailure(); ++seed) {
    PolicyText draw(seed);
    const std::string text = draw.Policy();
    SCOPED_TRACE(Concat("seed ", seed, "\n", text));
    Daemon daemon;
    daemon.snapshot = InForce(text);
    ASSERT_TRUE(daemon.snapshot);
    DryRunRequest request = draw.Request();
    // Under `auth: keys` a worker never sees a request without a key.
    if (request.key.empty() && daemon.snapshot->config->server.auth == config::AuthMode::kKeys) {
      request.key = "loner";
    }
    SCOPED_TRACE(Concat(HeadBytes(request), request.body.substr(0, 300)));
    ExpectAllAgree(draw, daemon, request, seed, counts);
  }
  counts.ExpectAllKinds();
}

// The quiet state of `explain` and policy tests is the state of a daemon that has just started.
TEST(SameDecision, quiet_is_how_a_daemon_begins) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    PolicyText draw(seed);
    const std::shared_ptr<const Snapshot> snapshot = InForce(draw.Policy());
    ASSERT_TRUE(snapshot);
    for (int c = 0; c < 4; ++c) {
      routing::DecisionInput input;
      input.classification.request_class = static_cast<routing::Class>(c);
      std::vector<Candidate> fresh;
      FillCandidates(*snapshot, {}, backends::Clock::now(), input, fresh);
      std::vector<Candidate> quiet;
      QuietLoad(*snapshot->config, *snapshot->policy)(input, quiet);
      EXPECT_EQ(fresh, quiet) << seed;
    }
  }
}

}  // namespace
}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <array>
#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "config/base/check.h"
#include "config/load.h"
#include "config/text.h"
#include "gateway/decision_input.h"
#include "gateway/explanation.h"
#include "gateway/http/request_head.h"
#include "gateway/policy_tests.h"
#include "gateway/recording/record_reader.h"
#include "gateway/recording/record_text.h"
#include "gateway/rehearsal.h"
#include "gateway/snapshot.h"
#include "routing/replay.h"
#include "tests/gateway/policy_text.h"

namespace headgate::gateway {
namespace {

using config::Concat;
using routing::Candidate;
using routing::CompiledPolicy;
using routing::Decision;
using routing::DecisionInput;
using routing::Outcome;

#ifdef HEADGATE_SANITIZED
constexpr std::uint64_t kPolicies = 500;
#else
constexpr std::uint64_t kPolicies = 10'000;
#endif

// A policy in force, from its text, as the daemon has it.
std::shared_ptr<const Snapshot> InForce(const std::string& text) {
  config::LoadResult loaded = config::LoadText(text, "random.yaml", config::ProcessEnvironment());
  for (const config::Diagnostic& found : loaded.diagnostics) ADD_FAILURE() << ToString(found);
  if (!loaded.config) return nullptr;
  LabelTable labels;
  auto snapshot = Snapshot::Make(*std::move(loaded.config), nullptr, labels);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *std::move(snapshot) : nullptr;
}

// The state of the targets as stated, over what the fleet of a daemon that has just begun says.
void FillCandidates(const Snapshot& snapshot, const std::vector<StatedLoad>& load,
                    routing::Class request_class, std::vector<Candidate>& candidates) {
  snapshot.fleet->FillCandidates(*snapshot.policy, request_class, backends::Clock::now(),
                                 candidates);
  for (const StatedLoad& said : load) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (snapshot.policy->targets()[i].name != said.target) continue;
      Candidate& candidate = candidates[i];
      candidate.available = said.up.value_or(candidate.available);
      candidate.in_flight = said.in_flight.value_or(candidate.in_flight);
      if (said.ttft_p95_ms) {
        candidate.ttft_samples = 100;
        candidate.ttft_p95_ms = static_cast<float>(*said.ttft_p95_ms);
        candidate.ttft_median_ms =
            static_cast<float>(said.ttft_median_ms.value_or(*said.ttft_p95_ms));
      }
      if (said.error_percent) {
        candidate.attempt_samples = 100;
        candidate.error_rate = static_cast<float>(static_cast<double>(*said.error_percent) / 100.0);
      }
    }
  }
}

struct Decided {
  std::optional<BodyProblem> problem;
  std::string model;
  DecisionInput input;
  Decision decision;
};

// The bytes that a client sends for `request`, as far as the blank line.
std::string HeadBytes(const Rehearsal& request) {
  std::string bytes = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n";
  for (const auto& [name, value] : request.headers) bytes += Concat(name, ": ", value, "\r\n");
  return Concat(bytes, "Content-Length: ", request.body.size(), "\r\n\r\n");
}

// What a worker does between the bytes of a request and its plan.
Decided AsTheDaemon(const Snapshot& snapshot, const Rehearsal& request,
                    const std::vector<StatedLoad>& load, std::uint64_t seed) {
  const CompiledPolicy& policy = *snapshot.policy;
  Decided decided;
  const std::string bytes = HeadBytes(request);
  RequestHead head;
  HeadProblem problem;
  HEADGATE_CHECK(ParseRequestHead(bytes, 32 << 10, 0, head, problem).verdict ==
                 HeadVerdict::kComplete);
  std::string body = request.body;
  body.resize(body.size() + RequestReader::kPadding, ' ');
  RequestReader reader;
  RequestView view;
  decided.problem = reader.Read(request.endpoint, body.data(), request.body.size(), view);
  if (decided.problem) return decided;
  TakeHints(head, view.signals);
  std::optional<std::size_t> key;
  for (std::size_t i = 0; i < policy.keys().size(); ++i) {
    if (policy.keys()[i].name == request.key) key = i;
  }
  DecisionInput& input = decided.input;
  input.classification =
      routing::Classify(view.signals, key ? snapshot.key_trust[*key] : routing::HintTrust::All());
  input.seed = seed;
  input.unix_seconds = request.unix_seconds;
  DescribeRequest(policy, head, view.signals, key, input);
  FillCandidates(snapshot, load, input.classification.request_class, input.candidates);
  routing::Decide(policy, input, decided.decision);
  decided.model = view.signals.model;
  return decided;
}

std::string PlanText(const CompiledPolicy& policy, const Decision& decision) {
  std::string text(routing::ToString(decision.outcome));
  if (decision.outcome != Outcome::kPlanned && decision.outcome != Outcome::kNoTarget) return text;
  text += Concat(" by ", policy.routes()[decision.route].name, ":");
  for (const auto& planned : decision.plan) text += " " + policy.targets()[planned.target].name;
  for (const auto& dropped : decision.dropped) {
    text += Concat(" -", policy.targets()[dropped.target].name, " ", ToString(dropped.reason));
  }
  return Concat(text, ", relaxed ", routing::ToString(decision.relaxed));
}

// `headgate explain`, and POST /explain: the explanation agrees with the decision, and that with
// the daemon's.
void ExpectExplained(const Snapshot& snapshot, Rehearsal request,
                     const std::vector<StatedLoad>& load, const Decided& daemon) {
  const CompiledPolicy& policy = *snapshot.policy;
  request.seed = daemon.input.seed;
  const Rehearsed rehearsed =
      Rehearse(snapshot.config, policy, request,
               [&](routing::Class request_class, std::vector<Candidate>& candidates) {
                 FillCandidates(snapshot, load, request_class, candidates);
               });
  ASSERT_FALSE(rehearsed.problem);
  EXPECT_EQ(PlanText(policy, rehearsed.decision), PlanText(policy, daemon.decision));
  const auto explained = Explain(snapshot.config, policy, rehearsed.input, rehearsed.decision);
  EXPECT_EQ(explained.at("classification").at("class").as_string(),
            policy.NameOf(daemon.input.classification.request_class));
  EXPECT_EQ(explained.at("outcome").as_string(), routing::ToString(daemon.decision.outcome));
  if (daemon.decision.outcome != Outcome::kPlanned) return;
  EXPECT_EQ(explained.at("route").as_string(), policy.routes()[daemon.decision.route].name);
  std::size_t place = 0;
  for (const auto& target : explained.at("plan").as_array()) {
    ASSERT_LT(place, daemon.decision.plan.size());
    EXPECT_EQ(target.as_string(), policy.targets()[daemon.decision.plan[place++].target].name);
  }
  EXPECT_EQ(place, daemon.decision.plan.size());
}

config::TestLoad AsTestLoad(const StatedLoad& said) {
  const auto milliseconds = [](std::optional<int> value) {
    return value ? std::optional(config::Milliseconds(*value)) : std::nullopt;
  };
  config::TestLoad load;
  load.name = said.target;
  load.up = said.up;
  load.in_flight = said.in_flight;
  load.ttft_p95 = milliseconds(said.ttft_p95_ms);
  load.ttft_median = milliseconds(said.ttft_median_ms);
  if (said.error_percent) load.error_rate = *said.error_percent * 10'000;
  return load;
}

// An entry under `tests:` that expects what the daemon decides passes; one that expects something
// else does not.
void ExpectTested(const Snapshot& snapshot, const Rehearsal& request,
                  const std::vector<StatedLoad>& load, const Decided& daemon) {
  const CompiledPolicy& policy = *snapshot.policy;
  const Decision& decision = daemon.decision;
  config::Config config = snapshot.config;
  config::PolicyTest& test = config.tests.emplace_back();
  test.request = request.body;
  test.endpoint = routing::kEndpointNames[static_cast<std::size_t>(request.endpoint)];
  test.headers.insert(request.headers.begin(), request.headers.end());
  test.key = request.key;
  test.time = request.unix_seconds;
  for (const StatedLoad& said : load) test.load.push_back(AsTestLoad(said));
  test.expect_class = policy.NameOf(daemon.input.classification.request_class);
  test.expect_topic = routing::ToString(daemon.input.classification.topic);
  test.expect_urgency = routing::ToString(daemon.input.classification.urgency);
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

// `headgate replay` of the recorded line under the same policy moves nothing.
void ExpectReplayed(const Snapshot& snapshot, const Decided& daemon) {
  const auto read = [](RecordReader& reader, std::string line) {
    const std::size_t size = line.size() - 1;
    line.append(RecordReader::kPadding, ' ');
    return reader.Read({line.data(), size});
  };
  RecordReader reader;
  ASSERT_EQ(read(reader, PolicyLine(*snapshot.policy, 1)), RecordReader::Line::kPolicy);
  std::string line;
  AppendDecided(1, "req_1", daemon.model, daemon.input, daemon.decision, line);
  AppendOutcome({}, line);
  ASSERT_EQ(read(reader, line), RecordReader::Line::kRequest) << line;
  routing::Replay replay(*snapshot.policy, nullptr);
  replay.Add(reader.request());
  const routing::ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.decided, 1u);
  EXPECT_EQ(totals.moved + totals.newly_refused + totals.newly_planned, 0u) << line;
}

// One policy, request and load: whoever decides, decides the same.
TEST(SameDecision, of_daemon_explain_policy_tests_and_replay) {
  std::array<int, 5> outcomes{};
  int refused_bodies = 0;
  int raised = 0;
  int keyless = 0;
  for (std::uint64_t seed = 0; seed < kPolicies && !HasFailure(); ++seed) {
    PolicyText draw(seed);
    const std::string text = draw.Policy();
    SCOPED_TRACE(Concat("seed ", seed, "\n", text));
    const std::shared_ptr<const Snapshot> snapshot = InForce(text);
    ASSERT_TRUE(snapshot);
    Rehearsal request = draw.Request();
    // Where keys are asked for, a worker never sees a request without one.
    if (request.key.empty() && snapshot->config.server.auth == config::AuthMode::kKeys) {
      request.key = "loner";
    }
    const std::vector<StatedLoad> load = draw.Load();
    const Decided daemon = AsTheDaemon(*snapshot, request, load, seed);
    SCOPED_TRACE(Concat(HeadBytes(request), request.body.substr(0, 300)));
    if (daemon.problem) {
      ++refused_bodies;
      EXPECT_TRUE(Rehearse(snapshot->config, *snapshot->policy, request,
                           QuietLoad(snapshot->config, *snapshot->policy))
                      .problem);
      continue;
    }
    ++outcomes[static_cast<std::size_t>(daemon.decision.outcome)];
    raised += daemon.input.classification.urgency != routing::Urgency::kNormal ? 1 : 0;
    keyless += request.key.empty() ? 1 : 0;
    ExpectExplained(*snapshot, request, load, daemon);
    ExpectReplayed(*snapshot, daemon);
    // Policy tests draw `weighted` with the seed 0.
    ExpectTested(*snapshot, request, load, AsTheDaemon(*snapshot, request, load, 0));
  }
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kPlanned)], kPolicies / 3);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kNoTarget)], kPolicies / 100);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kNoRoute)], kPolicies / 100);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kUnknownModel)], kPolicies / 100);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::kModelNotAllowed)], kPolicies / 100);
  EXPECT_GT(raised, static_cast<int>(kPolicies / 100));
  EXPECT_GT(keyless, static_cast<int>(kPolicies / 100));
  EXPECT_LT(refused_bodies, static_cast<int>(kPolicies / 10));
}

// What `explain` and policy tests call quiet is what a daemon that has just begun knows.
TEST(SameDecision, quiet_is_how_a_daemon_begins) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    PolicyText draw(seed);
    const std::shared_ptr<const Snapshot> snapshot = InForce(draw.Policy());
    ASSERT_TRUE(snapshot);
    for (int c = 0; c < 4; ++c) {
      std::vector<Candidate> fresh;
      FillCandidates(*snapshot, {}, static_cast<routing::Class>(c), fresh);
      std::vector<Candidate> quiet;
      QuietLoad(snapshot->config, *snapshot->policy)(static_cast<routing::Class>(c), quiet);
      EXPECT_EQ(fresh, quiet) << seed;
    }
  }
}

}  // namespace
}  // namespace headgate::gateway

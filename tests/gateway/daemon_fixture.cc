#include "tests/gateway/daemon_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "config/base/check.h"
#include "config/base/text.h"
#include "config/load.h"
#include "gateway/http/head_parser.h"
#include "gateway/http/request_head.h"
#include "gateway/snapshot/candidates.h"

namespace headgate::gateway {

using config::Concat;
using routing::Candidate;

std::shared_ptr<const Snapshot> InForce(const std::string& text) {
  config::LoadResult loaded = config::LoadText(text, "random.yaml", config::ProcessEnvironment());
  for (const config::Diagnostic& found : loaded.diagnostics) ADD_FAILURE() << ToString(found);
  if (!loaded.config) return nullptr;
  LabelTable labels;
  auto snapshot = Snapshot::Make(*std::move(loaded.config), nullptr, labels);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *std::move(snapshot) : nullptr;
}

void FillCandidates(const Snapshot& snapshot, const std::vector<StatedLoad>& load,
                    backends::Clock::time_point now, const routing::DecisionInput& input,
                    std::vector<Candidate>& candidates) {
  FillCandidates(*snapshot.fleet, *snapshot.policy, input, now, candidates);
  for (const StatedLoad& said : load) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (snapshot.policy->targets()[i].name != said.target) continue;
      Candidate& candidate = candidates[i];
      candidate.available = said.up.value_or(candidate.available);
      candidate.in_flight = said.in_flight.value_or(candidate.in_flight);
      if (said.wait_ms) candidate.predicted_wait_ms = static_cast<float>(*said.wait_ms);
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

std::string HeadBytes(const DryRunRequest& request) {
  std::string bytes = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n";
  for (const auto& [name, value] : request.headers) bytes += Concat(name, ": ", value, "\r\n");
  return Concat(bytes, "Content-Length: ", request.body.size(), "\r\n\r\n");
}

std::optional<backends::BodyProblem> AsTheDaemon(Daemon& daemon, const DryRunRequest& request,
                                                 std::uint64_t seed, RequestDecision& made) {
  daemon.head_bytes = HeadBytes(request);
  RequestHead head;
  HeadProblem problem;
  HEADGATE_CHECK(ParseRequestHead(daemon.head_bytes, 32 << 10, 0, head, problem).verdict ==
                 HeadVerdict::kComplete);
  daemon.body = request.body + std::string(backends::RequestReader::kPadding, ' ');
  std::optional<std::size_t> key;
  for (std::size_t i = 0; i < daemon.policy().keys().size(); ++i) {
    if (daemon.policy().keys()[i].name == request.key) key = i;
  }
  const LoadSource load = daemon.Load();
  return made.Make({request.endpoint, head, {daemon.body.data(), request.body.size()}, key},
                   {.policy = daemon.policy(),
                    .load = load,
                    .conversations = daemon.conversations(/*use=*/true),
                    .unix_seconds = request.unix_seconds,
                    .seed = seed});
}

void Teach(PolicyText& draw, Daemon& daemon) {
  for (std::size_t i = 0; i < daemon.policy().targets().size(); ++i) {
    const std::optional<DrawnPast> past = draw.Past();
    if (!past) continue;
    routing::LearnedTarget& learned = daemon.snapshot->fleet->learned(i);
    for (int n = 0; n < past->answers; ++n) {
      learned.ObserveAttempt(n % 100 < past->error_percent, daemon.now);
      learned.ObserveFirstToken(std::chrono::milliseconds(past->ttft_ms * (1 + n % 5)), daemon.now);
      learned.ObservePace(std::chrono::milliseconds(past->output_tokens), past->output_tokens);
      for (const auto request_class : {routing::Class::kGeneral, routing::Class::kCode}) {
        learned.ObserveTokens(4'000, past->input_tokens, past->output_tokens, request_class);
      }
    }
  }
}

void Converse(PolicyText& draw, Daemon& daemon, const RequestDecision& before) {
  if (!before.conversation()) return;
  const std::optional<DrawnAnswer> answer = draw.Answer(daemon.policy().targets().size());
  if (!answer) return;
  constexpr LabelId kOfATargetThatIsGone = 65'000;
  const LabelId label =
      answer->target ? daemon.snapshot->target_labels[*answer->target] : kOfATargetThatIsGone;
  const routing::Topic topic =
      answer->same_topic ? before.input().classification.topic : routing::Topic::kMath;
  daemon.table.Put(*before.conversation(), {label, topic}, daemon.now - answer->ago);
}

}  // namespace headgate::gateway

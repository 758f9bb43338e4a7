#include "gateway/snapshot/candidates.h"

#include <algorithm>
#include <chrono>

#include "routing/decide/estimates.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {
namespace {

float Milliseconds(backends::Clock::duration time) {
  return std::chrono::duration<float, std::milli>(time).count();
}

}  // namespace

routing::Candidate LearnedOf(const Fleet& fleet, std::size_t target, routing::Class request_class,
                             backends::TimePoint now) {
  const routing::LearnedTarget& learned = fleet.learned(target);
  const routing::LearnedTarget::Latency latency = learned.FirstToken(now);
  const routing::LearnedTarget::Errors errors = learned.Attempts(now);
  const float silence_ms = Milliseconds(learned.Silence(now));
  routing::Candidate candidate;
  candidate.ttft_median_ms = latency.median_ms;
  candidate.ttft_p95_ms = std::max(latency.p95_ms, silence_ms);
  candidate.ttft_samples = latency.samples;
  candidate.error_rate = errors.rate;
  candidate.attempt_samples = errors.samples;
  candidate.expected_output_tokens = learned.ExpectedOutputTokens(request_class);
  candidate.ms_per_output_token = learned.MsPerOutputToken();
  candidate.tokens_per_byte = learned.TokensPerByte();
  candidate.silent_wait_ms = routing::WaitBehindSilence(candidate, silence_ms);
  return candidate;
}

void FillCandidates(const Fleet& fleet, const routing::CompiledPolicy& policy,
                    const routing::DecisionInput& input, backends::TimePoint now,
                    std::vector<routing::Candidate>& candidates) {
  const routing::Class request_class = input.classification.request_class;
  Newcomer newcomer{.band = static_cast<backends::Band>(policy.BandOf(request_class)),
                    .team = policy.TeamOf(input.key),
                    .share = policy.ShareOf(input.key),
                    .tokens = 0};
  candidates.resize(policy.targets().size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    routing::Candidate& candidate = candidates[i];
    candidate = LearnedOf(fleet, i, request_class, now);
    candidate.available = fleet.Usable(i, now);
    newcomer.tokens = fleet.BackendOf(i).replicas->limits().tokens > 0
                          ? routing::SlotTokensAt(policy.targets()[i], candidate, input)
                          : 0;
    FillQueue(fleet, i, newcomer, now, candidate);
  }
}

void FillQueue(const Fleet& fleet, std::size_t target, const Newcomer& newcomer,
               backends::TimePoint now, routing::Candidate& candidate) {
  const BackendState& backend = fleet.BackendOf(target);
  const backends::ReplicaSet& replicas = *backend.replicas;
  candidate.in_flight = replicas.InFlight();
  candidate.slots = static_cast<int>(replicas.size()) * replicas.limits().slots;
  candidate.predicted_wait_ms = 0;
  candidate.firm_wait = false;
  if (backend.queue == nullptr) return;
  if (replicas.HasFreeSlot(now, &fleet.model_circuits(target), newcomer.tokens)) return;
  candidate.predicted_wait_ms = Milliseconds(
      backend.queue->Predicted(newcomer.band, newcomer.team, newcomer.share, now, newcomer.tokens));
  candidate.firm_wait = backend.queue->HasForecast();
}

}  // namespace headgate::gateway

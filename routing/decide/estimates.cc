#include "routing/decide/estimates.h"

#include <algorithm>
#include <cmath>

#include "policy/money/cost.h"
#include "policy/money/rent_terms.h"
#include "routing/decide/candidate_filter.h"

namespace headgate::routing {
namespace {

constexpr float kTokensPerByte = 0.25f;
constexpr std::int64_t kOutputPrior = 500;
constexpr std::int64_t kReasoningOutputPrior = 3'000;
constexpr float kLatencyPriorMs = 500;
constexpr double kMsPerOutputToken = 20;
constexpr double kMillisecondsAnHour = 3'600'000;
// Far above any context window; keeps sums and products of counts inside 64 bits.
constexpr double kMostTokens = 1e12;

float UsualFirstTokenMs(const Candidate& candidate) {
  return candidate.ttft_samples >= kLiveSamples ? candidate.ttft_median_ms : kLatencyPriorMs;
}

std::int64_t Rounded(double tokens) { return std::llround(std::min(tokens, kMostTokens)); }

}  // namespace

std::int64_t EstimateInputTokens(std::size_t text_bytes, std::int64_t other_input_tokens,
                                 float tokens_per_byte) {
  const float rate = tokens_per_byte > 0 ? tokens_per_byte : kTokensPerByte;
  const double text = static_cast<double>(text_bytes) * static_cast<double>(rate);
  const double other = static_cast<double>(std::max<std::int64_t>(other_input_tokens, 0));
  return std::max<std::int64_t>(Rounded(text + other), 1);
}

RequestSize SizeOf(const DecisionInput& input) {
  return {.endpoint = input.endpoint,
          .text_bytes = input.text_bytes,
          .other_input_tokens = input.other_input_tokens,
          .max_tokens = input.max_tokens,
          .choices = input.choices};
}

std::int64_t ExpectedOutputTokens(const Target& target, const Candidate& candidate,
                                  const RequestSize& size) {
  // kCountTokens is ranked as the message that may follow, so that it goes where the message will.
  if (size.endpoint == Endpoint::kEmbeddings) return 0;
  std::int64_t tokens = target.reasoning ? kReasoningOutputPrior : kOutputPrior;
  if (candidate.expected_output_tokens > 0) {
    tokens = Rounded(static_cast<double>(candidate.expected_output_tokens));
  }
  if (target.max_output > 0) tokens = std::min(tokens, target.max_output);
  if (size.max_tokens) tokens = std::min(tokens, *size.max_tokens);
  return std::max<std::int64_t>(tokens, 0);
}

ExpectedTokens ExpectedTokensAt(const Target& target, const Candidate& candidate,
                                const RequestSize& size) {
  return {.input = EstimateInputTokens(size.text_bytes, size.other_input_tokens,
                                       candidate.tokens_per_byte),
          .output = ExpectedOutputTokens(target, candidate, size) * std::max(size.choices, 1)};
}

ExpectedCost CostAt(const Target& target, const Candidate& candidate, const DecisionInput& input,
                    std::int64_t input_tokens, config::SelfHostedPrice self_hosted_price) {
  if (target.hosting == config::Hosting::kSelfHosted) {
    const bool free = HasFreeSlot(candidate);
    if (free && self_hosted_price == config::SelfHostedPrice::kMarginal) {
      return {0, CostBasis::kFreeSlot};
    }
    const double rent = static_cast<double>(policy::RentAt(target.slot_rent, input.unix_seconds)) *
                        SlotTimeAt(target, candidate, SizeOf(input)) / kMillisecondsAnHour;
    return {std::llround(rent), free ? CostBasis::kAmortised : CostBasis::kNoFreeSlot};
  }
  if (!target.prices) return {0, CostBasis::kUnpriced};
  policy::Usage usage;
  usage.input = input_tokens;
  usage.output =
      ExpectedOutputTokens(target, candidate, SizeOf(input)) * std::max(input.choices, 1);
  return {policy::CostOf(*target.prices, usage, policy::ServiceTier::kStandard, input.unix_seconds),
          CostBasis::kPriced};
}

std::int64_t SlotTokensAt(const Target& target, const Candidate& candidate,
                          const DecisionInput& input) {
  return ExpectedTokensAt(target, candidate, SizeOf(input)).Sum();
}

double SlotTimeAt(const Target& target, const Candidate& candidate, const RequestSize& size) {
  const double pace = candidate.ms_per_output_token > 0
                          ? static_cast<double>(candidate.ms_per_output_token)
                          : kMsPerOutputToken;
  return static_cast<double>(UsualFirstTokenMs(candidate)) +
         pace * static_cast<double>(ExpectedOutputTokens(target, candidate, size));
}

std::chrono::nanoseconds UsualAnswerAt(const Target& target, const Candidate& candidate,
                                       const RequestSize& size) {
  if (candidate.ttft_samples < kLiveSamples) return std::chrono::nanoseconds{0};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(SlotTimeAt(target, candidate, size)));
}

float LatencyAt(const Candidate& candidate) {
  return UsualFirstTokenMs(candidate) +
         std::max(candidate.predicted_wait_ms, candidate.silent_wait_ms);
}

float WaitBehindSilence(const Candidate& candidate, float silence_ms) {
  return std::max(0.0f, silence_ms - UsualFirstTokenMs(candidate));
}

}  // namespace headgate::routing

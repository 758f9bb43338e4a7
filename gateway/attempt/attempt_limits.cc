#include "gateway/attempt/attempt_limits.h"

#include <chrono>
#include <limits>
#include <optional>

#include "gateway/failover/time_limits.h"
#include "gateway/snapshot/candidates.h"
#include "routing/decide/candidate_filter.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {
namespace {

backends::HeardLimits::Amount AmountOf(const routing::ExpectedTokens& tokens) {
  return {.input = tokens.input, .output = tokens.output};
}

}  // namespace

config::Timeouts TimeoutsOf(const RequestAccount& account, std::size_t target,
                            std::int64_t most_output) {
  const Snapshot& snapshot = *account.snapshot;
  config::Timeouts timeouts = TimeoutsAt(account, snapshot.policy->targets()[target].backend);
  if (account.stream) return timeouts;
  std::optional<std::int64_t> most;
  if (most_output != std::numeric_limits<std::int64_t>::max()) most = most_output;
  timeouts.first_byte =
      FirstByteLimit(timeouts, snapshot.fleet->learned(target).MsPerOutputToken(), most);
  return timeouts;
}

routing::ExpectedTokens ExpectedUse(const RequestAccount& account, std::size_t target,
                                    const routing::RequestSize& size) {
  const routing::LearnedTarget& learned = account.snapshot->fleet->learned(target);
  routing::Candidate candidate;
  candidate.expected_output_tokens =
      learned.ExpectedOutputTokens(account.classification->request_class);
  candidate.tokens_per_byte = learned.TokensPerByte();
  return routing::ExpectedTokensAt(account.snapshot->policy->targets()[target], candidate, size);
}

// Most providers have no limits that are known.
TimePoint LimitedUntil(const RequestAccount& account, std::size_t target,
                       const routing::RequestSize& size, TimePoint now) {
  const Fleet& fleet = *account.snapshot->fleet;
  if (!fleet.HasLimits(target)) return now;
  return fleet.LimitedUntil(target, AmountOf(ExpectedUse(account, target, size)), now);
}

QuotaUse::QuotaUse(const RequestAccount& account, std::size_t target,
                   const routing::RequestSize& size)
    : fleet_(*account.snapshot->fleet), target_(target), limited_(fleet_.HasLimits(target)) {
  if (!limited_) return;
  sent_ = SteadyClock::now();
  expected_ = AmountOf(ExpectedUse(account, target, size));
  fleet_.heard_limits(target_).Sent(expected_);
  fleet_.configured_limits(target_).Sent(expected_.input + expected_.output, sent_);
}

void QuotaUse::Hear(const backends::ResponseHead& head) {
  if (!head.rate_limits) return;
  fleet_.heard_limits(target_).Heard(*head.rate_limits, SteadyClock::now(),
                                     std::chrono::system_clock::now());
}

void QuotaUse::Settle(const Bill& bill, bool sent) {
  if (!limited_) return;
  const std::int64_t expected = expected_.input + expected_.output;
  if (!sent) {
    fleet_.heard_limits(target_).TakeBack(expected_);
    return fleet_.configured_limits(target_).TakeBack(expected, sent_);
  }
  if (!bill.exact_tokens) return;
  const std::int64_t tokens = bill.usage.input + bill.usage.output;
  fleet_.configured_limits(target_).Correct(tokens - expected, sent_);
}

std::chrono::nanoseconds UsualFirstToken(const RequestAccount& account, std::size_t target,
                                         TimePoint now) {
  const auto latency = account.snapshot->fleet->learned(target).FirstToken(now);
  if (latency.samples < routing::kLiveSamples) return std::chrono::nanoseconds{0};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<float, std::milli>(latency.median_ms));
}

std::chrono::nanoseconds UsualAnswer(const RequestAccount& account,
                                     const routing::RequestSize& size, std::size_t target,
                                     TimePoint now) {
  const Snapshot& snapshot = *account.snapshot;
  const routing::Candidate learned =
      LearnedOf(*snapshot.fleet, target, account.classification->request_class, now);
  return routing::UsualAnswerAt(snapshot.policy->targets()[target], learned, size);
}

}  // namespace headgate::gateway

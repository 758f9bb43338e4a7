#include "gateway/permits/quota_use.h"

#include <chrono>

#include "routing/decide/learned.h"

namespace headgate::gateway {
namespace {

backends::HeardLimits::Amount AmountOf(const routing::ExpectedTokens& tokens) {
  return {.input = tokens.input, .output = tokens.output};
}

}  // namespace

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

void HearLimits(const RequestAccount& account, std::size_t target,
                const backends::ResponseHead& head) {
  if (!head.rate_limits) return;
  account.snapshot->fleet->heard_limits(target).Heard(*head.rate_limits, SteadyClock::now(),
                                                      std::chrono::system_clock::now());
}

QuotaUse& QuotaUse::operator=(QuotaUse&& other) noexcept {
  std::swap(fleet_, other.fleet_);
  std::swap(target_, other.target_);
  std::swap(sent_, other.sent_);
  std::swap(expected_, other.expected_);
  return *this;
}

std::optional<TimePoint> QuotaUse::Take(const RequestAccount& account, std::size_t target,
                                        const routing::RequestSize& size) {
  const Fleet& fleet = *account.snapshot->fleet;
  if (!fleet.HasLimits(target)) return std::nullopt;
  const TimePoint now = SteadyClock::now();
  const routing::ExpectedTokens expected = ExpectedUse(account, target, size);
  const TimePoint free = fleet.configured_limits(target).Take(expected.Sum(), now);
  if (free > now) return free;
  fleet_ = &fleet;
  target_ = target;
  sent_ = now;
  expected_ = AmountOf(expected);
  fleet.heard_limits(target).Sent(expected_);
  return std::nullopt;
}

void QuotaUse::Settle(std::optional<std::int64_t> tokens, bool sent) {
  const Fleet* const fleet = std::exchange(fleet_, nullptr);
  if (fleet == nullptr) return;
  backends::ConfiguredLimits& configured = fleet->configured_limits(target_);
  configured.End();
  const std::int64_t expected = expected_.input + expected_.output;
  if (!sent) {
    fleet->heard_limits(target_).TakeBack(expected_);
    return configured.TakeBack(expected, sent_);
  }
  if (tokens) configured.Correct(*tokens - expected, sent_);
}

}  // namespace headgate::gateway

#include "gateway/attempt/attempt_limits.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "gateway/failover/time_limits.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {

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

backends::HeardLimits::Amount ExpectedUse(const RequestAccount& account, std::size_t target,
                                          std::int64_t most_output) {
  constexpr std::int64_t kPrior = 500;
  const routing::LearnedTarget& learned = account.snapshot->fleet->learned(target);
  const auto usual = static_cast<std::int64_t>(
      learned.ExpectedOutputTokens(account.classification->request_class));
  return {.input = account.estimated_input_tokens,
          .output = std::min(usual > 0 ? usual : kPrior, most_output)};
}

// Most providers have no limits that are known.
TimePoint LimitedUntil(const RequestAccount& account, std::size_t target, std::int64_t most_output,
                       TimePoint now) {
  const Fleet& fleet = *account.snapshot->fleet;
  if (!fleet.HasLimits(target)) return now;
  return fleet.LimitedUntil(target, ExpectedUse(account, target, most_output), now);
}

QuotaUse::QuotaUse(const RequestAccount& account, std::size_t target, std::int64_t most_output)
    : fleet_(*account.snapshot->fleet), target_(target), limited_(fleet_.HasLimits(target)) {
  if (!limited_) return;
  sent_ = SteadyClock::now();
  expected_ = ExpectedUse(account, target, most_output);
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
  if (bill.status != policy::UsageStatus::kExact) return;
  const std::int64_t tokens = bill.usage.input + bill.usage.output;
  fleet_.configured_limits(target_).Correct(tokens - expected, sent_);
}

}  // namespace headgate::gateway

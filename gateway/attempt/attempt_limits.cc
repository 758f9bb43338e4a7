#include "gateway/attempt/attempt_limits.h"

#include <limits>
#include <optional>

#include "gateway/failover/time_limits.h"
#include "gateway/snapshot/candidates.h"
#include "routing/decide/candidate_filter.h"
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

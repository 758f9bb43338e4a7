#include "gateway/accounting/request_account.h"

#include <algorithm>

namespace headgate::gateway {

RequestId RequestId::Make(config::SplitMix64& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  RequestId id{{'r', 'e', 'q', '_'}};
  std::uint64_t bits = 0;
  for (std::size_t i = 4; i < id.text.size(); ++i, bits >>= 4) {
    if (i % 12 == 4) bits = random.Next();
    id.text[i] = kHex[bits & 15];
  }
  return id;
}

void RequestAccount::AnsweredWith(const ClientError& answer) {
  if (outcome == RequestOutcome::kOk) {
    outcome = answer.status >= 500 ? RequestOutcome::kUpstreamError
              : rejection          ? RequestOutcome::kRefused
                                   : RequestOutcome::kClientError;
  }
  if (error.empty()) error = answer.message;
  status = answer.status;
}

const AttemptAccount* RequestAccount::LastPart() const {
  if (!committed) return nullptr;
  const AttemptAccount* last = &attempts[*committed];
  for (const AttemptAccount& attempt : attempts) {
    if (attempt.resumed) last = &attempt;
  }
  return last;
}

policy::Usage RequestAccount::UsageOfAnswer() const {
  policy::Usage sum = attempts[*committed].usage;
  for (const AttemptAccount& attempt : attempts) {
    if (attempt.resumed) sum += attempt.usage;
  }
  return sum;
}

bool RequestAccount::HasSpilledFrom(std::size_t target) const {
  return std::any_of(spilled.begin(), spilled.end(),
                     [target](const SpilledFrom& left) { return left.target == target; });
}

bool RequestAccount::SomeHedged() const {
  return std::any_of(attempts.begin(), attempts.end(),
                     [](const AttemptAccount& attempt) { return attempt.hedge; });
}

std::int64_t RequestAccount::CountResumed() const {
  return std::count_if(attempts.begin(), attempts.end(),
                       [](const AttemptAccount& attempt) { return attempt.resumed; });
}

std::optional<policy::UsageStatus> RequestAccount::WorstUsageStatus() const {
  std::optional<policy::UsageStatus> worst;
  for (const AttemptAccount& attempt : attempts) {
    const bool committed_one = committed && &attempt == &attempts[*committed];
    if (!committed_one && !attempt.Billable()) continue;
    if (!worst || attempt.usage_status > *worst) worst = attempt.usage_status;
  }
  return worst;
}

config::Timeouts TimeoutsAt(const RequestAccount& account, std::size_t backend) {
  const config::Config& config = *account.snapshot->config;
  return config.routes[*account.route].timeouts.Over(config.backends[backend].timeouts);
}

}  // namespace headgate::gateway

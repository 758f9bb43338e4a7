#include "policy/ledger/values/sums.h"

#include <cstddef>

namespace headgate::policy {

void LedgerSums::Add(const LedgerSums& other) {
  requests += other.requests;
  attempts += other.attempts;
  usage += other.usage;
  cost += other.cost;
  estimated += other.estimated;
  unpriced += other.unpriced;
}

void AddRequest(std::int64_t hour, std::int64_t labels, std::span<const PackedAttempt> attempts,
                SumTable& table) {
  if (attempts.empty()) return;
  std::size_t home = attempts.size() - 1;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    if (!attempts[i].answered) continue;
    home = i;
    break;
  }
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const PackedAttempt& attempt = attempts[i];
    table[{hour, labels, attempt.target}].Add(
        {.requests = i == home ? 1 : 0,
         .attempts = 1,
         .usage = attempt.usage,
         .cost = attempt.cost,
         .estimated = attempt.status == UsageStatus::kEstimated ? attempt.cost : 0,
         .unpriced = attempt.status == UsageStatus::kUnpriced ? 1 : 0});
  }
}

}  // namespace headgate::policy

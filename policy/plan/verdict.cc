#include "policy/plan/verdict.h"

#include <algorithm>

#include "policy/plan/month.h"

namespace headgate::policy {

Verdict Choose(const MonthCosts& costs) {
  const NanoUsd cheaper = std::min(costs.api, costs.self_hosted);
  if (costs.hybrid && costs.hybrid->replicas > 0 && costs.hybrid->away_tokens > 0 &&
      costs.hybrid->Total() <= Scaled(cheaper, 100 - kHybridSavesPercent, 100)) {
    return Verdict::kHybrid;
  }
  if (costs.api == costs.self_hosted) return Verdict::kTie;
  if (costs.self_hosted >= Product(costs.api, kDecisiveFactor)) return Verdict::kApi;
  if (costs.api >= Product(costs.self_hosted, kDecisiveFactor)) return Verdict::kSelfHost;
  return Verdict::kTie;
}

}  // namespace headgate::policy

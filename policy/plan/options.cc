#include "policy/plan/options.h"

#include <algorithm>
#include <limits>

#include "policy/plan/month.h"

namespace headgate::policy {
namespace {

__extension__ using Wide = __int128;

// Utilisation is in millionths.
constexpr std::int64_t kMonthsDivisor = 10 * kMillion;

}  // namespace

std::int64_t SelfHosting::Capacity(std::int64_t count) const {
  const Wide tokens = Wide{Product(*tokens_per_hour, count)} * kHoursOfTenMonths * utilisation;
  return static_cast<std::int64_t>(
      std::min<Wide>(tokens / kMonthsDivisor, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace headgate::policy

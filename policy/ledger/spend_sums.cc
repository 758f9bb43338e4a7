#include "policy/ledger/spend_sums.h"

#include "policy/ledger/values/calendar.h"

namespace headgate::policy {

void SpendSums::Add(std::int64_t day, std::string_view team, config::Hosting hosting,
                    NanoUsd cost) {
  auto& teams = days_[day];
  const auto found = teams.find(std::pair(team, hosting));
  if (found != teams.end()) {
    found->second += cost;
  } else {
    teams.emplace(Key(team, hosting), cost);
  }
  if (days_.size() > kMostDays) days_.erase(days_.begin());
}

std::map<SpendSums::Key, SpendSums::Amounts> SpendSums::Read(std::int64_t now) const {
  std::map<Key, Amounts> out;
  const std::int64_t today = DayOf(now);
  const std::int64_t first = MonthStart(today);
  for (auto day = days_.lower_bound(first); day != days_.end() && day->first <= today; ++day) {
    for (const auto& [key, cost] : day->second) {
      Amounts& amounts = out[key];
      amounts.month += cost;
      if (day->first == today) amounts.day += cost;
    }
  }
  return out;
}

}  // namespace headgate::policy

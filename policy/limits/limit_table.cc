#include "policy/limits/limit_table.h"

namespace headgate::policy {

LimitTable::LimitTable(const config::Config& config, const LimitTable* previous,
                       Clock::time_point now) {
  std::map<std::string, LimitedSubject*> teams;
  for (const config::Team& team : config.teams) {
    teams[team.name] = Add(LimitOwner::kTeam, team.name, team.limits, previous, now);
  }
  for (const config::Key& key : config.keys) {
    const auto team = teams.find(key.team);
    keys_.push_back({.key = Add(LimitOwner::kKey, key.name, key.limits, previous, now),
                     .team = team == teams.end() ? nullptr : team->second});
  }
  for (const config::Route& route : config.routes) {
    routes_.push_back(Add(LimitOwner::kRoute, route.name, route.limits, previous, now));
  }
}

LimitedSubject* LimitTable::Add(LimitOwner owner, const std::string& name,
                                const config::RateLimits& limits, const LimitTable* previous,
                                Clock::time_point now) {
  if (!limits.any()) return nullptr;
  Entry& entry = entries_[Id(owner, name)];
  entry.limits = limits;
  if (previous != nullptr) {
    const auto known = previous->entries_.find(Id(owner, name));
    if (known != previous->entries_.end()) entry.subject = known->second.subject;
  }
  if (!entry.subject) {
    entry.subject = std::make_shared<LimitedSubject>(owner, name);
    entry.subject->SetLimits(limits, now);
  }
  return entry.subject.get();
}

void LimitTable::PutInForce(Clock::time_point now) const {
  for (const auto& [id, entry] : entries_) entry.subject->SetLimits(entry.limits, now);
}

LimitedBy LimitTable::Of(std::optional<std::size_t> key, std::size_t route) const {
  LimitedBy subjects;
  if (key) {
    for (LimitedSubject* const subject : {keys_[*key].key, keys_[*key].team}) {
      if (subject != nullptr) subjects.push_back(subject);
    }
  }
  if (routes_[route] != nullptr) subjects.push_back(routes_[route]);
  return subjects;
}

}  // namespace headgate::policy

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/lint/nose.h"

// What holds for some who come and not for others: every question is asked for each of them.

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kNamed = 4;

}  // namespace

std::vector<std::size_t> PolicyLinter::Requesters() const {
  std::vector<std::size_t> requesters;
  for (std::size_t i = 0; i <= policy_.keys().size(); ++i) {
    if (HasNumber(i, reach_.space().every[kKeys])) requesters.push_back(i);
  }
  return requesters;
}

RequestBox PolicyLinter::Of(RequestBox box, std::size_t requester) const {
  NumberSet only(reach_.space().every[kKeys].size(), 0);
  AddNumber(requester, only);
  box.Restrict(kKeys, only);
  return box;
}

// Whether the route gets requests for `auto` of the requester, and none of its targets is left for
// them by what the key and its team require, or may use.
bool PolicyLinter::Refuses(std::size_t i, std::size_t requester,
                           const std::vector<std::size_t>& usable) {
  const bool may_use = std::any_of(usable.begin(), usable.end(),
                                   [&](std::size_t t) { return MayUse(requester, t); });
  if (may_use) return false;
  RequestBox asking = Of(reach_.Anything(), requester);
  NumberSet automatic(reach_.space().every[kAsked].size(), 0);
  AddNumber(policy_.Resolve("auto").asked, automatic);
  asking.Restrict(kAsked, automatic);
  return reach_.BoxesOf(i) && reach_.MayTake(i, asking) && !reach_.Exhausted();
}

// A key that is refused everywhere is reported once, at the key (Unmet).
void PolicyLinter::Conflict(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::size_t> usable;
  for (const std::size_t t : route.targets) {
    if (Passes(route, t)) usable.push_back(t);
  }
  if (usable.empty()) return;
  std::vector<std::size_t> refused;
  std::vector<std::size_t> allowed;
  std::vector<std::string> about;  // what allows it
  for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
    const PolicyKey& compiled = policy_.keys()[key];
    if (compiled.require.empty() && compiled.models.empty()) continue;
    bool somewhere = false;
    for (std::size_t t = 0; t < policy_.targets().size() && !somewhere; ++t) {
      somewhere = MayUse(key, t);
    }
    if (!somewhere || !Refuses(i, key, usable)) continue;
    std::vector<std::string> paths = AllowingPaths(WarningKind::kRequireConflict, key);
    (paths.empty() ? refused : allowed).push_back(key);
    std::move(paths.begin(), paths.end(), std::back_inserter(about));
  }
  ReportConflict(i, refused, {});
  ReportConflict(i, allowed, std::move(about));
}

void PolicyLinter::ReportConflict(std::size_t i, const std::vector<std::size_t>& refused,
                                  std::vector<std::string> about) {
  if (refused.empty()) return;
  Report(WarningKind::kRequireConflict, config_.routes[i].place, config_.routes[i].path,
         Concat("route ", policy_.routes()[i].name, " refuses every request of ", Subjects(refused),
                " that matches it", ": what they require or may use drops all of its targets (",
                Reasons(i, refused.front()), ")"),
         "add a target that they may use, or a route for them above this one", std::move(about));
}

// Teams all of whose keys are refused, then the other keys.
std::string PolicyLinter::Subjects(const std::vector<std::size_t>& refused) const {
  std::map<std::string, std::size_t> keys_of;
  std::map<std::string, std::size_t> refused_of;
  for (const PolicyKey& key : policy_.keys()) ++keys_of[key.team];
  for (const std::size_t key : refused) ++refused_of[policy_.keys()[key].team];
  std::vector<std::string> names;
  std::set<std::string> teams;
  for (const std::size_t number : refused) {
    const PolicyKey& key = policy_.keys()[number];
    const bool of_team =
        std::any_of(config_.teams.begin(), config_.teams.end(),
                    [&](const config::Team& team) { return team.name == key.team; });
    if (!of_team || refused_of[key.team] < keys_of[key.team]) {
      names.push_back("key " + key.name);
    } else if (teams.insert(key.team).second) {
      names.push_back("team " + key.team);
    }
  }
  return ListedAtMost(kNamed, std::move(names));
}

// "gpt-4.1@openai: hosting"
std::string PolicyLinter::Reasons(std::size_t i, std::size_t requester) const {
  const PolicyKey& key = policy_.keys()[requester];
  std::vector<std::string> reasons;
  for (const std::size_t t : policy_.routes()[i].targets) {
    if (!Passes(policy_.routes()[i], t)) continue;
    Drop drop = Drop::kModelNotAllowed;
    for (const std::size_t require : key.require) {
      const Drop fixed = policy_.key_requires()[require].fixed[t];
      if (fixed != Drop::kNone) drop = fixed;
    }
    reasons.push_back(Concat(policy_.targets()[t].name, ": ", ToString(drop)));
  }
  return ListedAtMost(kNamed, std::move(reasons), ", ");
}

const NumberSet& PolicyLinter::ComersOf(std::size_t i) {
  const auto [known, fresh] = comers_.try_emplace(i);
  if (fresh) {
    constexpr std::size_t kMostAskedFor = 64;  // more would take too long
    const std::vector<std::size_t> requesters = Requesters();
    known->second.assign(reach_.space().every[kKeys].size(), 0);
    for (const std::size_t requester : requesters) {
      const RequestBox all = Of(reach_.Anything(), requester);
      const bool fits =
          !reach_.BoxesOf(i) || std::any_of(reach_.BoxesOf(i)->begin(), reach_.BoxesOf(i)->end(),
                                            [&](const RequestBox& box) { return Meet(box, all); });
      if (!fits) continue;
      if (requesters.size() > kMostAskedFor || reach_.MayTake(i, all)) {
        AddNumber(requester, known->second);
      }
    }
  }
  return known->second;
}

}  // namespace headgate::routing

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/glob.h"
#include "config/text.h"
#include "routing/nose.h"

// What holds for some who come and not for others: every question is asked for each of them.

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kNamed = 4;

bool MatchesAny(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return config::MatchesGlob(glob, text); });
}

// A backend's label; empty where it has none.
std::string ValueOf(const config::Backend& backend, const std::string& label) {
  const auto found = backend.labels.find(label);
  return found == backend.labels.end() ? std::string() : found->second;
}

bool Has(const NumberSet& set, std::size_t number) {
  return (set[number / 64] >> (number % 64) & 1) != 0;
}

}  // namespace

std::vector<std::size_t> Nose::Requesters() const {
  std::vector<std::size_t> requesters;
  for (std::size_t i = 0; i <= policy_.keys().size(); ++i) {
    if (Has(reach_.space().every[kKeys], i)) requesters.push_back(i);
  }
  return requesters;
}

RequestBox Nose::Of(RequestBox box, std::size_t requester) const {
  NumberSet only(reach_.space().every[kKeys].size(), 0);
  AddNumber(requester, only);
  box.Restrict(kKeys, only);
  return box;
}

// Whether the route gets requests for `auto` of the requester, and none of its targets is left for
// them by what the key and its team require, or may use.
bool Nose::Refuses(std::size_t i, std::size_t requester, const std::vector<std::size_t>& usable) {
  const bool may_use = std::any_of(usable.begin(), usable.end(),
                                   [&](std::size_t t) { return MayUse(requester, t); });
  if (may_use) return false;
  RequestBox asking = Of(reach_.Anything(), requester);
  NumberSet automatic(reach_.space().every[kAsked].size(), 0);
  AddNumber(policy_.Resolve("auto").asked, automatic);
  asking.Restrict(kAsked, automatic);
  return reach_.BoxesOf(i) && reach_.MayTake(i, asking) && !reach_.Tired();
}

// A key that is refused everywhere is reported once, at the key (Unmet).
void Nose::Conflict(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::size_t> usable;
  for (const std::size_t t : route.targets) {
    if (Passes(route, t)) usable.push_back(t);
  }
  if (usable.empty()) return;
  std::vector<std::size_t> refused;
  for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
    const PolicyKey& compiled = policy_.keys()[key];
    if (compiled.require.empty() && compiled.models.empty()) continue;
    bool somewhere = false;
    for (std::size_t t = 0; t < policy_.targets().size() && !somewhere; ++t) {
      somewhere = MayUse(key, t);
    }
    if (somewhere && Refuses(i, key, usable)) refused.push_back(key);
  }
  if (refused.empty()) return;
  Report(WarningKind::kRequireConflict, config_.routes[i].place, config_.routes[i].path,
         Concat("route ", route.name, " refuses every request of ", Subjects(refused),
                " that matches it", ": what they require or may use drops all of its targets (",
                Reasons(i, refused.front()), ")"),
         "add a target that they may use, or a route for them above this one");
}

// Teams all of whose keys are refused, then the other keys.
std::string Nose::Subjects(const std::vector<std::size_t>& refused) const {
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
std::string Nose::Reasons(std::size_t i, std::size_t requester) const {
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

const NumberSet& Nose::ComersOf(std::size_t i) {
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

// Whether someone whom route `rule` binds to a region can get out of it by falling back on route
// `i`. What a key or team requires needs no such question: it holds on every route.
bool Nose::LeavesRegion(std::size_t i, std::size_t rule, const std::string& label,
                        const std::string& home, const std::vector<std::size_t>& usable) {
  const config::Route& route = config_.routes[i];
  const std::vector<std::string>& globs = config_.routes[rule].require.labels.at(label);
  if (!MatchesAny(globs, home)) return false;
  for (const std::size_t t : usable) {
    const std::size_t target = policy_.routes()[i].targets[t];
    const std::string value = ValueOf(config_.backends[policy_.targets()[target].backend], label);
    if (!value.empty() && MatchesAny(globs, value)) continue;
    RequestBox bound = reach_.Anything();
    bound.Restrict(kKeys, ComersOf(rule));
    std::size_t leak = 0;
    if (!bound.Possible() || !MayLeak(i, bound, {target}, leak) || reach_.Tired()) continue;
    Report(
        WarningKind::kResidencyRegion, route.targets[t].place,
        Concat(route.path, ".targets[", t, "]"),
        Concat("falling back to ", policy_.targets()[target].name, " leaves ", label, " ", home,
               value.empty() ? Concat(" (it has no label ", label, ")") : Concat(" for ", value),
               ", and clients of this route also come to route ", policy_.routes()[rule].name,
               ", which requires ", label, " ", Listed(globs, " or ")),
        Concat("add `require: {labels: {", label, ": ", home, "}}` if the route must stay there"));
    return true;
  }
  return false;
}

// The first usable target is in a region that another route requires and a fallback is outside it.
// Fallbacks that are always filtered out do not count.
void Nose::Region(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  std::vector<std::size_t> usable;
  for (std::size_t t = 0; t < route.targets.size(); ++t) {
    if (Passes(compiled, compiled.targets[t])) usable.push_back(t);
  }
  if (usable.size() < 2) return;
  const Target& first = policy_.targets()[compiled.targets[usable.front()]];
  for (std::size_t rule = 0; rule < config_.routes.size(); ++rule) {
    for (const auto& required : config_.routes[rule].require.labels) {
      const std::string& label = required.first;
      if (rule == i || route.require.labels.contains(label)) continue;
      const std::string home = ValueOf(config_.backends[first.backend], label);
      if (!home.empty() && LeavesRegion(i, rule, label, home, usable)) return;
    }
  }
}

}  // namespace headgate::routing

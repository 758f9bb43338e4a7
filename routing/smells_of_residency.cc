#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "config/text.h"
#include "routing/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;

bool BindsThePlace(Drop drop) { return drop == Drop::kHosting || drop == Drop::kLabels; }

}  // namespace

bool Nose::RequiresAPlace(std::size_t i) const {
  const config::Require& require = config_.routes[i].require;
  return require.hosting == config::Hosting::kSelfHosted || !require.labels.empty();
}

// Targets that are forbidden to the route's requests by where they are: by `require`, or because
// all targets that it lists are own hardware.
std::vector<std::size_t> Nose::Leaks(std::size_t i) const {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const auto is_own = [&](std::size_t t) {
    return policy_.targets()[t].hosting == config::Hosting::kSelfHosted;
  };
  const bool requires_it = RequiresAPlace(i);
  const bool lists_it = !route.targets.empty() &&
                        std::all_of(compiled.targets.begin(), compiled.targets.end(), is_own);
  std::vector<std::size_t> leaks;
  for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
    if ((requires_it && BindsThePlace(compiled.require.binding[t])) || (lists_it && !is_own(t))) {
      leaks.push_back(t);
    }
  }
  return leaks;
}

// Where a key or team is forbidden the same, the header only adds to it.
bool Nose::IsLocked(const std::vector<std::size_t>& leaks) const {
  return std::any_of(policy_.keys().begin(), policy_.keys().end(), [&](const PolicyKey& key) {
    return std::none_of(leaks.begin(), leaks.end(),
                        [&](std::size_t t) { return MeetsAll(key, t); });
  });
}

// Whether the route may send a request of the box to one of `leaks`; it is put into `target`.
bool Nose::MayLeak(std::size_t i, const RequestBox& box, const std::vector<std::size_t>& leaks,
                   std::size_t& target) {
  const CompiledRoute& route = policy_.routes()[i];
  for (const std::size_t leak : leaks) {
    if (!Passes(route, leak) ||
        std::find(route.targets.begin(), route.targets.end(), leak) == route.targets.end()) {
      continue;
    }
    RequestBox permitted = box;
    NumberSet keys = reach_.space().every[kKeys];
    for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
      if (!MayUse(key, leak)) keys[key / 64] &= ~(std::uint64_t{1} << (key % 64));
    }
    permitted.Restrict(kKeys, keys);
    target = leak;
    if (permitted.Possible() && reach_.MayTake(i, permitted)) return true;
  }
  return false;
}

// The headers and metadata that the patterns look at.
std::string Nose::TextsOf(const std::vector<std::uint32_t>& patterns) const {
  std::set<std::string> texts;
  for (const std::uint32_t i : patterns) {
    const Pattern& pattern = policy_.patterns()[i];
    const bool header = pattern.source == Pattern::Source::kHeader;
    texts.insert(Concat(header ? "header " : "metadata ", pattern.name));
  }
  return Listed({texts.begin(), texts.end()});
}

// A client comes out of the route by leaving out what the route asks for.
bool Nose::OpensByLeavingOut(std::size_t i, const std::vector<std::size_t>& leaks) {
  for (const RequestBox& box : *reach_.BoxesOf(i)) {
    if (box.matched.empty()) continue;
    const RequestBox bare = reach_.WithoutTexts(box);
    for (std::size_t other = 0; other < policy_.routes().size(); ++other) {
      std::size_t target = 0;
      if (other == i || !MayLeak(other, bare, leaks, target)) continue;
      if (reach_.Tired()) return false;
      const std::string& name = policy_.routes()[i].name;
      Report(config::WarningKind::kResidencyBypass, config_.routes[i].place,
             config_.routes[i].path + ".when",
             Concat("where the data of route ", name, " may go hangs on ", TextsOf(box.matched),
                    ", which a client can leave out: then route ", policy_.routes()[other].name,
                    " may send it to ", policy_.targets()[target].name),
             "say the same `require` on the keys or teams whose data must stay");
      return true;
    }
  }
  return false;
}

// A client that would come to the route comes to another one by adding a text: what that one asks
// for, or what this one asks not to be there.
bool Nose::OpensByAdding(std::size_t i, const std::vector<std::size_t>& leaks) {
  for (const RequestBox& box : *reach_.BoxesOf(i)) {
    if (!box.matched.empty()) continue;
    RequestBox opened = box;
    opened.missed.clear();
    opened.nothing_else = false;
    for (std::size_t other = 0; other < policy_.routes().size(); ++other) {
      if (other == i || !reach_.BoxesOf(other)) continue;
      for (const RequestBox& of_other : *reach_.BoxesOf(other)) {
        const std::vector<std::uint32_t>& added =
            of_other.matched.empty() ? box.missed : of_other.matched;
        if (added.empty() || !Meet(opened, of_other)) continue;
        const RequestBox common = opened & of_other;
        std::size_t target = 0;
        if (!MayLeak(other, common, leaks, target) ||
            !reach_.MayTake(i, reach_.WithoutTexts(common))) {
          continue;
        }
        if (reach_.Tired()) return false;
        ReportOpening(i, other, TextsOf(added), target);
        return true;
      }
    }
  }
  return false;
}

void Nose::ReportOpening(std::size_t i, std::size_t other, const std::string& added,
                         std::size_t target) {
  Report(config::WarningKind::kResidencyBypass, config_.routes[i].place,
         config_.routes[i].path + ".require",
         Concat("what route ", policy_.routes()[i].name, " keeps in, a client can let out: with ",
                added, " route ", policy_.routes()[other].name, " may send it to ",
                policy_.targets()[target].name),
         "say the same `require` on the keys or teams whose data must stay");
}

void Nose::Residency(std::size_t i) {
  const std::vector<std::size_t> leaks = Leaks(i);
  if (leaks.empty() || !reach_.BoxesOf(i) || IsLocked(leaks) || OpensByLeavingOut(i, leaks)) return;
  if (RequiresAPlace(i)) OpensByAdding(i, leaks);
}

}  // namespace headgate::routing

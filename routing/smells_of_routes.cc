#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/glob.h"
#include "config/text.h"
#include "routing/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;

constexpr std::size_t kNamedTakers = 4;

bool MatchesAny(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return config::MatchesGlob(glob, text); });
}

std::string PathOfRoute(std::size_t route) { return Concat("routes[", route, "]"); }

// "a", "a and b", "a, b and c".
std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

// What a label requires somewhere, at a target's backend; empty: it has none.
std::string ValueOf(const config::Backend& backend, const std::string& label) {
  const auto found = backend.labels.find(label);
  return found == backend.labels.end() ? std::string() : found->second;
}

bool BindsThePlace(Drop drop) { return drop == Drop::kHosting || drop == Drop::kLabels; }

}  // namespace

void Nose::Reachable(std::size_t i) {
  const std::string& name = policy_.routes()[i].name;
  const config::Place& place = config_.routes[i].place;
  const Reach::Verdict verdict = reach_.Of(i);
  if (verdict.kind == Reach::Verdict::Kind::kImpossible) {
    Report(place, PathOfRoute(i),
           Concat("route ", name, " can never match: no request has all that its `when` says"),
           "loosen the condition, or remove the route");
  }
  if (verdict.kind != Reach::Verdict::Kind::kTaken) return;
  std::vector<std::string> takers;
  for (const std::size_t taker : verdict.takers) {
    if (takers.size() == kNamedTakers) {
      takers.back() = Concat(verdict.takers.size() - kNamedTakers + 1, " more");
      break;
    }
    takers.push_back(policy_.routes()[taker].name);
  }
  const bool alone = takers.size() == 1;
  Report(place, PathOfRoute(i),
         Concat("route ", name, " can never match: ", alone ? "route " : "routes ", Listed(takers),
                alone ? " takes" : " together take", " everything before it"),
         Concat("move it above ", takers.front(), ", or remove it"));
}

void Nose::Empty(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  const auto any = [&](const std::vector<Drop>& drops) {
    return std::any_of(route.targets.begin(), route.targets.end(),
                       [&](std::size_t t) { return drops[t] == Drop::kNone; });
  };
  if (any(route.require.fixed)) return;
  const bool relaxes =
      route.on_no_target == config::OnNoTarget::kRelax && any(route.require.binding);
  Report(config_.routes[i].place, PathOfRoute(i) + ".require",
         Concat("no target of route ", route.name, " meets it, so ",
                relaxes ? "it is relaxed for every request" : "every request is refused"),
         "loosen `require`, or add a target that meets it");
}

// The first target is where a rule wants requests to be, and a later one is not. A later one that
// is dropped anyway, by the route or for everybody who comes here, is no matter.
void Nose::Region(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const auto backend = [&](std::size_t t) -> const config::Backend& {
    return config_.backends[policy_.targets()[compiled.targets[t]].backend];
  };
  std::vector<std::size_t> usable;
  for (std::size_t t = 0; t < route.targets.size(); ++t) {
    if (Passes(compiled, compiled.targets[t])) usable.push_back(t);
  }
  for (const auto& required : required_labels_) {
    const std::string& label = required.first;
    const std::vector<std::string>& globs = required.second;
    if (usable.empty() || route.require.labels.contains(label)) continue;
    const std::string home = ValueOf(backend(usable[0]), label);
    if (home.empty() || !MatchesAny(globs, home)) continue;
    const auto away = std::find_if(usable.begin(), usable.end(), [&](std::size_t t) {
      const std::string value = ValueOf(backend(t), label);
      std::size_t target = 0;
      return (value.empty() || !MatchesAny(globs, value)) &&
             MayLeak(i, reach_.Anything(), {compiled.targets[t]}, target);
    });
    if (away == usable.end()) continue;
    const std::string value = ValueOf(backend(*away), label);
    Report(
        route.targets[*away].place, Concat(PathOfRoute(i), ".targets[", *away, "]"),
        Concat("falling back to ", policy_.targets()[compiled.targets[*away]].name, " leaves ",
               label, " ", home, " for ", value.empty() ? "one that has none" : value,
               ", and a rule elsewhere requires ", label),
        Concat("add `require: {labels: {", label, ": ", home, "}}` if the route must stay there"));
    return;
  }
}

// Targets that are forbidden to the route's requests by where they are: by `require`, or because
// all targets that it lists are own hardware.
std::vector<std::size_t> Nose::Leaks(std::size_t i) const {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const auto is_own = [&](std::size_t t) {
    return policy_.targets()[t].hosting == config::Hosting::kSelfHosted;
  };
  const bool requires_it =
      route.require.hosting == config::Hosting::kSelfHosted || !route.require.labels.empty();
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

// The headers and metadata that requests of the box must have.
std::string Nose::TextsOf(const RequestBox& box) const {
  std::set<std::string> texts;
  for (const std::uint32_t i : box.matched) {
    const Pattern& pattern = policy_.patterns()[i];
    const bool header = pattern.source == Pattern::Source::kHeader;
    texts.insert(Concat(header ? "header " : "metadata ", pattern.name));
  }
  return Listed({texts.begin(), texts.end()});
}

void Nose::Residency(std::size_t i) {
  const std::vector<std::size_t> leaks = Leaks(i);
  if (leaks.empty() || !reach_.BoxesOf(i) || IsLocked(leaks)) return;
  for (const RequestBox& box : *reach_.BoxesOf(i)) {
    if (box.matched.empty()) continue;
    const RequestBox bare = reach_.WithoutTexts(box);
    for (std::size_t other = 0; other < policy_.routes().size(); ++other) {
      std::size_t target = 0;
      if (other == i || !MayLeak(other, bare, leaks, target)) continue;
      const std::string& name = policy_.routes()[i].name;
      const std::string texts = TextsOf(box);
      Report(config_.routes[i].place, PathOfRoute(i) + ".when",
             Concat("where the data of route ", name, " may go hangs on ", texts,
                    ", which a client can leave out: then route ", policy_.routes()[other].name,
                    " may send it to ", policy_.targets()[target].name),
             "say the same `require` on the keys or teams whose data must stay");
      return;
    }
  }
}

}  // namespace headgate::routing

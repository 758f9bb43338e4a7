#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/lint/nose.h"

namespace headgate::routing {
namespace {

bool BindsThePlace(Drop drop) { return drop == Drop::kHosting || drop == Drop::kLabels; }

}  // namespace

bool PolicyLinter::RequiresAPlace(std::size_t i) const {
  const config::Require& require = config_.routes[i].require;
  return require.hosting == config::Hosting::kSelfHosted || !require.labels.empty();
}

// Targets that are forbidden to the route's requests by where they are: by `require`, or because
// all targets that it lists are self-hosted.
std::vector<std::size_t> PolicyLinter::Leaks(std::size_t i) const {
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

// Whether the route may send a request of the box to one of `leaks`; it is put into `target`.
bool PolicyLinter::MayLeak(std::size_t i, const RequestBox& box,
                           const std::vector<std::size_t>& leaks, std::size_t& target) {
  const CompiledRoute& route = policy_.routes()[i];
  for (const std::size_t leak : leaks) {
    if (!Passes(route, leak) ||
        std::find(route.targets.begin(), route.targets.end(), leak) == route.targets.end()) {
      continue;
    }
    RequestBox permitted = box;
    NumberSet requesters = reach_.space().every[kKeys];
    for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
      if (!MayUse(key, leak)) RemoveNumber(key, requesters);
    }
    permitted.Restrict(kKeys, requesters);
    target = leak;
    if (permitted.Possible() && reach_.MayTake(i, permitted)) return true;
  }
  return false;
}

// The headers and metadata that the patterns look at.
std::string PolicyLinter::TextsOf(const std::vector<std::uint32_t>& patterns) const {
  std::set<std::string> texts;
  for (const std::uint32_t i : patterns) texts.insert(TextOf(policy_.patterns()[i]));
  return Listed({texts.begin(), texts.end()});
}

// The box with the texts that a client likes: headers and metadata are its own to choose, and so is
// then a class that looks at them.
RequestBox PolicyLinter::WithAnyTexts(const RequestBox& box) const {
  RequestBox any = reach_.WithoutTexts(box);
  any.nothing_else = false;
  any.missed.clear();
  for (std::size_t own = 0; own < policy_.own_classes().size(); ++own) {
    any.traits.Add(static_cast<Class>(kClassNames.size() + own));
  }
  return any;
}

// Whether the other route may send what it is opened for to a forbidden target.
bool PolicyLinter::MayOpen(const Lock& lock, Opening& opening) {
  if (lock.exempt != nullptr) opening.opened.Restrict(kKeys, lock.exempt->others);
  return MayLeak(opening.other, opening.opened, lock.leaks, opening.target) && !reach_.Exhausted();
}

// A client comes out of the route by leaving out what the route asks for, all of it or a part.
bool PolicyLinter::OpensByLeavingOut(std::size_t i, const RequestBox& box, const Lock& lock) {
  if (box.matched.empty()) return false;
  const RequestBox any = WithAnyTexts(box);
  for (std::size_t other = 0; other < policy_.routes().size(); ++other) {
    if (other == i || !reach_.BoxesOf(other)) continue;
    for (const RequestBox& of_other : *reach_.BoxesOf(other)) {
      std::vector<std::uint32_t> left_out;
      std::set_difference(box.matched.begin(), box.matched.end(), of_other.matched.begin(),
                          of_other.matched.end(), std::back_inserter(left_out));
      const bool adds_none = std::includes(box.matched.begin(), box.matched.end(),
                                           of_other.matched.begin(), of_other.matched.end());
      if (left_out.empty() || !adds_none || !Meet(any, of_other)) continue;
      Opening opening{other, 0, box, any & of_other};
      opening.opened.nothing_else = true;
      if (!MayOpen(lock, opening)) continue;
      const std::string who = WhoOpens(i, opening);
      if (who.empty()) continue;
      ReportOpening(i, opening, ".when", who, "without " + TextsOf(left_out), lock.about);
      return true;
    }
  }
  return false;
}

// A client can move a request from this route to another by adding a header or metadata entry: one
// that the other route requires, or one that this route forbids.
bool PolicyLinter::OpensByAdding(std::size_t i, const RequestBox& box, const Lock& lock) {
  RequestBox any = WithAnyTexts(box);
  any.matched = box.matched;
  for (std::size_t other = 0; other < policy_.routes().size(); ++other) {
    if (other == i || !reach_.BoxesOf(other)) continue;
    for (const RequestBox& of_other : *reach_.BoxesOf(other)) {
      std::vector<std::uint32_t> added;
      std::set_difference(of_other.matched.begin(), of_other.matched.end(), box.matched.begin(),
                          box.matched.end(), std::back_inserter(added));
      if (added.empty() && of_other.matched.empty()) added = box.missed;
      if (added.empty() || !Meet(any, of_other)) continue;
      Opening opening{other, 0, {}, any & of_other};
      opening.kept = reach_.WithoutTexts(opening.opened);
      opening.kept.matched = box.matched;
      if (!MayOpen(lock, opening)) continue;
      const std::string who = WhoOpens(i, opening);
      if (who.empty()) continue;
      ReportOpening(i, opening, ".require", who, "with " + TextsOf(added), lock.about);
      return true;
    }
  }
  return false;
}

// Who can both come to the route and get out of it: "a client", where all can that come; empty:
// nobody.
std::string PolicyLinter::WhoOpens(std::size_t i, const Opening& opening) {
  constexpr std::size_t kNamed = 4;
  constexpr std::size_t kMostAskedFor = 64;  // more would take too long
  const std::vector<std::size_t> requesters = Requesters();
  if (requesters.size() > kMostAskedFor) {
    RequestBox kept = opening.kept;
    for (const auto& [dimension, values] : opening.opened.sets) {
      if (dimension == kKeys) kept.Restrict(kKeys, values);
    }
    const bool comes = kept.Possible() && reach_.MayTake(i, kept);
    return comes && !reach_.Exhausted() ? "a client" : "";
  }
  std::vector<std::string> names;
  bool all = true;
  for (const std::size_t requester : requesters) {
    const RequestBox kept = Of(opening.kept, requester);
    if (!kept.Possible() || !reach_.MayTake(i, kept)) continue;
    const RequestBox opened = Of(opening.opened, requester);
    if (!MayUse(requester, opening.target) || !opened.Possible() ||
        !reach_.MayTake(opening.other, opened)) {
      all = false;
    } else if (requester < policy_.keys().size()) {
      names.push_back(policy_.keys()[requester].name);
    } else {
      names.emplace_back();
    }
  }
  if (names.empty() || reach_.Exhausted()) return {};
  if (all) return "a client";
  return "a client with key " + ListedAtMost(kNamed, std::move(names), " or ");
}

void PolicyLinter::ReportOpening(std::size_t i, const Opening& opening, const char* key,
                                 const std::string& who, const std::string& change,
                                 std::vector<std::string> about) {
  const bool by_list = !RequiresAPlace(i);
  Report(config::WarningKind::kResidencyBypass, config_.routes[i].place,
         config_.routes[i].path + key,
         config::Concat(who, " can bypass ", by_list ? "the self-hosted `targets`" : "`require`",
                        " of route ", policy_.routes()[i].name, ": ", change, ", route ",
                        policy_.routes()[opening.other].name, " may send the request to ",
                        policy_.targets()[opening.target].name),
         "say the same `require` on the keys or teams whose data must stay", std::move(about));
}

bool PolicyLinter::Opens(std::size_t i, const Lock& lock) {
  if (lock.leaks.empty()) return false;
  const std::vector<RequestBox>& boxes = *reach_.BoxesOf(i);
  const auto any = [&](bool (PolicyLinter::*opens)(std::size_t, const RequestBox&, const Lock&)) {
    return std::any_of(boxes.begin(), boxes.end(),
                       [&](const RequestBox& box) { return (this->*opens)(i, box, lock); });
  };
  return any(&PolicyLinter::OpensByLeavingOut) ||
         (RequiresAPlace(i) && any(&PolicyLinter::OpensByAdding));
}

void PolicyLinter::Residency(std::size_t i) {
  if (!reach_.BoxesOf(i)) return;
  const std::vector<std::size_t> leaks = Leaks(i);
  const Exempt& exempt = ExemptFrom(config::WarningKind::kResidencyBypass);
  Lock lock{.leaks = leaks, .exempt = &exempt, .about = {}};
  std::erase_if(lock.leaks, [&](std::size_t target) {
    return BackendAllows(config::WarningKind::kResidencyBypass, target);
  });
  if (Opens(i, lock) || exempt.paths.empty()) return;
  Opens(i, {.leaks = leaks, .exempt = nullptr, .about = exempt.paths});
}

}  // namespace headgate::routing

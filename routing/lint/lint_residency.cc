#include "routing/lint/lint_residency.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

bool IsAboutPlace(Drop drop) { return drop == Drop::kHosting || drop == Drop::kLabels; }

// One run over all routes; `i` is a route.
class ResidencyLinter {
 public:
  explicit ResidencyLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Residency(std::size_t i);

 private:
  struct Opening {
    std::size_t other = 0;   // the route that a client can reach instead
    std::size_t target = 0;  // to which that route may send the request
    RequestBox kept;         // requests that reach the route which keeps them in
    RequestBox opened;       // the same requests with other headers or metadata
  };
  struct Lock {                                   // what keeps requests in
    std::vector<std::size_t> leaks;               // targets that are forbidden to them
    const LintContext::Exempt* exempt = nullptr;  // who is ignored; null: nobody
    std::vector<std::string> about;
  };
  bool Opens(std::size_t i, const Lock& lock);
  bool OpensByLeavingOut(std::size_t i, const RequestBox& box, const Lock& lock);
  bool OpensByAdding(std::size_t i, const RequestBox& box, const Lock& lock);
  bool MayOpen(const Lock& lock, Opening& opening);
  RequestBox WithAnyTexts(const RequestBox& box) const;
  std::string WhoOpens(std::size_t i, const Opening& opening);
  void ReportOpening(std::size_t i, const Opening& opening, const char* key, const std::string& who,
                     const std::string& change, std::vector<std::string> about);
  bool RequiresPlace(std::size_t i) const;
  std::vector<std::size_t> Leaks(std::size_t i) const;
  std::string TextsOf(const std::vector<std::uint32_t>& patterns) const;

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
};

bool ResidencyLinter::RequiresPlace(std::size_t i) const {
  const config::Require& require = config_.routes[i].require;
  return require.hosting == config::Hosting::kSelfHosted || !require.labels.empty();
}

// Targets that the route forbids to its requests by their place: by `require`, or because the route
// lists self-hosted targets only.
std::vector<std::size_t> ResidencyLinter::Leaks(std::size_t i) const {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const auto is_self_hosted = [&](std::size_t t) {
    return policy_.targets()[t].hosting == config::Hosting::kSelfHosted;
  };
  const bool requires_it = RequiresPlace(i);
  const bool lists_it =
      !route.targets.empty() &&
      std::all_of(compiled.targets.begin(), compiled.targets.end(), is_self_hosted);
  std::vector<std::size_t> leaks;
  for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
    if ((requires_it && IsAboutPlace(compiled.require.binding[t])) ||
        (lists_it && !is_self_hosted(t))) {
      leaks.push_back(t);
    }
  }
  return leaks;
}

// The headers and metadata entries of the patterns.
std::string ResidencyLinter::TextsOf(const std::vector<std::uint32_t>& patterns) const {
  std::set<std::string> texts;
  for (const std::uint32_t i : patterns) texts.insert(TextOf(policy_.patterns()[i]));
  return Listed({texts.begin(), texts.end()});
}

// The box with any headers and metadata, which a client can choose freely, and so with any class
// that depends on them.
RequestBox ResidencyLinter::WithAnyTexts(const RequestBox& box) const {
  RequestBox any = reach_.WithoutTexts(box);
  any.nothing_else = false;
  any.missed.clear();
  for (std::size_t own = 0; own < policy_.custom_classes().size(); ++own) {
    any.traits.Add(static_cast<Class>(kClassNames.size() + own));
  }
  return any;
}

// Whether the other route may send the opened requests to a forbidden target.
bool ResidencyLinter::MayOpen(const Lock& lock, Opening& opening) {
  if (lock.exempt != nullptr) opening.opened.Restrict(kKeys, lock.exempt->others);
  return context_.MayLeak(opening.other, opening.opened, lock.leaks, opening.target) &&
         !reach_.Exhausted();
}

// A client can move a request from this route to another by leaving out all or some of the headers
// or metadata entries that this route requires.
bool ResidencyLinter::OpensByLeavingOut(std::size_t i, const RequestBox& box, const Lock& lock) {
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
bool ResidencyLinter::OpensByAdding(std::size_t i, const RequestBox& box, const Lock& lock) {
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

// Who can reach the route and also bypass it: "a client" if everybody who reaches it can; empty if
// nobody can.
std::string ResidencyLinter::WhoOpens(std::size_t i, const Opening& opening) {
  constexpr std::size_t kNamed = 4;
  constexpr std::size_t kMostChecked = 64;  // checking more would take too long
  const std::vector<std::size_t> requesters = context_.Requesters();
  if (requesters.size() > kMostChecked) {
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
    const RequestBox kept = context_.OnlyFrom(opening.kept, requester);
    if (!kept.Possible() || !reach_.MayTake(i, kept)) continue;
    const RequestBox opened = context_.OnlyFrom(opening.opened, requester);
    if (!context_.MayUse(requester, opening.target) || !opened.Possible() ||
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

void ResidencyLinter::ReportOpening(std::size_t i, const Opening& opening, const char* key,
                                    const std::string& who, const std::string& change,
                                    std::vector<std::string> about) {
  const bool by_list = !RequiresPlace(i);
  context_.Report(
      config::WarningKind::kResidencyBypass, config_.routes[i].location,
      config_.routes[i].path + key,
      config::Concat(who, " can bypass ", by_list ? "the self-hosted `targets`" : "`require`",
                     " of route ", policy_.routes()[i].name, ": ", change, ", route ",
                     policy_.routes()[opening.other].name, " may send the request to ",
                     policy_.targets()[opening.target].name),
      "write the same `require` on the keys or teams whose data must stay", std::move(about));
}

bool ResidencyLinter::Opens(std::size_t i, const Lock& lock) {
  if (lock.leaks.empty()) return false;
  const std::vector<RequestBox>& boxes = *reach_.BoxesOf(i);
  const auto any =
      [&](bool (ResidencyLinter::*opens)(std::size_t, const RequestBox&, const Lock&)) {
        return std::any_of(boxes.begin(), boxes.end(),
                           [&](const RequestBox& box) { return (this->*opens)(i, box, lock); });
      };
  return any(&ResidencyLinter::OpensByLeavingOut) ||
         (RequiresPlace(i) && any(&ResidencyLinter::OpensByAdding));
}

void ResidencyLinter::Residency(std::size_t i) {
  if (!reach_.BoxesOf(i)) return;
  const std::vector<std::size_t> leaks = Leaks(i);
  const LintContext::Exempt& exempt = context_.ExemptFrom(config::WarningKind::kResidencyBypass);
  Lock lock{.leaks = leaks, .exempt = &exempt, .about = {}};
  std::erase_if(lock.leaks, [&](std::size_t target) {
    return context_.BackendAllows(config::WarningKind::kResidencyBypass, target);
  });
  if (Opens(i, lock) || exempt.paths.empty()) return;
  Opens(i, {.leaks = leaks, .exempt = nullptr, .about = exempt.paths});
}

}  // namespace

void LintResidency(LintContext& context) {
  ResidencyLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Residency(i);
}

}  // namespace headgate::routing

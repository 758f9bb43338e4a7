#include "routing/lint/base/lint_context.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "config/base/text.h"

namespace headgate::routing {

using config::Concat;
using config::WarningKind;

std::vector<config::FoundWarning> LintContext::TakeWarnings() {
  std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.diagnostic.location.file, a.diagnostic.location.line) <
           std::tie(b.diagnostic.location.file, b.diagnostic.location.line);
  });
  return std::move(found_);
}

std::vector<std::string> LintContext::AllowingPaths(WarningKind kind, std::size_t requester) const {
  std::vector<std::string> paths;
  if (requester >= config_.keys.size()) return paths;
  const config::Key& key = config_.keys[requester];
  if (Has(key.allow_warnings, kind)) paths.push_back(key.path);
  for (const config::Team& team : config_.teams) {
    const bool allows = team.name == key.team && Has(team.allow_warnings, kind);
    if (allows) paths.push_back(Concat("teams.", team.name));
  }
  return paths;
}

bool LintContext::BackendAllows(WarningKind kind, std::size_t target) const {
  return Has(config_.backends[policy_.targets()[target].backend].allow_warnings, kind);
}

const LintContext::Exempt& LintContext::ExemptFrom(WarningKind kind) {
  const auto [place, is_new] = exempt_.try_emplace(kind);
  Exempt& exempt = place->second;
  if (!is_new) return exempt;
  exempt.others = reach_.space().every[kKeys];
  for (std::size_t key = 0; key < config_.keys.size(); ++key) {
    std::vector<std::string> paths = AllowingPaths(kind, key);
    if (paths.empty()) continue;
    RemoveNumber(key, exempt.others);
    std::move(paths.begin(), paths.end(), std::back_inserter(exempt.paths));
  }
  for (const config::Backend& backend : config_.backends) {
    if (!Has(backend.allow_warnings, kind)) continue;
    exempt.paths.push_back(Concat("backends.", backend.name));
  }
  return exempt;
}

std::vector<std::size_t> LintContext::Requesters() const {
  std::vector<std::size_t> requesters;
  for (std::size_t i = 0; i <= policy_.keys().size(); ++i) {
    if (HasNumber(i, reach_.space().every[kKeys])) requesters.push_back(i);
  }
  return requesters;
}

RequestBox LintContext::OnlyFrom(RequestBox box, std::size_t requester) const {
  NumberSet only(reach_.space().every[kKeys].size(), 0);
  AddNumber(requester, only);
  box.Restrict(kKeys, only);
  return box;
}

const NumberSet& LintContext::ClientsOf(std::size_t route) {
  const auto [known, fresh] = clients_.try_emplace(route);
  if (fresh) {
    constexpr std::size_t kMostChecked = 64;  // asking for more would take too long
    const std::vector<std::size_t> requesters = Requesters();
    known->second.assign(reach_.space().every[kKeys].size(), 0);
    for (const std::size_t requester : requesters) {
      const RequestBox all = OnlyFrom(reach_.Anything(), requester);
      const bool fits = !reach_.BoxesOf(route) ||
                        std::any_of(reach_.BoxesOf(route)->begin(), reach_.BoxesOf(route)->end(),
                                    [&](const RequestBox& box) { return Meet(box, all); });
      if (!fits) continue;
      if (requesters.size() > kMostChecked || reach_.MayTake(route, all)) {
        AddNumber(requester, known->second);
      }
    }
  }
  return known->second;
}

// Whether the target meets the `require` of the key and its team.
bool LintContext::MeetsAll(const PolicyKey& key, std::size_t target) const {
  return std::all_of(key.require.begin(), key.require.end(), [&](std::size_t require) {
    return policy_.key_requires()[require].fixed[target] == Drop::kNone;
  });
}

bool LintContext::MayUse(std::size_t requester, std::size_t target) const {
  if (requester >= policy_.keys().size()) return true;  // a request without a key
  const PolicyKey& compiled = policy_.keys()[requester];
  const std::vector<std::string>& models = compiled.models;
  const bool named = models.empty() || std::find(models.begin(), models.end(),
                                                 policy_.targets()[target].model) != models.end();
  return named && MeetsAll(compiled, target);
}

bool LintContext::AnybodyMayUse(std::size_t target) const {
  if (config_.server.auth == config::AuthMode::kNone || policy_.keys().empty()) return true;
  for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
    if (MayUse(key, target)) return true;
  }
  return false;
}

bool LintContext::Passes(const CompiledRoute& route, std::size_t target) {
  const bool relaxes = route.on_no_target == config::OnNoTarget::kRelax;
  return (relaxes ? route.require.binding : route.require.fixed)[target] == Drop::kNone;
}

bool LintContext::MayLeak(std::size_t route, const RequestBox& box,
                          const std::vector<std::size_t>& leaks, std::size_t& target) {
  const CompiledRoute& compiled = policy_.routes()[route];
  for (const std::size_t leak : leaks) {
    if (!Passes(compiled, leak) || std::find(compiled.targets.begin(), compiled.targets.end(),
                                             leak) == compiled.targets.end()) {
      continue;
    }
    RequestBox permitted = box;
    NumberSet requesters = reach_.space().every[kKeys];
    for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
      if (!MayUse(key, leak)) RemoveNumber(key, requesters);
    }
    permitted.Restrict(kKeys, requesters);
    target = leak;
    if (permitted.Possible() && reach_.MayTake(route, permitted)) return true;
  }
  return false;
}

}  // namespace headgate::routing

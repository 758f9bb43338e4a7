#include <algorithm>
#include <string>
#include <utility>

#include "config/base/text.h"
#include "routing/lint/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kNamedTakers = 4;

}  // namespace

// The requests that are left when every route has taken its own.
void PolicyLinter::Unrouted() {
  if (config_.routes.empty()) return;
  const Exempt& exempt = ExemptFrom(WarningKind::kRequestsUnrouted);
  const bool any = !exempt.paths.empty();
  if (const auto left = reach_.Unrouted(any ? &exempt.others : nullptr)) {
    return ReportUnrouted(*left, {});
  }
  if (!any) return;
  if (const auto allowed = reach_.Unrouted()) ReportUnrouted(*allowed, exempt.paths);
}

void PolicyLinter::ReportUnrouted(const RequestBox& left, std::vector<std::string> about) {
  const std::string which = WordsOf(left, policy_, reach_.space(), reach_.zones());
  Report(WarningKind::kRequestsUnrouted, config_.routes.back().place, "routes",
         Concat("requests", which.empty() ? "" : " ", which,
                " match no route, so they are refused (no_route)"),
         "add a last route without `when`; if they are to be refused, write `allow_warnings: "
         "[requests_unrouted]`",
         std::move(about));
}

void PolicyLinter::Reachable(std::size_t i) {
  const std::string& name = policy_.routes()[i].name;
  const config::Place& place = config_.routes[i].place;
  const Reach::Verdict verdict = reach_.Of(i);
  if (verdict.kind == Reach::Verdict::Kind::kImpossible) {
    Report(WarningKind::kRouteUnreachable, place, config_.routes[i].path,
           Concat("route ", name, " can never match: no request has all that its `when` says"),
           "relax the condition, or remove the route");
  }
  if (verdict.kind != Reach::Verdict::Kind::kTaken) return;
  std::vector<std::string> takers;
  for (const std::size_t taker : verdict.takers) takers.push_back(policy_.routes()[taker].name);
  const bool alone = takers.size() == 1;
  Report(WarningKind::kRouteUnreachable, place, config_.routes[i].path,
         Concat("route ", name, " can never match: ", alone ? "route " : "routes ",
                ListedAtMost(kNamedTakers, takers),
                alone ? ", above it, matches" : ", above it, match", " all of its requests"),
         Concat("move it above ", takers.front(), ", or remove it"));
}

void PolicyLinter::Empty(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  const auto any = [&](const std::vector<Drop>& drops) {
    return std::any_of(route.targets.begin(), route.targets.end(),
                       [&](std::size_t t) { return drops[t] == Drop::kNone; });
  };
  if (any(route.require.fixed)) return;
  const bool relaxes =
      route.on_no_target == config::OnNoTarget::kRelax && any(route.require.binding);
  Report(WarningKind::kRequireUnmet, config_.routes[i].place, config_.routes[i].path + ".require",
         Concat("no target of route ", route.name, " meets it, so ",
                relaxes ? "it is relaxed for every request" : "every request is refused"),
         "relax `require`, or add a target that meets it");
}

}  // namespace headgate::routing

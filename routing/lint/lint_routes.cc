#include "routing/lint/lint_routes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/reach/request_words.h"
#include "routing/reach/unrouted.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kNamedTakers = 4;

// One run over the routes.
class RouteLinter {
 public:
  explicit RouteLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Unrouted();
  void Reachable(std::size_t i);  // `i` is a route

 private:
  void ReportUnrouted(const RequestBox& left, std::vector<std::string> about);

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
};

void RouteLinter::Unrouted() {
  if (config_.routes.empty()) return;
  const LintContext::Exempt& exempt = context_.ExemptFrom(WarningKind::kRequestsUnrouted);
  const bool any = !exempt.paths.empty();
  if (const auto left = FindUnrouted(reach_, any ? &exempt.others : nullptr)) {
    return ReportUnrouted(*left, {});
  }
  if (!any) return;
  if (const auto allowed = FindUnrouted(reach_)) ReportUnrouted(*allowed, exempt.paths);
}

void RouteLinter::ReportUnrouted(const RequestBox& left, std::vector<std::string> about) {
  const std::string which = WordsOf(left, policy_, reach_.space(), reach_.zones());
  context_.Report(WarningKind::kRequestsUnrouted, config_.routes.back().location, "routes",
                  Concat("requests", which.empty() ? "" : " ", which,
                         " match no route, so they are refused (no_route)"),
                  "add a last route without `when`; or, to refuse them, write `allow_warnings: "
                  "[requests_unrouted]`",
                  std::move(about));
}

void RouteLinter::Reachable(std::size_t i) {
  const std::string& name = policy_.routes()[i].name;
  const config::SourceLocation& place = config_.routes[i].location;
  const Reach::Verdict verdict = reach_.Of(i);
  if (verdict.kind == Reach::Verdict::Kind::kImpossible) {
    context_.Report(WarningKind::kRouteUnreachable, place, config_.routes[i].path,
                    Concat("route ", name, " can never match: no request meets its whole `when`"),
                    "relax the condition, or remove the route");
  }
  if (verdict.kind != Reach::Verdict::Kind::kTaken) return;
  std::vector<std::string> takers;
  for (const std::size_t taker : verdict.takers) takers.push_back(policy_.routes()[taker].name);
  const bool alone = takers.size() == 1;
  context_.Report(
      WarningKind::kRouteUnreachable, place, config_.routes[i].path,
      Concat("route ", name, " can never match: ", alone ? "route " : "routes ",
             ListedAtMost(kNamedTakers, takers),
             alone ? ", above it, matches" : ", above it, match", " all of its requests"),
      Concat("move it above ", takers.front(), ", or remove it"));
}

}  // namespace

void LintUnreachableRoutes(LintContext& context) {
  RouteLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Reachable(i);
}

void LintUnroutedRequests(LintContext& context) { RouteLinter(context).Unrouted(); }

}  // namespace headgate::routing

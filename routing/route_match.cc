#include "routing/route_match.h"

#include <algorithm>
#include <string_view>

#include "routing/ascii.h"

namespace headgate::routing {
namespace {

Traits TraitsOf(const DecisionInput& input) {
  return Traits::None()
      .Add(input.classification.request_class)
      .Add(input.classification.topic)
      .Add(input.classification.urgency)
      .Add(input.endpoint)
      .AddStream(input.stream);
}

// A route on a model also takes requests that pin that model at one backend.
bool MatchesModel(const CompiledPolicy& policy, const CompiledRoute& route,
                  const ModelRequest& request) {
  if (route.models.empty()) return true;
  return std::any_of(route.models.begin(), route.models.end(), [&](const std::string& name) {
    switch (request.kind) {
      case ModelRequest::Kind::kAuto:
        return name == "auto";
      case ModelRequest::Kind::kModel:
        return name == request.model;
      case ModelRequest::Kind::kTarget:
        return name == request.model || name == policy.targets()[request.target].name;
      case ModelRequest::Kind::kUnknown:
        break;
    }
    return false;
  });
}

bool MatchesHeader(const CompiledRoute::Header& header, std::string_view value) {
  if (value.empty()) return false;
  return header.values.empty() ||
         std::any_of(header.values.begin(), header.values.end(),
                     [&](const std::string& wanted) { return EqualsIgnoringCase(wanted, value); });
}

// Most requests lack most headers: one bit each, below 64, turns those routes away at once.
std::uint64_t PresentHeaders(const DecisionInput& input) {
  std::uint64_t present = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(input.headers.size(), 64); ++i) {
    if (!input.headers[i].empty()) present |= std::uint64_t{1} << i;
  }
  return present;
}

}  // namespace

std::optional<std::size_t> FindRoute(const CompiledPolicy& policy, const DecisionInput& input,
                                     std::int64_t input_tokens) {
  const Traits request = TraitsOf(input);
  const std::uint64_t present = PresentHeaders(input);
  const auto matches = [&](const CompiledRoute& route) {
    return route.traits.Holds(request) && input_tokens >= route.least_input_tokens &&
           input_tokens <= route.most_input_tokens && (route.header_slots & ~present) == 0 &&
           std::all_of(route.headers.begin(), route.headers.end(),
                       [&](const CompiledRoute::Header& header) {
                         return MatchesHeader(header, input.headers[header.slot]);
                       }) &&
           MatchesModel(policy, route, input.model);
  };
  const std::vector<CompiledRoute>& routes = policy.routes();
  const auto found = std::find_if(routes.begin(), routes.end(), matches);
  if (found == routes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - routes.begin());
}

}  // namespace headgate::routing

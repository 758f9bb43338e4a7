#include "routing/route_match.h"

#include <algorithm>
#include <string_view>

#include "routing/ascii.h"

namespace headgate::routing {
namespace {

template <typename Enum>
bool Has(std::uint32_t bits, Enum value) {
  return ((bits >> static_cast<unsigned>(value)) & 1u) != 0;
}

bool Holds(const config::Comparison& comparison, std::int64_t value) {
  switch (comparison.op) {
    case config::Comparator::kLess:
      return value < comparison.value;
    case config::Comparator::kLessEqual:
      return value <= comparison.value;
    case config::Comparator::kGreater:
      return value > comparison.value;
    case config::Comparator::kGreaterEqual:
      return value >= comparison.value;
    case config::Comparator::kEqual:
      return value == comparison.value;
  }
  return false;
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

}  // namespace

bool Matches(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
             std::int64_t input_tokens) {
  return Has(route.classes, input.classification.request_class) &&
         Has(route.topics, input.classification.topic) &&
         Has(route.urgencies, input.classification.urgency) &&
         Has(route.endpoints, input.endpoint) && (!route.stream || *route.stream == input.stream) &&
         std::all_of(route.input_tokens.begin(), route.input_tokens.end(),
                     [&](const config::Comparison& c) { return Holds(c, input_tokens); }) &&
         MatchesModel(policy, route, input.model) &&
         std::all_of(route.headers.begin(), route.headers.end(),
                     [&](const CompiledRoute::Header& header) {
                       return MatchesHeader(header, input.headers[header.slot]);
                     });
}

}  // namespace headgate::routing

#include "routing/lint/lint_targets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/policy/serving.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kMostModels = 4;

bool Lists(const CompiledRoute& route, std::size_t target) {
  return std::find(route.targets.begin(), route.targets.end(), target) != route.targets.end();
}

// The endpoints that the condition names, itself or through a class of `own`, as bits. What stands
// under `not` names nothing. Custom classes cannot name classes.
std::uint8_t NamedEndpoints(const config::When& when, const std::vector<config::CustomClass>& own) {
  std::uint8_t named = 0;
  for (std::size_t i = 0; i < config::kEndpoints.size(); ++i) {
    const auto& words = when.endpoints;
    const bool written =
        std::find(words.begin(), words.end(), config::kEndpoints[i]) != words.end();
    if (written) named |= BitOf(static_cast<Endpoint>(i));
  }
  for (const config::CustomClass& one : own) {
    const auto& classes = when.classes;
    const bool written = std::find(classes.begin(), classes.end(), one.name) != classes.end();
    if (written) named |= NamedEndpoints(one.when, {});
  }
  for (const auto* const parts : {&when.all, &when.any}) {
    for (const config::When& part : *parts) named |= NamedEndpoints(part, own);
  }
  return named;
}

// One run over the targets; `t` is a target and `i` a route.
class TargetLinter {
 public:
  explicit TargetLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Unused(std::size_t t);
  void Unpriced(std::size_t t);
  void Scores(std::size_t i);
  void Endpoints(std::size_t i);

 private:
  bool ServesNothing(const Target& target) const;
  bool MayTakeEndpoint(std::size_t i, Endpoint endpoint);
  void TargetsWithoutEndpoint(std::size_t i);
  config::SourceLocation LocationOf(const Target& target) const;
  std::string PathOf(const Target& target) const;
  std::vector<std::size_t> UsableTargets(const CompiledRoute& route) const;
  bool MayTakeTopic(std::size_t i, std::size_t topic, const std::optional<Reach::Boxes>& kinds);
  std::map<std::string, std::vector<std::size_t>> TopicsByScore(std::size_t i);

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
};

void TargetLinter::Unused(std::size_t t) {
  const Target& target = policy_.targets()[t];
  if (ServesNothing(target)) {
    context_.Report(WarningKind::kTargetUnused, LocationOf(target), PathOf(target),
                    Concat(target.name, " is never used: its backend serves no endpoint that ",
                           target.model, " is for"),
                    "add the endpoint to `endpoints` of the backend, or remove the model");
    return;
  }
  const CompiledRoute* lister = nullptr;
  for (const CompiledRoute& route : policy_.routes()) {
    if (!Lists(route, t)) continue;
    if (LintContext::Passes(route, t)) {
      if (context_.AnybodyMayUse(t)) return;
      context_.Report(WarningKind::kTargetUnused, LocationOf(target), PathOf(target),
                      Concat(target.name, " is never used: no key may use it"),
                      "let a key use it, or remove it");
      return;
    }
    if (lister == nullptr) lister = &route;
  }
  if (lister == nullptr) {
    context_.Report(WarningKind::kTargetUnused, LocationOf(target), PathOf(target),
                    Concat("no route uses ", target.name, ": only clients that name it get it"),
                    "add it to the targets of a route, or remove it");
    return;
  }
  context_.Report(
      WarningKind::kTargetUnused, LocationOf(target), PathOf(target),
      Concat(target.name, " is never used: every route that lists it drops it by `require` (route ",
             lister->name, ": ", ToString(lister->require.fixed[t]), ")"),
      "relax `require` of a route, or remove the target");
}

bool TargetLinter::ServesNothing(const Target& target) const {
  for (int i = 0; i < kEndpointCount; ++i) {
    const Drop drop = EndpointDrop(policy_, target, static_cast<Endpoint>(i), false);
    if (drop == Drop::kNone) return false;
  }
  return true;
}

// Whether requests for the endpoint may come to route `i`.
bool TargetLinter::MayTakeEndpoint(std::size_t i, Endpoint endpoint) {
  RequestBox box = reach_.Anything();
  box.traits = box.traits.Without(Traits::AllEndpoints()) | Traits::None().Add(endpoint);
  return reach_.BoxesOf(i) && reach_.MayTake(i, box) && !reach_.Exhausted();
}

// A route for all requests may well have no target for embeddings. A route that names an endpoint
// is meant to serve it.
void TargetLinter::Endpoints(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  const std::uint8_t named = NamedEndpoints(config_.routes[i].when, config_.classes);
  std::uint8_t served = 0;
  bool usable = false;
  for (const std::size_t t : route.targets) {
    if (!LintContext::Passes(route, t) || !context_.AnybodyMayUse(t)) continue;
    usable = true;
    for (int e = 0; e < kEndpointCount; ++e) {
      const auto endpoint = static_cast<Endpoint>(e);
      const Drop drop = EndpointDrop(policy_, policy_.targets()[t], endpoint, false);
      if (drop == Drop::kNone) served |= BitOf(endpoint);
    }
  }
  std::vector<std::string> unserved;
  for (std::size_t e = 0; e < config::kEndpoints.size() && usable; ++e) {
    const auto endpoint = static_cast<Endpoint>(e);
    if ((named & ~served & BitOf(endpoint)) == 0 || !MayTakeEndpoint(i, endpoint)) continue;
    unserved.emplace_back(kEndpointNames[e]);
  }
  if (unserved.empty() && named != 0 && usable) TargetsWithoutEndpoint(i);
  if (unserved.empty()) return;
  context_.Report(WarningKind::kEndpointUnserved, config_.routes[i].location,
                  config_.routes[i].path,
                  Concat("takes requests for endpoint ", Listed(unserved),
                         ", which none of its targets serves, so requests for `auto` are refused"),
                  "add a target that serves it, or correct `endpoints` of a backend");
}

// Names the written targets of route `i` that serve no request which can come to it. Fallbacks that
// never take a request look like fallbacks until the first target is down.
void TargetLinter::TargetsWithoutEndpoint(std::size_t i) {
  if (config_.routes[i].targets.empty()) return;
  std::vector<Endpoint> coming;
  for (int e = 0; e < kEndpointCount; ++e) {
    const auto endpoint = static_cast<Endpoint>(e);
    if (MayTakeEndpoint(i, endpoint)) coming.push_back(endpoint);
  }
  if (coming.empty() || reach_.Exhausted()) return;
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::string> useless;
  for (const std::size_t t : route.targets) {
    const Target& target = policy_.targets()[t];
    const bool serves = std::any_of(coming.begin(), coming.end(), [&](Endpoint endpoint) {
      return EndpointDrop(policy_, target, endpoint, false) == Drop::kNone;
    });
    if (!serves && LintContext::Passes(route, t)) useless.push_back(target.name);
  }
  if (useless.empty()) return;
  std::vector<std::string> names;
  for (const Endpoint endpoint : coming) {
    // A count of tokens comes with `messages`, and has no word of its own in a policy.
    if (endpoint == Endpoint::kCountTokens) continue;
    names.emplace_back(kEndpointNames[static_cast<std::size_t>(endpoint)]);
  }
  const bool one = useless.size() == 1;
  context_.Report(WarningKind::kEndpointUnserved, config_.routes[i].location,
                  Concat(config_.routes[i].path, ".targets"),
                  Concat(ListedAtMost(kMostModels, std::move(useless)), one ? " serves" : " serve",
                         " no request of the route, whose endpoint is ", Listed(names)),
                  one ? "remove it from the route, or correct `endpoints` of its backend"
                      : "remove them from the route, or correct `endpoints` of their backends");
}

void TargetLinter::Unpriced(std::size_t t) {
  const Target& target = policy_.targets()[t];
  if (target.hosting != config::Hosting::kPaidApi || target.prices) return;
  context_.Report(
      WarningKind::kPriceMissing, LocationOf(target), PathOf(target),
      Concat(target.name, " has no price: it is booked as unpriced and ranks last by cost"),
      "add `price: {input: …, output: …}` in US dollars per 1M tokens");
}

config::SourceLocation TargetLinter::LocationOf(const Target& target) const {
  for (const config::ServedModel& served : config_.backends[target.backend].models) {
    if (served.model == target.model) return served.location;
  }
  return config_.backends[target.backend].location;
}

std::string TargetLinter::PathOf(const Target& target) const {
  return Concat("backends.", config_.backends[target.backend].name, ".models.", target.model);
}

// The chat targets of `route` that somebody can get by it.
std::vector<std::size_t> TargetLinter::UsableTargets(const CompiledRoute& route) const {
  std::vector<std::size_t> usable;
  for (const std::size_t t : route.targets) {
    if (policy_.targets()[t].chat && LintContext::Passes(route, t) && context_.AnybodyMayUse(t)) {
      usable.push_back(t);
    }
  }
  return usable;
}

// Whether route `i` may take requests that are scored as `topic`, an index of kTopicNames. `kinds`:
// all requests, by class; nullopt: too many to search.
bool TargetLinter::MayTakeTopic(std::size_t i, std::size_t topic,
                                const std::optional<Reach::Boxes>& kinds) {
  if (!kinds || !reach_.BoxesOf(i)) return true;
  Traits topics = Traits::None();
  for (std::size_t t = 0; t < policy_.topic_names().size(); ++t) {
    const auto one = static_cast<Topic>(t);
    if (static_cast<std::size_t>(ScoredAs(one)) == topic) topics.Add(one);
  }
  for (RequestBox box : *kinds) {
    box.traits = box.traits.Without(Traits::AllTopics()) | (box.traits & topics);
    if (box.Possible() && reach_.MayTake(i, box)) return true;
  }
  return false;
}

// By score: the topics of route `i` that it ranks.
std::map<std::string, std::vector<std::size_t>> TargetLinter::TopicsByScore(std::size_t i) {
  const std::string* const scores[] = {&config_.quality.general, &config_.quality.code,
                                       &config_.quality.math};
  const std::optional<Reach::Boxes> kinds = reach_.ByClass();
  std::map<std::string, std::vector<std::size_t>> topics_of;
  for (std::size_t topic = 0; topic < kTopicNames.size(); ++topic) {
    if (MayTakeTopic(i, topic, kinds)) topics_of[*scores[topic]].push_back(topic);
  }
  return topics_of;
}

void TargetLinter::Scores(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const bool ranks_by_quality = route.prefer == config::Prefer::kHighestQuality ||
                                (route.prefer == config::Prefer::kBlend && route.blend.quality > 0);
  if (!ranks_by_quality) return;
  const std::vector<std::size_t> usable = UsableTargets(policy_.routes()[i]);
  if (usable.size() < 2) return;
  std::vector<std::string> lacks;
  std::string example;
  for (const auto& [score, topics] : TopicsByScore(i)) {
    std::vector<std::string> without;
    for (const std::size_t t : usable) {
      const Target& target = policy_.targets()[t];
      if (target.quality[topics.front()]) continue;
      if (example.empty()) example = Concat("models.", target.model, ".scores.", score);
      const bool known = std::find(without.begin(), without.end(), target.model) != without.end();
      if (!known) without.push_back(target.model);
    }
    if (without.empty()) continue;
    std::vector<std::string> names;
    for (const std::size_t topic : topics) names.emplace_back(kTopicNames[topic]);
    const bool one = without.size() == 1;
    lacks.push_back(Concat(ListedAtMost(kMostModels, std::move(without)), one ? " has" : " have",
                           " no ", score, " (for topic ", Listed(names), ")"));
  }
  if (lacks.empty()) return;
  context_.Report(
      config::WarningKind::kScoreMissing, route.location, route.path + ".prefer",
      Concat("ranks by quality, and ", Listed(lacks), ": a target without the score ranks last"),
      Concat("add ", example, ", or rank by another score under `quality`"));
}

}  // namespace

void LintTargets(LintContext& context) {
  TargetLinter linter(context);
  for (std::size_t t = 0; t < context.policy().targets().size(); ++t) {
    linter.Unused(t);
    linter.Unpriced(t);
  }
}

void LintEndpoints(LintContext& context) {
  TargetLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Endpoints(i);
}

void LintScores(LintContext& context) {
  TargetLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Scores(i);
}

}  // namespace headgate::routing

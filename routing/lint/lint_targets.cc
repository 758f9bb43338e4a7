#include "routing/lint/lint_targets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kMostModels = 4;

bool Lists(const CompiledRoute& route, std::size_t target) {
  return std::find(route.targets.begin(), route.targets.end(), target) != route.targets.end();
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

 private:
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

void LintScores(LintContext& context) {
  TargetLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Scores(i);
}

}  // namespace headgate::routing

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/lint/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;

constexpr std::size_t kNamed = 4;

}  // namespace

// Targets that quality ranks last only because the catalogue has no score for them.
void PolicyLinter::Scores(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const bool ranks_by_quality = route.prefer == config::Prefer::kHighestQuality ||
                                (route.prefer == config::Prefer::kBlend && route.blend.quality > 0);
  if (!ranks_by_quality) return;
  std::vector<std::size_t> usable;
  for (const std::size_t t : compiled.targets) {
    if (policy_.targets()[t].chat && Passes(compiled, t) && AnybodyMayUse(t)) usable.push_back(t);
  }
  if (usable.size() < 2) return;
  // By score: the topics that it ranks here.
  const std::string* const scores[] = {&config_.quality.general, &config_.quality.code,
                                       &config_.quality.math};
  const auto kinds = reach_.ByClass();
  std::map<std::string, std::vector<std::size_t>> topics_of;
  for (std::size_t topic = 0; topic < kTopicNames.size(); ++topic) {
    bool comes = !kinds || !reach_.BoxesOf(i);
    for (std::size_t k = 0; !comes && k < kinds->size(); ++k) {
      RequestBox box = (*kinds)[k];
      Traits topics = Traits::None();
      for (std::size_t t = 0; t < policy_.topic_names().size(); ++t) {
        const auto one = static_cast<Topic>(t);
        if (static_cast<std::size_t>(ScoredAs(one)) == topic) topics.Add(one);
      }
      box.traits = box.traits.Without(Traits::AllTopics()) | (box.traits & topics);
      comes = box.Possible() && reach_.MayTake(i, box);
    }
    if (comes) topics_of[*scores[topic]].push_back(topic);
  }
  std::vector<std::string> lacks;
  std::string example;
  for (const auto& [score, topics] : topics_of) {
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
    lacks.push_back(Concat(ListedAtMost(kNamed, std::move(without)), one ? " has" : " have", " no ",
                           score, " (for topic ", Listed(names), ")"));
  }
  if (lacks.empty()) return;
  Report(config::WarningKind::kScoreMissing, route.place, route.path + ".prefer",
         Concat("ranks by quality, and ", Listed(lacks), ": a target without the score ranks last"),
         Concat("add ", example, ", or rank by another score under `quality`"));
}

}  // namespace headgate::routing

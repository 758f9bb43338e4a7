#include "routing/training/own_topics.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "config/base/text.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/classify/topic_model.h"

namespace headgate::routing {
namespace {

bool IsBuiltIn(std::string_view topic) {
  return std::find(kTopicNames.begin(), kTopicNames.end(), topic) != kTopicNames.end();
}

}  // namespace

std::vector<TakenForBuiltIn> AskShipped(const std::vector<std::string>& topics,
                                        const std::vector<Example>& examples) {
  constexpr int kAsked = 500;
  std::vector<TakenForBuiltIn> verdicts;
  Signals signals;
  for (const std::string& topic : topics) {
    TakenForBuiltIn& verdict = verdicts.emplace_back();
    verdict.topic = topic;
    for (const Example& example : examples) {
      if (IsBuiltIn(topic) || verdict.texts == kAsked) break;
      if (example.topic != topic) continue;
      signals.Clear();
      signals.texts.push_back({Role::kUser, example.text});
      const Topic found = Classify(signals, HintTrust{}).topic;
      ++verdict.texts;
      verdict.code += found == Topic::kCode ? 1 : 0;
      verdict.math += found == Topic::kMath ? 1 : 0;
    }
  }
  return verdicts;
}

Topic KindOf(const TakenForBuiltIn& verdict) {
  if (2 * verdict.code > verdict.texts) return Topic::kCode;
  return 2 * verdict.math > verdict.texts ? Topic::kMath : Topic::kGeneral;
}

std::string TopicsProblem(const std::vector<std::string>& topics,
                          const std::vector<Example>& examples) {
  if (topics.size() < 2) {
    return config::Concat("the texts have ", topics.size(),
                          topics.size() == 1 ? " topic" : " topics", "; a model needs 2 or more");
  }
  const auto built_in =
      static_cast<std::size_t>(std::count_if(topics.begin(), topics.end(), IsBuiltIn));
  const std::size_t own = topics.size() - built_in;
  if (own > kMostOwnTopics) {
    return config::Concat("the texts have ", own, " topics beside general, code and math, and a ",
                          "policy has room for ", kMostOwnTopics,
                          "; put topics together that go to the same route");
  }
  const bool bare = std::any_of(examples.begin(), examples.end(),
                                [](const Example& one) { return one.topic == kBareTexts; });
  if (!bare || topics.size() < kMostTopics) return {};
  return config::Concat("the texts have ", topics.size(), " topics and texts of `", kBareTexts,
                        "`; leave out a topic, or these texts");
}

}  // namespace headgate::routing

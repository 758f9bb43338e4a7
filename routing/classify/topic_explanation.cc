#include "routing/classify/topic_explanation.h"

#include <algorithm>

#include "config/base/text.h"
#include "routing/classify/topic.h"
#include "routing/text/topic_shape.h"

namespace headgate::routing {
namespace {

float Spread(const TopicEvidence& evidence, std::size_t topics) {
  const auto begin = evidence.added.values.begin();
  const auto [least, most] =
      std::minmax_element(begin, begin + static_cast<std::ptrdiff_t>(topics));
  return *most - *least;
}

// The pair of the start of the text and the first word, which is a feature of its own.
bool IsPairWithStart(const FeatureText& before, const FeatureText& pair) {
  return pair.kind == FeatureKind::kPair && before.kind == FeatureKind::kWord &&
         pair.begin == before.begin && pair.size == before.size;
}

}  // namespace

std::vector<TopicEvidence> ExplainTopic(const TopicModel& model, std::string_view text,
                                        std::size_t most) {
  TextShape shape;
  AddShape(text, kShapeBytes, shape);
  TopicFeatures features;
  std::vector<FeatureText> texts(TopicFeatures::kMost + 1);
  features.texts = texts.data();
  ScoreText(model, nullptr, text, shape, kSureTopic, features);
  std::vector<TopicEvidence> evidence;
  for (std::size_t i = 0; i < features.size; ++i) {
    std::string what(text.substr(texts[i].begin, texts[i].size));
    if (texts[i].kind == FeatureKind::kPrefix) what += "*";
    if (i > 0 && IsPairWithStart(texts[i - 1], texts[i])) what.insert(0, "^ ");
    TopicScores added = model.WeightsOf(features.rows[i]);
    for (float& value : added.values) value *= WordWeight(features.size);
    evidence.push_back({std::move(what), added});
  }
  for (std::size_t i = 0; i < features.shapes_size; ++i) {
    const ShapeName name = NameOfShape(features.shapes[i]);
    evidence.push_back({config::Concat("[", name.property, ": ", name.bin, "]"),
                        model.WeightsOf(features.shapes[i])});
  }
  const std::size_t topics = model.topics().size();
  std::stable_sort(evidence.begin(), evidence.end(), [topics](const auto& a, const auto& b) {
    return Spread(a, topics) > Spread(b, topics);
  });
  if (evidence.size() > most) evidence.resize(most);
  return evidence;
}

}  // namespace headgate::routing

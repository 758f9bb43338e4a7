#include "routing/training/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace headgate::routing {
namespace {

double CrossEntropy(const std::vector<Judgement>& judgements, const TopicModel& model) {
  double loss = 0;
  for (const Judgement& judgement : judgements) {
    const float p = model.Probabilities(judgement.scores).values[judgement.topic];
    loss -= static_cast<double>(std::log(std::max(p, 1e-9f)) * judgement.weight);
  }
  return loss;
}

float ThresholdOf(const std::vector<Judgement>& judgements, double unsure_share,
                  const TopicModel& model) {
  const std::size_t topics = model.topics().size();
  std::vector<std::pair<float, float>> sure;  // probability of the likeliest topic, weight
  double all = 0;
  for (const Judgement& judgement : judgements) {
    const TopicScores p = model.Probabilities(judgement.scores);
    sure.emplace_back(p.values[Likeliest(p, topics)], judgement.weight);
    all += static_cast<double>(judgement.weight);
  }
  std::sort(sure.begin(), sure.end());
  // If nearly all texts are easy, even the least sure are sure enough.
  constexpr float kSureEnough = 0.7f;
  double below = 0;
  for (const auto& [probability, weight] : sure) {
    below += static_cast<double>(weight);
    if (below >= unsure_share * all) return std::min(probability, kSureEnough);
  }
  return 0;
}

}  // namespace

void Calibrate(const std::vector<Judgement>& judgements, double unsure_share, TopicModel& model) {
  if (judgements.empty()) return;
  double best = std::numeric_limits<double>::max();
  float temperature = 1;
  for (float t = 0.3f; t < 4; t *= 1.04f) {
    model.set_temperature(t);
    const double loss = CrossEntropy(judgements, model);
    if (loss >= best) continue;
    best = loss;
    temperature = t;
  }
  model.set_temperature(temperature);
  model.set_threshold(ThresholdOf(judgements, unsure_share, model));
}

}  // namespace headgate::routing

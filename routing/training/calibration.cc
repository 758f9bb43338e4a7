#include "routing/training/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace headgate::routing {
namespace {

constexpr std::size_t kFewest = 100;  // judgements of a script

// What a model says about one text.
struct Answer {
  float probability = 0;  // of the likeliest topic
  bool right = false;
  float weight = 1;
};

double CrossEntropy(const std::vector<Judgement>& judgements, const TopicModel& model) {
  double loss = 0;
  for (const Judgement& judgement : judgements) {
    const float p = model.Probabilities(judgement.scores, judgement.script).values[judgement.topic];
    loss -= static_cast<double>(std::log(std::max(p, 1e-9f)) * judgement.weight);
  }
  return loss;
}

TopicModel::Calibrations Everywhere(const TopicModel::Calibration& calibration) {
  TopicModel::Calibrations all;
  all.fill(calibration);
  return all;
}

float TemperatureOf(const std::vector<Judgement>& judgements, TopicModel& model) {
  double best = std::numeric_limits<double>::max();
  float temperature = 1;
  for (float t = 0.3f; t < 4; t *= 1.04f) {
    model.set_calibrations(Everywhere({.temperature = t}));
    const double loss = CrossEntropy(judgements, model);
    if (loss >= best) continue;
    best = loss;
    temperature = t;
  }
  model.set_calibrations(Everywhere({.temperature = temperature}));
  return temperature;
}

// The least sure answers come first.
std::vector<Answer> AnswersOf(const std::vector<Judgement>& judgements, const TopicModel& model) {
  std::vector<Answer> answers;
  for (const Judgement& judgement : judgements) {
    const TopicScores p = model.Probabilities(judgement.scores, judgement.script);
    const std::size_t likeliest = Likeliest(p, model.topics().size());
    answers.push_back({p.values[likeliest], likeliest == judgement.topic, judgement.weight});
  }
  std::sort(answers.begin(), answers.end(),
            [](const Answer& a, const Answer& b) { return a.probability < b.probability; });
  return answers;
}

float ThresholdOf(const std::vector<Answer>& answers, double unsure_share) {
  double all = 0;
  for (const Answer& answer : answers) all += static_cast<double>(answer.weight);
  // If nearly all texts are easy, even the least sure are sure enough.
  constexpr float kSureEnough = 0.6f;
  double below = 0;
  for (const Answer& answer : answers) {
    below += static_cast<double>(answer.weight);
    if (below >= unsure_share * all) return std::min(answer.probability, kSureEnough);
  }
  return 0;
}

// A low threshold, at least `least`, above which the answers are as often right as they are sure to
// be: halfway between the last of these answers and the next one. Of few answers the share of right
// ones varies by chance, so one standard deviation of it is allowed: of 100 texts of an operator
// that is 4 to 5 points, and without it a model may abstain from all.
float HonestFrom(const std::vector<Answer>& answers, float least) {
  constexpr double kTooSure = 0.03;
  constexpr float kNever = 1.01f;
  double weight = 0;
  double excess = 0;
  double variance = 0;
  float threshold = kNever;
  bool honest = false;  // at the last answer that counts
  for (std::size_t i = answers.size(); i-- > 0 && answers[i].probability >= least;) {
    const Answer& answer = answers[i];
    const auto w = static_cast<double>(answer.weight);
    weight += w;
    const auto p = static_cast<double>(answer.probability);
    excess += w * (p - (answer.right ? 1 : 0));
    variance += w * w * p * (1 - p);
    const bool tied = i > 0 && answers[i - 1].probability == answer.probability;
    if (tied) continue;
    honest = answers.size() - i >= kFewest / 2 &&
             excess <= std::max(kTooSure * weight, std::sqrt(variance));
    if (honest) {
      const float next = i > 0 ? std::max(answers[i - 1].probability, least) : least;
      threshold = (answer.probability + next) / 2;
    }
  }
  return honest ? least : threshold;
}

}  // namespace

void Calibrate(const std::vector<Judgement>& judgements, double unsure_share, TopicModel& model) {
  if (judgements.empty()) return;
  const float temperature = TemperatureOf(judgements, model);
  const float threshold = ThresholdOf(AnswersOf(judgements, model), unsure_share);
  TopicModel::Calibrations calibrations =
      Everywhere({.temperature = temperature, .threshold = threshold});
  for (std::size_t script = 0; script < kScripts; ++script) {
    std::vector<Judgement> of_script;
    std::copy_if(judgements.begin(), judgements.end(), std::back_inserter(of_script),
                 [script](const Judgement& judgement) {
                   return static_cast<std::size_t>(judgement.script) == script;
                 });
    if (of_script.size() < kFewest) continue;
    TopicModel::Calibration& own = calibrations[script];
    own.temperature = TemperatureOf(of_script, model);
    const std::vector<Answer> answers = AnswersOf(of_script, model);
    own.threshold = HonestFrom(answers, ThresholdOf(answers, unsure_share));
  }
  model.set_calibrations(calibrations);
}

}  // namespace headgate::routing

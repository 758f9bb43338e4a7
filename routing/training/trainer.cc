#include "routing/training/trainer.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "config/base/text.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/classify/topic.h"
#include "routing/text/fnv.h"
#include "routing/text/text_structure.h"
#include "routing/training/calibration.h"

namespace headgate::routing {
namespace {

constexpr std::array<std::string_view, 3> kFirstTopics = {"general", "code", "math"};
constexpr int kFolds = 4;
constexpr int kNoFold = -1;

std::vector<std::string> TopicsOf(const std::vector<Example>& examples) {
  std::set<std::string> found;
  for (const Example& example : examples) found.insert(example.topic);
  std::vector<std::string> topics;
  for (const std::string_view first : kFirstTopics) {
    if (found.erase(std::string(first)) > 0) topics.emplace_back(first);
  }
  topics.insert(topics.end(), found.begin(), found.end());
  return topics;
}

TrainingRow RowOf(const TopicFeatures& features) {
  TrainingRow row;
  row.words.assign(features.rows.begin(),
                   features.rows.begin() + static_cast<std::ptrdiff_t>(features.size));
  row.shapes.assign(features.shapes.begin(),
                    features.shapes.begin() + static_cast<std::ptrdiff_t>(features.shapes_size));
  return row;
}

// The rows of a text; for a long text also the rows of the glance at it, which come first.
std::vector<TrainingRow> RowsOf(const Example& example, TopicFeatures& features) {
  std::vector<TrainingRow> rows;
  TextShape shape;
  AddShape(example.text, kShapeBytes, shape);
  ReadTopicFeatures(example.text, shape, features, [&](const TopicFeatures& glance) {
    rows.push_back(RowOf(glance));
    return false;
  });
  rows.push_back(RowOf(features));
  return rows;
}

// The built-in topic that each topic is a kind of, by the verdicts of the shipped model on at most
// kAsked of its texts.
std::vector<Topic> KindsOf(const std::vector<std::string>& topics,
                           const std::vector<Example>& examples) {
  constexpr int kAsked = 500;
  std::vector<Topic> kinds;
  Signals signals;
  for (const std::string& topic : topics) {
    const bool built_in =
        std::find(kTopicNames.begin(), kTopicNames.end(), topic) != kTopicNames.end();
    int asked = 0;
    std::array<int, kTopicNames.size()> counts{};  // verdicts of the shipped model
    for (const Example& example : examples) {
      if (built_in || asked == kAsked) break;
      if (example.topic != topic) continue;
      signals.Clear();
      signals.texts.push_back({Role::kUser, example.text});
      const Classification found = Classify(signals, HintTrust{});
      ++counts[static_cast<std::size_t>(found.topic)];
      ++asked;
    }
    const auto is = [&](Topic kind) { return 2 * counts[static_cast<std::size_t>(kind)] > asked; };
    kinds.push_back(is(Topic::kCode)   ? Topic::kCode
                    : is(Topic::kMath) ? Topic::kMath
                                       : Topic::kGeneral);
  }
  return kinds;
}

class Trainer {
 public:
  Trainer(const TrainingOptions& options, std::vector<std::string> topics)
      : options_(options), topics_(std::move(topics)) {}

  void Read(const std::vector<Example>& examples) {
    DealSources(examples);
    kinds_ = KindsOf(topics_, examples);
    std::vector<float> topic_weights(topics_.size(), 0);
    float all = 0;
    TopicFeatures features;
    for (const Example& example : examples) {
      const std::size_t topic = static_cast<std::size_t>(
          std::find(topics_.begin(), topics_.end(), example.topic) - topics_.begin());
      const float weight = WeightOf(example.source);
      topic_weights[topic] += weight;
      all += weight;
      std::vector<TrainingRow> rows = RowsOf(example, features);
      for (TrainingRow& row : rows) {
        row.topic = topic;
        row.weight = weight / static_cast<float>(rows.size());
        const bool whole = &row == &rows.back();
        texts_.push_back(
            {std::move(row), folds_.at(example.source), IsHeldOut(example.text), whole});
      }
    }
    // All topics weigh the same.
    for (Text& text : texts_) {
      text.row.weight *= all / (topic_weights[text.row.topic] * static_cast<float>(topics_.size()));
    }
  }

  TrainedTopics Run() const {
    const TopicModel::Weights weights = Fitted();
    TopicModel model = TopicModel::Quantised(weights);
    const std::vector<Judgement> judgements = JudgementsOfStrangers(weights);
    Calibrate(judgements, options_.unsure_share, model);
    return {std::move(model), by_source_ ? std::optional(AccuracyOf(judgements)) : std::nullopt};
  }

 private:
  struct Text {
    TrainingRow row;
    int fold = kNoFold;
    bool held_out = false;
    bool whole = true;  // not a glance
  };

  // Distributes the sources to the folds in turn, by name.
  void DealSources(const std::vector<Example>& examples) {
    for (const Example& example : examples) ++sizes_[example.source];
    int next = 0;
    for (const auto& [source, size] : sizes_) {
      folds_[source] = IsOwnSource(source) ? kNoFold : next++ % kFolds;
    }
    by_source_ = next >= kFolds;
  }

  float WeightOf(const std::string& source) const {
    const std::size_t cap = IsOwnSource(source) ? options_.own_cap : options_.source_cap;
    const auto size = static_cast<float>(sizes_.at(source));
    return std::min(1.0f, static_cast<float>(cap) / size);
  }

  // The mean of several runs on all texts that are not held out.
  TopicModel::Weights Fitted() const {
    TopicModel::Weights weights;
    weights.topics = topics_;
    weights.kinds = kinds_;
    weights.bias.assign(topics_.size(), 0);
    weights.rows.assign(kFeatureRows * topics_.size(), 0);
    std::vector<const TrainingRow*> rows;
    for (const Text& text : texts_) {
      if (!text.held_out) rows.push_back(&text.row);
    }
    const float share = 1 / static_cast<float>(options_.runs);
    for (int run = 0; run < options_.runs; ++run) {
      const SoftmaxFit fit = Fit(rows, run);
      for (std::size_t i = 0; i < weights.rows.size(); ++i)
        weights.rows[i] += fit.rows()[i] * share;
      for (std::size_t t = 0; t < topics_.size(); ++t) weights.bias[t] += fit.bias()[t] * share;
    }
    return weights;
  }

  double AccuracyOf(const std::vector<Judgement>& judgements) const {
    double right = 0;
    double all = 0;
    for (const Judgement& judgement : judgements) {
      const auto weight = static_cast<double>(judgement.weight);
      all += weight;
      if (Likeliest(judgement.scores, topics_.size()) == judgement.topic) right += weight;
    }
    return all == 0 ? 0 : right / all;
  }

  SoftmaxFit Fit(const std::vector<const TrainingRow*>& rows, int run) const {
    FitOptions options = options_.fit;
    options.seed += static_cast<std::uint64_t>(run);
    SoftmaxFit fit(topics_.size(), options);
    fit.Run(rows);
    return fit;
  }

  std::vector<Judgement> JudgementsOfStrangers(const TopicModel::Weights& all) const {
    std::vector<Judgement> judgements;
    const auto judge = [&](const Text& text, const std::vector<float>& rows,
                           const std::vector<float>& bias) {
      judgements.push_back({ScoresOf(rows, bias, text.row), text.row.topic, text.row.weight});
    };
    for (int fold = 0; by_source_ && fold < kFolds; ++fold) {
      std::vector<const TrainingRow*> rows;
      for (const Text& text : texts_) {
        if (text.fold != fold) rows.push_back(&text.row);
      }
      const SoftmaxFit fit = Fit(rows, 0);
      for (const Text& text : texts_) {
        if (text.fold == fold && text.whole) judge(text, fit.rows(), fit.bias());
      }
    }
    for (const Text& text : texts_) {
      if (!by_source_ && text.held_out && text.whole) judge(text, all.rows, all.bias);
    }
    return judgements;
  }

  const TrainingOptions options_;
  const std::vector<std::string> topics_;
  std::vector<Topic> kinds_;                  // parallel to topics_
  std::map<std::string, std::size_t> sizes_;  // of the sources
  std::map<std::string, int> folds_;
  bool by_source_ = false;
  std::vector<Text> texts_;
};

}  // namespace

bool IsHeldOut(std::string_view text) { return Random(Fnv1a(text)).Below(10) == 0; }

absl::StatusOr<TrainedTopics> TrainTopics(const std::vector<Example>& examples,
                                          const TrainingOptions& options) {
  std::vector<std::string> topics = TopicsOf(examples);
  if (topics.size() < 2 || topics.size() > kMostTopics) {
    return absl::InvalidArgumentError(config::Concat("the texts have ", topics.size(),
                                                     topics.size() == 1 ? " topic" : " topics",
                                                     "; a model needs 2 to 16"));
  }
  Trainer trainer(options, std::move(topics));
  trainer.Read(examples);
  return trainer.Run();
}

}  // namespace headgate::routing

#include "routing/training/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "config/base/text.h"
#include "routing/classify/signals.h"
#include "routing/classify/topic.h"
#include "routing/text/fnv.h"
#include "routing/text/text_structure.h"
#include "routing/training/calibration.h"
#include "routing/training/own_topics.h"

namespace headgate::routing {
namespace {

constexpr std::array<std::string_view, 3> kFirstTopics = {"general", "code", "math"};
constexpr int kFolds = 4;
constexpr int kNoFold = -1;

std::vector<std::string> TopicsOf(const std::vector<Example>& examples) {
  std::set<std::string> found;
  for (const Example& example : examples) {
    if (example.topic != kBareTexts) found.insert(example.topic);
  }
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

class Trainer {
 public:
  Trainer(const TrainingOptions& options, std::vector<std::string> topics)
      : options_(options), topics_(std::move(topics)) {}

  void Read(const std::vector<Example>& examples) {
    DealSources(examples);
    const auto composed = static_cast<std::size_t>(
        std::count_if(examples.begin(), examples.end(),
                      [](const Example& one) { return IsOwnSource(one.source); }));
    all_composed_ = composed == examples.size();
    holds_out_ = all_composed_ || examples.size() - composed >= kFewestToHoldOut;
    taken_ = AskShipped(topics_, examples);
    for (const TakenForBuiltIn& verdict : taken_) kinds_.push_back(KindOf(verdict));
    std::erase_if(taken_, [](const TakenForBuiltIn& one) { return one.code + one.math == 0; });
    MarkRehearsed(examples);
    tells_bare_ = std::any_of(examples.begin(), examples.end(),
                              [](const Example& one) { return one.topic == kBareTexts; });
    start_ = Start();
    std::vector<float> topic_weights(topics_.size() + 1, 0);
    float all = 0;
    TopicFeatures features;
    for (const Example& example : examples) {
      const std::size_t topic = static_cast<std::size_t>(
          std::find(topics_.begin(), topics_.end(), example.topic) - topics_.begin());
      const float weight = WeightOf(example.source);
      topic_weights[topic] += weight;
      if (topic < topics_.size()) all += weight;
      std::vector<TrainingRow> rows = RowsOf(example, features);
      for (TrainingRow& row : rows) {
        row.topic = topic;
        row.weight = weight / static_cast<float>(rows.size());
        const bool whole = &row == &rows.back();
        texts_.push_back({std::move(row), features.script, JudgedWeightOf(example.source),
                          FoldOf(example), holds_out_ && IsHeldOut(example.text), whole});
      }
    }
    // All topics weigh the same, bare texts less.
    const auto topics = static_cast<float>(topics_.size());
    for (Text& text : texts_) {
      const float share = text.row.topic == topics_.size() ? options_.bare_share : 1;
      text.row.weight *= share * all / (topic_weights[text.row.topic] * topics);
    }
    BalanceJudgements();
  }

  TrainedTopics Run() const {
    const TopicModel::Weights weights = Fitted();
    TopicModel model = TopicModel::Quantised(weights);
    const std::vector<Judgement> judgements = JudgementsOfStrangers();
    Calibrate(judgements, options_.unsure_share, model);
    return {std::move(model), by_source_ ? std::optional(AccuracyOf(judgements)) : std::nullopt,
            taken_};
  }

 private:
  struct Text {
    TrainingRow row;
    Script script = Script::kLatin;
    float judged = 1;  // its weight in calibration
    int fold = kNoFold;
    bool held_out = false;
    bool whole = true;  // not a glance
  };

  std::size_t columns() const { return topics_.size() + (tells_bare_ ? 1 : 0); }

  // Distributes the sources to the folds in turn, by name.
  void DealSources(const std::vector<Example>& examples) {
    for (const Example& example : examples) ++sizes_[example.source];
    int next = 0;
    for (const auto& [source, size] : sizes_) {
      folds_[source] = IsOwnSource(source) ? kNoFold : next++ % kFolds;
    }
    by_source_ = next >= kFolds;
  }

  int FoldOf(const Example& example) const {
    const bool composed = !all_composed_ && IsOwnSource(example.source);
    if (by_source_ || composed) return folds_.at(example.source);
    return static_cast<int>(Random(Fnv1a(example.text)).Below(kFolds));
  }

  // A built-in topic of which all texts were composed, beside texts that were not, is a kind of
  // itself: the shipped model knows more about it.
  void MarkRehearsed(const std::vector<Example>& examples) {
    std::set<std::string_view> real;
    for (const Example& example : examples) {
      if (all_composed_ || !IsOwnSource(example.source)) real.insert(example.topic);
    }
    for (std::size_t t = 0; t < topics_.size(); ++t) {
      if (real.contains(topics_[t])) continue;
      if (topics_[t] == ToString(Topic::kCode)) kinds_[t] = Topic::kCode;
      if (topics_[t] == ToString(Topic::kMath)) kinds_[t] = Topic::kMath;
    }
  }

  // The columns of the start: of the same topic, else of the topic that the topic is a kind of.
  // Topics that begin alike share the bias of that column.
  FitStart Start() const {
    if (options_.start == nullptr) return {};
    const std::vector<std::string>& known = options_.start->topics();
    const auto at = [&](std::string_view topic) {
      return static_cast<std::size_t>(std::find(known.begin(), known.end(), topic) - known.begin());
    };
    std::vector<std::size_t> columns_of;
    for (std::size_t t = 0; t < topics_.size(); ++t) {
      columns_of.push_back(at(topics_[t]));
      if (columns_of.back() == known.size()) columns_of.back() = at(ToString(kinds_[t]));
      if (columns_of.back() == known.size()) return {};
    }
    FitStart start;
    for (const std::size_t column : columns_of) {
      const auto alike = std::count(columns_of.begin(), columns_of.end(), column);
      start.bias.push_back(options_.start->bias(column) - std::log(static_cast<float>(alike)));
    }
    start.bias.resize(columns(), 0);
    start.rows.assign(kFeatureRows * columns(), 0);
    for (std::uint32_t row = 0; row < kFeatureRows; ++row) {
      const TopicScores weights = options_.start->WeightsOf(row);
      for (std::size_t t = 0; t < topics_.size(); ++t) {
        start.rows[row * columns() + t] = weights.values[columns_of[t]];
      }
    }
    return start;
  }

  float WeightOf(const std::string& source) const {
    const bool written = source.starts_with("written-");
    const std::size_t cap = IsOwnSource(source) ? options_.own_cap
                            : written           ? options_.written_cap
                                                : options_.source_cap;
    const auto size = static_cast<float>(sizes_.at(source));
    return (written ? options_.written_weight : 1) * std::min(1.0f, static_cast<float>(cap) / size);
  }

  // Every source counts alike where the model is judged, also written ones.
  float JudgedWeightOf(const std::string& source) const {
    const std::size_t cap = IsOwnSource(source) ? options_.own_cap : options_.source_cap;
    return std::min(1.0f, static_cast<float>(cap) / static_cast<float>(sizes_.at(source)));
  }

  // All topics weigh the same where the model is judged.
  void BalanceJudgements() {
    std::vector<float> weights(topics_.size() + 1, 0);
    for (const Text& text : texts_) weights[text.row.topic] += text.whole ? text.judged : 0;
    for (Text& text : texts_) text.judged /= weights[text.row.topic];
  }

  // The mean of several runs on all texts that are not held out.
  TopicModel::Weights Fitted() const {
    TopicModel::Weights weights;
    weights.topics = topics_;
    weights.kinds = kinds_;
    weights.tells_bare = tells_bare_;
    weights.bias.assign(columns(), 0);
    weights.rows.assign(kFeatureRows * columns(), 0);
    std::vector<const TrainingRow*> rows;
    for (const Text& text : texts_) {
      if (!text.held_out) rows.push_back(&text.row);
    }
    const float share = 1 / static_cast<float>(options_.runs);
    for (int run = 0; run < options_.runs; ++run) {
      const SoftmaxFit fit = Fit(rows, run);
      for (std::size_t i = 0; i < weights.rows.size(); ++i)
        weights.rows[i] += fit.rows()[i] * share;
      for (std::size_t t = 0; t < columns(); ++t) weights.bias[t] += fit.bias()[t] * share;
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
    SoftmaxFit fit(columns(), options, start_);
    fit.Run(rows);
    return fit;
  }

  std::vector<Judgement> JudgementsOfStrangers() const {
    std::vector<Judgement> judgements;
    for (int fold = 0; fold < kFolds; ++fold) {
      std::vector<const TrainingRow*> rows;
      for (const Text& text : texts_) {
        if (text.fold != fold) rows.push_back(&text.row);
      }
      const SoftmaxFit fit = Fit(rows, 0);
      for (const Text& text : texts_) {
        if (text.fold != fold || !text.whole || text.row.topic == topics_.size()) continue;
        judgements.push_back(
            {ScoresOf(fit.rows(), fit.bias(), text.row), text.row.topic, text.judged, text.script});
      }
    }
    return judgements;
  }

  const TrainingOptions options_;
  const std::vector<std::string> topics_;
  std::vector<Topic> kinds_;  // parallel to topics_
  std::vector<TakenForBuiltIn> taken_;
  std::map<std::string, std::size_t> sizes_;  // of the sources
  std::map<std::string, int> folds_;
  bool by_source_ = false;
  bool tells_bare_ = false;
  bool holds_out_ = true;
  bool all_composed_ = false;
  FitStart start_;
  std::vector<Text> texts_;
};

}  // namespace

bool IsHeldOut(std::string_view text) { return Random(Fnv1a(text)).Below(10) == 0; }

absl::StatusOr<TrainedTopics> TrainTopics(const std::vector<Example>& examples,
                                          const TrainingOptions& options) {
  std::vector<std::string> topics = TopicsOf(examples);
  std::string problem = TopicsProblem(topics, examples);
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  Trainer trainer(options, std::move(topics));
  trainer.Read(examples);
  return trainer.Run();
}

}  // namespace headgate::routing

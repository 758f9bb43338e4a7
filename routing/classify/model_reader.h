#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "routing/classify/classifier.h"
#include "routing/classify/topic.h"
#include "routing/classify/topic_model.h"
#include "routing/classify/topic_opinions.h"
#include "routing/text/text_structure.h"
#include "routing/text/topic_features.h"

namespace headgate::routing {

// Sums the scores of several texts of one request by the trained models: the configured model, and
// the shipped model for built-in topics that the configured model does not have, so that adding
// topics loses none. About 24 KiB, on the stack. Allocates nothing. Thread-compatible.
class ModelReader {
 public:
  explicit ModelReader(const ClassifierOptions& options)
      : model_(options.model != nullptr ? *options.model : TopicModel::Shipped()),
        shipped_(NeedsShipped(model_) ? &TopicModel::Shipped() : nullptr),
        options_(options) {}

  // Adds the scores of `text`, weighted. The script of the first text is that of the verdict.
  // REQUIRES: `shape` is that of the text (AddShape).
  void Add(std::string_view text, const TextShape& shape, float weight) {
    const float sure =
        std::max({kSureTopic, options_.threshold.value_or(0), ShippedThreshold(script_)});
    last_ = ScoreText(model_, shipped_, text, shape, sure, features_);
    if (!started_) script_ = features_.script;
    started_ = true;
    words_ += features_.words;
    AddScores(last_, weight);
  }

  // The scores of the text that was added last, once more.
  void AddLast(float weight) { AddScores(last_, weight); }

  // Forgets the scores and the words, not the script and the last text.
  void Clear() {
    sum_ = shipped_sum_ = {};
    words_ = 0;
  }

  // The verdict of the models; kAbstained if they are not sure enough. If the shipped model is sure
  // of a topic that the configured model was not taught, that topic wins: the configured model can
  // only choose among its own topics. But if the configured model is sure of a kind of that topic,
  // its more specific verdict wins. A topic that the configured model only rehearsed is the shipped
  // model's where that is surer, and where the configured model gives it more than an even share:
  // the shipped model has never read texts of the operator, and may be sure and wrong about them.
  TopicVerdict Verdict() const {
    const float threshold = options_.threshold.value_or(model_.threshold(script_));
    const TopicScores p = model_.Probabilities(sum_, script_);
    const std::size_t likeliest = Likeliest(p, model_.topics().size());
    TopicVerdict verdict{model_.TopicOf(likeliest), p.values[likeliest], Reason::kModel};
    if (verdict.confidence < threshold) {
      verdict = {Topic::kGeneral, verdict.confidence, Reason::kAbstained};
    }
    TopicScores q;
    Beside beside = Beside::kNotAsked;
    if (shipped_ != nullptr) {
      q = shipped_->Probabilities(shipped_sum_, script_);
      beside = BesideOf(p, q, std::max(kSureTopic, threshold));
      if (beside == Beside::kDecided) {
        const std::size_t named = Likeliest(q, shipped_->topics().size());
        verdict = {shipped_->TopicOf(named), q.values[named], Reason::kModel};
      }
    }
    if (options_.opinions != nullptr) {
      options_.opinions->push_back({verdict.topic,
                                    verdict.confidence,
                                    verdict.reason == Reason::kAbstained,
                                    script_,
                                    {&model_, p, threshold},
                                    {shipped_, q, ShippedThreshold(script_)},
                                    beside});
    }
    return verdict;
  }

  // The probability that the texts have another topic than the built-in `topic`. A model that does
  // not have the topic says nothing; of two models that have it the lower one counts.
  float ProbabilityOfOthers(Topic topic) const {
    float own = OfTopic(model_, sum_, topic);
    if (shipped_ != nullptr) own = std::max(own, OfTopic(*shipped_, shipped_sum_, topic));
    return 1 - own;
  }

  // The probability that the text that was added last does not say what it is about. The configured
  // model may not tell; then the shipped model is asked.
  float BareProbability() const {
    if (model_.tells_bare()) return model_.BareProbability(last_.first, features_.script);
    const TopicModel& shipped = TopicModel::Shipped();
    return shipped.BareProbability(shipped_ != nullptr ? last_.second : shipped.Score(features_),
                                   features_.script);
  }

  int words() const { return words_; }
  // The script of the first text.
  Script script() const { return script_; }

 private:
  static bool NeedsShipped(const TopicModel& model) {
    return (!model.WasTaught(Topic::kCode) || !model.WasTaught(Topic::kMath)) &&
           &model != &TopicModel::Shipped();
  }

  // What becomes of the topic that the shipped model names. `p` and `q` are the probabilities of
  // the configured and the shipped model, `sure` the probability that keeps a kind of that topic.
  Beside BesideOf(const TopicScores& p, const TopicScores& q, float sure) const {
    const std::size_t named = Likeliest(q, shipped_->topics().size());
    const Topic topic = shipped_->TopicOf(named);
    if (topic == Topic::kGeneral) return Beside::kGeneral;
    if (model_.WasTaught(topic)) return Beside::kTaught;
    if (q.values[named] < ShippedThreshold(script_)) return Beside::kBelowBar;
    const std::size_t likeliest = Likeliest(p, model_.topics().size());
    if (!model_.Knows(topic)) {
      const bool specific = p.values[likeliest] >= sure && model_.KindOf(likeliest) == topic;
      return specific ? Beside::kSpecific : Beside::kDecided;
    }
    if (p.values[likeliest] >= q.values[named]) return Beside::kLessSure;
    const float even = 1 / static_cast<float>(model_.topics().size());
    return ProbabilityOf(model_, p, topic) < even ? Beside::kRuledOut : Beside::kDecided;
  }

  static float ProbabilityOf(const TopicModel& model, const TopicScores& p, Topic topic) {
    for (std::size_t t = 0; t < model.topics().size(); ++t) {
      if (model.TopicOf(t) == topic) return p.values[t];
    }
    return 0;
  }

  float OfTopic(const TopicModel& model, const TopicScores& scores, Topic topic) const {
    return ProbabilityOf(model, model.Probabilities(scores, script_), topic);
  }

  float ShippedThreshold(Script script) const {
    return shipped_ == nullptr
               ? 0
               : std::max(options_.threshold.value_or(0), shipped_->threshold(script));
  }

  void AddScores(const TwoScores& scores, float weight) {
    for (std::size_t t = 0; t < kMostTopics; ++t) {
      sum_.values[t] += weight * scores.first.values[t];
      shipped_sum_.values[t] += weight * scores.second.values[t];
    }
  }

  const TopicModel& model_;
  const TopicModel* const shipped_;  // null: not needed
  const ClassifierOptions& options_;
  TopicFeatures features_;
  TwoScores last_;
  TopicScores sum_;
  TopicScores shipped_sum_;
  Script script_ = Script::kLatin;
  bool started_ = false;
  int words_ = 0;
};

}  // namespace headgate::routing

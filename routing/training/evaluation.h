#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/classify/topic_model.h"
#include "routing/training/trainer.h"

namespace headgate::routing {

// The results of the chain of topics (topic.h) on labelled texts, each as the only message of a
// chat. If the chain abstains, the text is not covered, but figures for all texts count its
// likeliest topic. Thread-compatible.
struct Evaluation {
  struct Tally {
    int texts = 0;
    int right = 0;
    int abstained = 0;
    double confidence = 0;  // sum
  };
  // What was said of one text.
  struct Answer {
    std::string topic;  // the likeliest
    float confidence = 0;
    bool right = false;
    bool abstained = false;

    // The topic of a request with this text.
    std::string_view Said() const { return abstained ? std::string_view("general") : topic; }
  };
  // The shares of the texts, the surest first, for which AccuracyAt is reported.
  static constexpr std::array kCoverages = {0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0};

  std::vector<std::string> topics;
  std::map<std::string, std::map<std::string, int>> confusion;  // label, then the answer
  std::map<std::string, Tally> sources;
  std::map<std::string, Tally> languages;  // of the texts whose language is known
  std::map<std::string, Tally> labels;
  std::array<Tally, 10> reliability;  // of covered texts, by confidence
  std::vector<Answer> answers;        // parallel to the texts
  int texts = 0;
  int right = 0;
  int code_right = 0;  // code against all other topics
  int covered = 0;
  int covered_right = 0;

  double Accuracy() const;
  double CodeAccuracy() const;
  double Coverage() const;
  double CoveredAccuracy() const;
  // The share of right answers among the texts of a topic, and among the texts that are said to
  // have it; nullopt if there are no such texts.
  std::optional<double> Recall(const std::string& topic) const;
  std::optional<double> Precision(const std::string& topic) const;
  // The accuracy on the surest share `coverage` of all texts, 0..1.
  double AccuracyAt(double coverage) const;
};

Evaluation Evaluate(const TopicModel& model, const std::vector<Example>& examples);

// The results as tables for people.
std::string Table(const Evaluation& evaluation);

}  // namespace headgate::routing

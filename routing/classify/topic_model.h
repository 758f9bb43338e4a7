#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/classify/signals.h"
#include "routing/text/topic_features.h"

namespace headgate::routing {

inline constexpr std::size_t kMostTopics = 16;

// Topics of a model beside general, code and math: more than these have no place in a policy.
inline constexpr std::size_t kMostOwnTopics = kMostTopics - kTopicNames.size();

// One number for each topic of a model, in its order.
struct TopicScores {
  std::array<float, kMostTopics> values{};
};

// A linear model over a text's words and shape (topic_features.h): softmax over
//
//   bias + sum of shape rows + (sum of word rows) / sqrt(number of word rows)
//
// divided by a temperature (Guo et al. 2017, "On Calibration of Modern Neural Networks"), which is
// chosen for each script. Weights are int8 with one scale for words and one for shape.
//
// A model may score one thing more than its topics: that a text is bare, which means that it does
// not say what it is about ("yes", "what does this do?"). Immutable; thread-safe.
class TopicModel {
 public:
  // The confidence of texts in one script.
  struct Calibration {
    float temperature = 1;
    float threshold = 0;
  };
  using Calibrations = std::array<Calibration, kScripts>;

  // The result of training: floats, `rows` of kFeatureRows x columns. A column is a topic, or
  // behind the topics, if `tells_bare`, bare texts.
  struct Weights {
    std::vector<std::string> topics;
    std::vector<Topic> kinds;  // parallel to topics; empty: no topic is a kind of code or math
    bool tells_bare = false;
    std::vector<float> bias;
    std::vector<float> rows;
    Calibrations calibrations{};
  };
  static TopicModel Quantised(const Weights& weights);

  // Reads the output of Serialise. Returns kInvalidArgument for another format, other features,
  // missing bytes or a wrong checksum. The message continues a sentence about the file ("is
  // damaged") and says what to do behind "; ".
  static absl::StatusOr<TopicModel> Parse(std::string_view bytes);
  std::string Serialise() const;

  // The model in the binary: general, code, math.
  static const TopicModel& Shipped();

  const std::vector<std::string>& topics() const { return topics_; }
  // The Topic for topics()[index]. general, code and math map to the built-in topics; the others
  // follow in the model's order.
  Topic TopicOf(std::size_t index) const { return meanings_[index]; }
  // The built-in topic that the topic is a kind of, such as code for `sql`. kGeneral: neither code
  // nor math. A built-in topic is a kind of itself if the model only rehearsed it (rehearsal.h).
  Topic KindOf(std::size_t index) const { return kinds_[index]; }
  // Whether the model was taught the built-in `topic` by texts of its own.
  bool WasTaught(Topic topic) const {
    const auto found = std::find(meanings_.begin(), meanings_.end(), topic);
    return found != meanings_.end() &&
           kinds_[static_cast<std::size_t>(found - meanings_.begin())] != topic;
  }
  // Whether the model has the built-in `topic`.
  bool Knows(Topic topic) const {
    return std::find(meanings_.begin(), meanings_.end(), topic) != meanings_.end();
  }
  bool tells_bare() const { return tells_bare_; }
  // The model abstains from a text in `script` if the probability of the likeliest topic is below
  // this. A threshold above 1 means that the confidence in that script was never right.
  float threshold(Script script) const { return Of(script).threshold; }
  float temperature(Script script) const { return Of(script).temperature; }
  void set_calibrations(const Calibrations& calibrations) { calibrations_ = calibrations; }

  // Scores before softmax and temperature; that of bare texts follows the topics. Allocates
  // nothing.
  TopicScores Score(const TopicFeatures& features) const;
  // Probabilities of the topics, which add up to 1. Allocates nothing.
  TopicScores Probabilities(const TopicScores& scores, Script script) const;
  // The probability that the text is bare; 0 if the model does not tell. Allocates nothing.
  float BareProbability(const TopicScores& scores, Script script) const;

  // What one row adds to each topic's score; word rows before the division by sqrt.
  TopicScores WeightsOf(std::uint32_t row) const;
  float bias(std::size_t index) const { return bias_[index]; }
  // That of the file that the model was read from, for people: 16 hexadecimal digits. Empty for a
  // model that was not read.
  const std::string& checksum() const { return checksum_; }

 private:
  TopicModel() = default;
  template <std::size_t stride>
  TopicScores Sum(const TopicFeatures& features) const;

  void NameTopics(std::vector<std::string> topics, std::vector<Topic> kinds);
  std::size_t columns() const { return topics_.size() + (tells_bare_ ? 1 : 0); }
  const Calibration& Of(Script script) const {
    return calibrations_[static_cast<std::size_t>(script)];
  }

  std::vector<std::string> topics_;
  std::vector<Topic> meanings_;  // parallel to topics_
  std::vector<Topic> kinds_;     // parallel to topics_
  std::vector<float> bias_;
  std::size_t stride_ = 4;         // bytes a row: 4, 8 or 16
  std::vector<std::int8_t> rows_;  // kFeatureRows x stride_
  float word_scale_ = 1;
  float shape_scale_ = 1;
  bool tells_bare_ = false;
  Calibrations calibrations_{};
  std::string checksum_;
};

// The scores of a text by one model or by two. REQUIRES: `shape` is that of the text (AddShape). A
// long text is read only until each model gives a topic the probability `sure`. `features` then
// holds what was read. Allocates nothing.
struct TwoScores {
  TopicScores first;
  TopicScores second;  // zeros without a second model
};
TwoScores ScoreText(const TopicModel& model, const TopicModel* second, std::string_view text,
                    const TextShape& shape, float sure, TopicFeatures& features);

// How many topics of the model are not built in.
std::size_t OwnTopics(const TopicModel& model);

// The index of the greatest of the first `count` values.
std::size_t Likeliest(const TopicScores& scores, std::size_t count);

}  // namespace headgate::routing

#include "routing/training/softmax_fit.h"

#include <algorithm>
#include <cmath>

#include "routing/text/topic_features.h"

namespace headgate::routing {
namespace {

constexpr float kFirstSquare = 1e-3f;

TopicScores Sum(const std::vector<float>& rows, const std::vector<float>& bias, float value,
                const std::vector<std::uint32_t>& words, const std::vector<std::uint16_t>& shapes) {
  const std::size_t topics = bias.size();
  TopicScores scores;
  for (std::size_t t = 0; t < topics; ++t) {
    float of_words = 0;
    float of_shape = 0;
    for (const std::uint32_t word : words) of_words += rows[word * topics + t];
    for (const std::uint16_t shape : shapes) of_shape += rows[shape * topics + t];
    scores.values[t] = bias[t] + of_words * value + of_shape;
  }
  return scores;
}

void AddShare(const std::vector<float>& from, float share, std::vector<float>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i] * share;
}

}  // namespace

SoftmaxFit::SoftmaxFit(std::size_t topics, const FitOptions& options, const FitStart& start)
    : options_(options),
      topics_(topics),
      random_(options.seed),
      rows_(start.rows),
      squares_(kFeatureRows * topics, kFirstSquare),
      bias_(start.bias),
      bias_squares_(topics, kFirstSquare),
      mean_rows_(kFeatureRows * topics, 0),
      mean_bias_(topics, 0) {
  rows_.resize(kFeatureRows * topics, 0);
  bias_.resize(topics, 0);
}

void SoftmaxFit::Run(const std::vector<const TrainingRow*>& rows) {
  std::vector<const TrainingRow*> order = rows;
  const float share = 1 / static_cast<float>(options_.averaged);
  for (int epoch = 0; epoch < options_.epochs; ++epoch) {
    random_.Shuffle(order);
    for (const TrainingRow* const row : order) Step(*row);
    if (epoch < options_.epochs - options_.averaged) continue;
    AddShare(rows_, share, mean_rows_);
    AddShare(bias_, share, mean_bias_);
  }
}

// The derivative of the cross entropy with respect to each score.
TopicScores SoftmaxFit::Errors(const TrainingRow& row, float value) const {
  TopicScores scores = Sum(rows_, bias_, value, kept_, row.shapes);
  const float most = scores.values[Likeliest(scores, topics_)];
  float sum = 0;
  for (std::size_t t = 0; t < topics_; ++t) {
    sum += scores.values[t] = std::exp(scores.values[t] - most);
  }
  const float wrong = options_.smoothing / static_cast<float>(topics_ - 1);
  for (std::size_t t = 0; t < topics_; ++t) {
    const float wanted = t == row.topic ? 1 - options_.smoothing : wrong;
    scores.values[t] = (scores.values[t] / sum - wanted) * row.weight;
  }
  return scores;
}

// One step of AdaGrad for one text, without the words that are left out.
void SoftmaxFit::Step(const TrainingRow& row) {
  constexpr float kBiasRate = 0.15f;
  kept_.clear();
  for (const std::uint32_t word : row.words) {
    if (random_.Unit() >= options_.dropout) kept_.push_back(word);
  }
  const float value = WordWeight(kept_.size());
  const TopicScores errors = Errors(row, value);
  for (std::size_t t = 0; t < topics_; ++t) {
    const float error = errors.values[t];
    for (const std::uint32_t word : kept_) Move(word * topics_ + t, error * value, 1);
    for (const std::uint16_t shape : row.shapes) {
      Move(shape * topics_ + t, error, options_.shape_rate);
    }
    bias_squares_[t] += error * error;
    bias_[t] -= kBiasRate * options_.rate * error / std::sqrt(bias_squares_[t]);
  }
}

void SoftmaxFit::Move(std::size_t at, float gradient, float rate) {
  squares_[at] += gradient * gradient;
  rows_[at] -= rate * options_.rate * gradient / std::sqrt(squares_[at]);
}

TopicScores ScoresOf(const std::vector<float>& rows, const std::vector<float>& bias,
                     const TrainingRow& row) {
  return Sum(rows, bias, WordWeight(row.words.size()), row.words, row.shapes);
}

}  // namespace headgate::routing

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "routing/classify/topic_model.h"
#include "routing/training/random.h"

namespace headgate::routing {

// One text as its rows of the table, kept for all epochs.
struct TrainingRow {
  std::vector<std::uint32_t> words;
  std::vector<std::uint16_t> shapes;
  std::size_t topic = 0;
  float weight = 1;
};

struct FitOptions {
  std::uint64_t seed = 1;
  int epochs = 8;
  int averaged = 4;          // the model is the mean of the weights after these last epochs
  float rate = 0.2f;         // AdaGrad's (Duchi, Hazan, Singer 2011); words learn at the full rate,
  float shape_rate = 0.05f;  // shape at this share of it
  float dropout = 0.5f;      // share of words left out, so that no single word decides
  float smoothing = 0.02f;   // of labels (Szegedy et al. 2016), because some are wrong
};

// Where a fit begins; empty: at zero.
struct FitStart {
  std::vector<float> rows;  // as those of the fit
  std::vector<float> bias;
};

// Fits weights[row * topics + topic] and the biases of a softmax over `topics` topics. The result
// depends only on rows and options.
class SoftmaxFit {
 public:
  // The weights begin at zero, or at `start` if it has any.
  SoftmaxFit(std::size_t topics, const FitOptions& options, const FitStart& start = {});

  void Run(const std::vector<const TrainingRow*>& rows);

  const std::vector<float>& rows() const { return mean_rows_; }
  const std::vector<float>& bias() const { return mean_bias_; }

 private:
  void Step(const TrainingRow& row);
  TopicScores Errors(const TrainingRow& row, float value) const;
  void Move(std::size_t at, float gradient, float rate);

  const FitOptions options_;
  const std::size_t topics_;
  Random random_;
  std::vector<float> rows_;
  std::vector<float> squares_;
  std::vector<float> bias_;
  std::vector<float> bias_squares_;
  std::vector<float> mean_rows_;
  std::vector<float> mean_bias_;
  std::vector<std::uint32_t> kept_;  // words of the current row that were not left out
};

// The scores of a row with such weights, before temperature.
TopicScores ScoresOf(const std::vector<float>& rows, const std::vector<float>& bias,
                     const TrainingRow& row);

}  // namespace headgate::routing

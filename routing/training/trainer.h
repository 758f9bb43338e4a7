#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/classify/topic_model.h"
#include "routing/training/example.h"
#include "routing/training/softmax_fit.h"

namespace headgate::routing {

struct TrainingOptions {
  FitOptions fit;
  int runs = 5;                  // fits in different orders; the model is their mean
  std::size_t source_cap = 300;  // a larger source weighs as much as this many texts,
  std::size_t own_cap = 6000;    // and one whose name begins with `own-` as this many
  double unsure_share = 0.2;  // share of the texts of unseen sources for which the model abstains
};

struct TrainedTopics {
  TopicModel model;
  // The weighted share of right answers for texts of sources that a fit has not seen, 0..1; nullopt
  // with fewer than four sources.
  std::optional<double> accuracy_on_unseen_sources;
};

// Whether training holds this text out for the report: every tenth text, by its hash.
bool IsHeldOut(std::string_view text);

// Trains a linear softmax model. The result depends only on texts and options. Temperature and
// threshold are chosen on texts of sources that the fit has not seen, because real traffic is a
// source of its own: the sources are distributed to four folds, and sources named `own-` are always
// part of the fit. With fewer than four sources they are chosen on the texts that are held out.
// Topics are numbered general, code, math, if they occur, then the others by name. If the shipped
// model takes over half of the texts of a topic for code or for math, the topic is a kind of that.
// Returns kInvalidArgument for fewer than two topics or more than 16.
absl::StatusOr<TrainedTopics> TrainTopics(const std::vector<Example>& examples,
                                          const TrainingOptions& options);

}  // namespace headgate::routing

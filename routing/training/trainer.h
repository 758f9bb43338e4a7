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
  int runs = 5;                  // of the fit, in other orders; the model is their mean
  std::size_t source_cap = 300;  // a larger source weighs no more than this many texts,
  std::size_t own_cap = 6000;    // one whose name begins with `own-` than this many
  double unsure_share = 0.2;     // of the texts of unknown sources, for which the model abstains
};

struct TrainedTopics {
  TopicModel model;
  // How many of the texts of sources that a fit has not seen it was right about, by weight, 0..1;
  // none with fewer than four sources.
  std::optional<double> accuracy_on_unseen_sources;
};

// Whether training keeps this text apart, to report on: every tenth, by a hash of it.
bool IsHeldOut(std::string_view text);

// A linear softmax model of the texts, the same for the same texts and options. Temperature and
// threshold are chosen on texts of sources that the fit has not seen: the sources are dealt out to
// four folds (those of `own-` names always stay with the fit), for real traffic is another source
// than all of these. With fewer than four sources they are chosen on the texts that are held out.
// Topics are numbered general, code, math where they occur, then the others by name. A topic of
// whose texts the shipped model takes at least half for code or for math is a kind of that.
// kInvalidArgument for fewer than two topics or more than 16.
absl::StatusOr<TrainedTopics> TrainTopics(const std::vector<Example>& examples,
                                          const TrainingOptions& options);

}  // namespace headgate::routing

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/classify/topic_model.h"
#include "routing/training/example.h"
#include "routing/training/own_topics.h"
#include "routing/training/softmax_fit.h"

namespace headgate::routing {

struct TrainingOptions {
  FitOptions fit;
  int runs = 10;                 // fits in different orders; the model is their mean
  std::size_t source_cap = 300;  // a larger source weighs as much as this many texts,
  std::size_t own_cap = 4000;    // and one whose name begins with `own-` as this many.
  // A source whose name begins with `written-` has prompts in one language that people wrote one by
  // one, so that nearly each of its texts says something new.
  std::size_t written_cap = 1000;
  float written_weight = 3;
  float bare_share = 0.3f;  // what bare texts weigh, as a share of a topic
  // The model whose table is where the fit begins, so that a few examples are enough and what it
  // says about words that no example contains is kept; null: the fit begins at zero.
  const TopicModel* start = nullptr;
  // The share of the texts of unseen sources for which the model abstains. With 0.2 the topic of
  // texts in unseen languages is right two points less often, because none counts as general.
  double unsure_share = 0.1;

  // For less than 50 examples of each topic: each is read more often.
  void LearnFromFew() {
    fit.epochs = 24;
    fit.averaged = 12;
  }
};

struct TrainedTopics {
  TopicModel model;
  // The weighted share of right answers for texts of sources that a fit has not seen, 0..1; nullopt
  // with fewer than four sources.
  std::optional<double> accuracy_on_unseen_sources;
  std::vector<TakenForBuiltIn> taken;  // of the topics of which it takes a text for code or math
};

// Whether training holds this text out for the report: every tenth text, by its hash.
bool IsHeldOut(std::string_view text);
// Fewer texts are not held out: a tenth of them would measure nothing, and the fit needs them all.
inline constexpr std::size_t kFewestToHoldOut = 200;

// Trains a linear softmax model. The result depends only on texts and options. Temperature and
// threshold are chosen on texts of sources that the fit has not seen, because real traffic is a
// source of its own: the sources are distributed to four folds, and sources named `own-` are always
// part of the fit. With fewer than four sources the texts themselves are distributed to the folds.
// Texts of the topic `-bare` do not say what they are about: the model learns to tell them from the
// texts of topics, and they are no topic. Topics are numbered general, code, math, if they occur,
// then the others by name. If the shipped model takes over half of the texts of a topic for code or
// for math, the topic is a kind of that. Returns kInvalidArgument for fewer than two topics, more
// than 13 that are not built in, or more than 15 and bare texts.
absl::StatusOr<TrainedTopics> TrainTopics(const std::vector<Example>& examples,
                                          const TrainingOptions& options);

}  // namespace headgate::routing

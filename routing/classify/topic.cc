#include "routing/classify/topic.h"

#include <algorithm>
#include <cstddef>

#include "config/base/uninitialized.h"
#include "routing/classify/coding_tools.h"
#include "routing/classify/follow_up.h"
#include "routing/classify/topic_model.h"
#include "routing/text/text_structure.h"
#include "routing/text/topic_features.h"

namespace headgate::routing {
namespace {

// How much of the texts is read for structure, 10 KiB in all, so that a prompt of any size costs
// the same few microseconds.
constexpr std::size_t kLastUserBytes = kShapeBytes;
constexpr std::size_t kOtherBytes = 2048;
constexpr std::size_t kOtherPieceBytes = 1024;
constexpr int kOtherPieces = 16;
// Older messages may be about finished work.
constexpr float kOtherDiscount = 0.75f;

bool IsUsers(const TextPiece& piece) {
  return piece.role == Role::kUser || piece.role == Role::kPrompt;
}

TopicVerdict Verdict(Structure structure) {
  switch (structure) {
    case Structure::kDiff:
      return {Topic::kCode, 0.95f, Reason::kDiff};
    case Structure::kStackTrace:
      return {Topic::kCode, 0.95f, Reason::kStackTrace};
    case Structure::kFence:
      return {Topic::kCode, 0.9f, Reason::kFence};
    case Structure::kCodeDensity:
      return {Topic::kCode, 0.85f, Reason::kCodeDensity};
    case Structure::kMathNotation:
      return {Topic::kMath, 0.85f, Reason::kMathNotation};
    case Structure::kNone:
      break;
  }
  return {Topic::kGeneral, 0.25f, Reason::kDefault};
}

// Data that a tool returns is as dense as code, but is not code.
bool Counts(Structure structure, Role role) {
  if (structure == Structure::kNone) return false;
  return role != Role::kTool || structure == Structure::kDiff ||
         structure == Structure::kStackTrace;
}

using Texts = std::vector<TextPiece>;
using Backwards = Texts::const_reverse_iterator;

// The structure that these messages show, and its confidence.
TopicVerdict StructureOf(Backwards piece, const Backwards& end) {
  std::size_t budget = kOtherBytes;
  int pieces = 0;
  for (; piece != end && budget > 0; ++piece) {
    if (piece->role == Role::kSystem) continue;
    if (++pieces > kOtherPieces) break;
    TextShape other;
    budget -= AddShape(piece->text, std::min(budget, kOtherPieceBytes), other);
    const Structure found = Judge(other);
    if (!Counts(found, piece->role)) continue;
    TopicVerdict verdict = Verdict(found);
    verdict.confidence *= kOtherDiscount;
    return verdict;
  }
  return Verdict(Structure::kNone);
}

// All messages except the last user message; those after it come first.
TopicVerdict StructureOfOthers(const Texts& texts, const Backwards& last, const Backwards& first) {
  const TopicVerdict newer = StructureOf(texts.rbegin(), last);
  return newer.reason != Reason::kDefault ? newer : StructureOf(first, texts.rend());
}

// The trained models for the texts of one request: the configured model, and the shipped model for
// built-in topics that the configured model does not have, so that adding topics loses none.
class ModelReader {
 public:
  explicit ModelReader(const ClassifierOptions& options)
      : model_(options.model != nullptr ? *options.model : TopicModel::Shipped()),
        shipped_(NeedsShipped(model_) ? &TopicModel::Shipped() : nullptr),
        threshold_(options.threshold.value_or(model_.threshold())),
        shipped_threshold_(
            std::max(options.threshold.value_or(0), TopicModel::Shipped().threshold())) {}

  void Add(std::string_view text, const TextShape& shape, float weight) {
    const float sure = std::max({kSureTopic, threshold_, shipped_threshold_});
    const TwoScores scores = ScoreText(model_, shipped_, text, shape, sure, features_);
    words_ += features_.words;
    for (std::size_t t = 0; t < kMostTopics; ++t) {
      sum_.values[t] += weight * scores.first.values[t];
      shipped_sum_.values[t] += weight * scores.second.values[t];
    }
  }

  // The verdict of the models; kAbstained if they are not sure enough. If the shipped model is sure
  // of a topic that the configured model does not have, that topic wins: the configured model can
  // only choose among its own topics. But if the configured model is sure of a kind of that topic,
  // its more specific verdict wins.
  TopicVerdict Verdict() const {
    const TopicScores p = model_.Probabilities(sum_);
    const std::size_t likeliest = Likeliest(p, model_.topics().size());
    const bool sure = p.values[likeliest] >= threshold_;
    if (shipped_ != nullptr) {
      const TopicScores q = shipped_->Probabilities(shipped_sum_);
      const std::size_t shipped_likeliest = Likeliest(q, shipped_->topics().size());
      const Topic topic = shipped_->TopicOf(shipped_likeliest);
      const bool unknown = topic != Topic::kGeneral && !model_.Knows(topic);
      const bool more_specific = p.values[likeliest] >= std::max(kSureTopic, threshold_) &&
                                 model_.KindOf(likeliest) == topic;
      if (unknown && !more_specific && q.values[shipped_likeliest] >= shipped_threshold_) {
        return {topic, q.values[shipped_likeliest], Reason::kModel};
      }
    }
    if (!sure) return {Topic::kGeneral, p.values[likeliest], Reason::kAbstained};
    return {model_.TopicOf(likeliest), p.values[likeliest], Reason::kModel};
  }
  int words() const { return words_; }

 private:
  static bool NeedsShipped(const TopicModel& model) {
    return !model.Knows(Topic::kCode) || !model.Knows(Topic::kMath);
  }

  const TopicModel& model_;
  const TopicModel* const shipped_;  // null: not needed
  const float threshold_;
  const float shipped_threshold_;
  TopicFeatures features_;
  TopicScores sum_;
  TopicScores shipped_sum_;
  int words_ = 0;
};

// What the user's earlier messages, the newest first, and then the system prompt add to an unclear
// last message. `weight` is that of an earlier message; the system prompt has half of it.
void AddOthers(const Texts& texts, const Backwards& first, float weight, ModelReader& model) {
  constexpr int kEarlier = 3;
  int earlier = 0;
  for (auto piece = first; piece != texts.rend(); ++piece) {
    const bool system = piece->role == Role::kSystem;
    if (!system && (!IsUsers(*piece) || ++earlier > kEarlier)) continue;
    TextShape shape;
    const std::string_view text = piece->text.substr(0, kOtherPieceBytes);
    AddShape(text, kOtherPieceBytes, shape);
    model.Add(text, shape, system ? weight / 2 : weight);
  }
}

// A follow-up gets the topic of its conversation, else that of the earlier messages of the user.
TopicVerdict Inherited(const Signals& signals, const Backwards& last, const Backwards& first,
                       const ClassifierOptions& options) {
  constexpr float kInherited = 0.8f;
  if (signals.conversation_topic)
    return {*signals.conversation_topic, kInherited, Reason::kSession};
  const TopicVerdict structure = StructureOfOthers(signals.texts, last, first);
  if (structure.reason != Reason::kDefault) return structure;
  HEADGATE_UNINITIALIZED ModelReader model(options);
  AddOthers(signals.texts, first, 1, model);
  TopicVerdict verdict = model.Verdict();
  if (verdict.reason == Reason::kModel) verdict.reason = Reason::kSession;
  return verdict;
}

TopicVerdict TopicOfTexts(const Signals& signals, const ClassifierOptions& options) {
  const Texts& texts = signals.texts;
  // The last user message. It may have several adjacent pieces.
  const auto last = std::find_if(texts.rbegin(), texts.rend(), IsUsers);
  const auto first = std::find_if_not(last, texts.rend(), IsUsers);
  TextShape shape;
  std::size_t budget = kLastUserBytes;
  for (auto piece = last; piece != first && budget > 0; ++piece) {
    budget -= AddShape(piece->text, budget, shape);
  }
  const Structure structure = Judge(shape);
  // `$` and `^` are as common in shell scripts as in LaTeX, so the words decide too.
  if (structure != Structure::kNone && structure != Structure::kMathNotation) {
    return Verdict(structure);
  }

  HEADGATE_UNINITIALIZED ModelReader model(
      options);  // 24 KiB that are written before they are read
  std::size_t bytes = 0;
  for (auto piece = last; piece != first && bytes < kFeatureBytes; ++piece) {
    model.Add(piece->text, shape, 1);
    bytes += piece->text.size();
  }
  const TopicVerdict said = model.Verdict();
  if (structure == Structure::kMathNotation) {
    const bool code = said.reason == Reason::kModel && said.topic == Topic::kCode;
    return code ? said : Verdict(structure);
  }
  if (model.words() == 0) return StructureOfOthers(texts, last, first);
  if (signals.has_assistant_turn && IsBareFollowUp(model.words(), said.confidence)) {
    return Inherited(signals, last, first, options);
  }
  const TopicVerdict newer = StructureOf(texts.rbegin(), last);
  if (newer.reason != Reason::kDefault) return newer;
  const bool sure = said.reason == Reason::kModel && said.confidence >= kSureTopic;
  if (sure) return said;
  const TopicVerdict older = StructureOf(first, texts.rend());
  if (older.reason != Reason::kDefault) return older;
  if (said.reason == Reason::kModel) return said;
  constexpr float kBesideTheLast = 0.5f;
  AddOthers(texts, first, kBesideTheLast, model);
  return model.Verdict();
}

}  // namespace

TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle, const ClassifierOptions& options) {
  if (explicit_class == Class::kCode) return {Topic::kCode, 1, Reason::kExplicit};
  if (explicit_class == Class::kGeneral) return {Topic::kGeneral, 1, Reason::kExplicit};
  if (signals.endpoint == Endpoint::kEmbeddings) {
    return {Topic::kGeneral, 0.25f, Reason::kEndpoint};
  }
  if (fill_in_the_middle) return {Topic::kCode, 0.9f, Reason::kFillInTheMiddle};
  if (AreCodingTools(signals.tool_names)) {
    return signals.tool_loop ? TopicVerdict{Topic::kCode, 0.95f, Reason::kToolLoop}
                             : TopicVerdict{Topic::kCode, 0.9f, Reason::kCodingTools};
  }
  if (signals.coding_agent) return {Topic::kCode, 0.85f, Reason::kCodingAgent};
  return TopicOfTexts(signals, options);
}

}  // namespace headgate::routing

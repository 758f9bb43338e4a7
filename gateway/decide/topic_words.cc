#include "gateway/decide/topic_words.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "absl/strings/str_format.h"
#include "config/base/text.h"
#include "routing/classify/topic_model.h"
#include "routing/text/topic_features.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using config::Concat;
using routing::Beside;
using routing::TopicOpinion;
using routing::TopicOpinions;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

double Thousandth(float value) { return std::round(static_cast<double>(value) * 1000) / 1000; }

std::string Short(float value) { return absl::StrFormat("%.2f", static_cast<double>(value)); }

bool IsShipped(const TopicOpinion& opinion) {
  return opinion.model == &routing::TopicModel::Shipped();
}

std::string_view NameOf(const TopicOpinion& opinion) {
  return IsShipped(opinion) ? "model in the program" : "classifier.model";
}

const std::string& LikeliestOf(const TopicOpinion& opinion) {
  return opinion.model->topics()[opinion.likeliest()];
}

float ConfidenceOf(const TopicOpinion& opinion) {
  return opinion.probabilities.values[opinion.likeliest()];
}

std::string_view ScriptOf(const TopicOpinions& opinions) {
  return routing::kScriptNames[static_cast<std::size_t>(opinions.script)];
}

float ProbabilityOf(const TopicOpinion& opinion, const std::string& topic) {
  const std::vector<std::string>& topics = opinion.model->topics();
  const auto found = std::find(topics.begin(), topics.end(), topic);
  return found == topics.end()
             ? 0
             : opinion.probabilities.values[static_cast<std::size_t>(found - topics.begin())];
}

// Why the model that did not decide did not.
std::string WhyNotDecided(const TopicOpinions& o) {
  const std::string ours =
      Concat(LikeliestOf(o.configured), " ", Short(ConfidenceOf(o.configured)));
  const std::string& theirs = LikeliestOf(o.shipped);
  switch (o.beside) {
    case Beside::kDecided:
      if (theirs == LikeliestOf(o.configured)) return "both name the topic, and the other is surer";
      return Concat("the model in the program is surer of ", theirs, " than this model of ", ours);
    case Beside::kGeneral:
      return "it names neither code nor math";
    case Beside::kTaught:
      return Concat("classifier.model was taught ", theirs);
    case Beside::kBelowBar:
      return Concat("it is not sure enough of ", theirs);
    case Beside::kLessSure:
      return Concat("classifier.model is surer: ", ours);
    case Beside::kRuledOut:
      return Concat("classifier.model rules ", theirs,
                    " out: ", Short(ProbabilityOf(o.configured, theirs)),
                    " is less than an even share, ",
                    Short(1 / static_cast<float>(o.configured.model->topics().size())));
    case Beside::kSpecific:
      return Concat("classifier.model is sure of a kind of ", theirs, ": ", ours);
    case Beside::kNotAsked:
      break;
  }
  return {};
}

void AddOpinion(const TopicOpinion& opinion, json::object& out) {
  out["likeliest"] = LikeliestOf(opinion);
  json::object probabilities;
  const std::vector<std::string>& topics = opinion.model->topics();
  for (std::size_t i = 0; i < topics.size(); ++i) {
    probabilities[topics[i]] = Thousandth(opinion.probabilities.values[i]);
  }
  out["probabilities"] = std::move(probabilities);
  out["threshold"] = Thousandth(opinion.bar);
}

}  // namespace

std::string TopicBecause(const routing::Classification& classification,
                         const TopicOpinions* opinions) {
  const std::string confidence = absl::StrFormat("%g", Thousandth(classification.topic_confidence));
  if (opinions == nullptr) {
    return Concat(routing::ToString(classification.topic_reason), ", confidence ", confidence);
  }
  const TopicOpinion& decider = opinions->decider();
  if (!opinions->abstained) return Concat(NameOf(decider), ", confidence ", confidence);
  return Concat("abstained: ", LikeliestOf(decider), " ", confidence, " is below ",
                Short(decider.bar), ", ", ScriptOf(*opinions));
}

void AddTopicModels(const TopicOpinions& opinions, json::object& classification) {
  const TopicOpinion& decider = opinions.decider();
  classification["decided_by"] = View(NameOf(decider));
  classification["script"] = View(ScriptOf(opinions));
  AddOpinion(decider, classification);
  if (opinions.beside == Beside::kNotAsked) return;
  const TopicOpinion& other =
      opinions.beside == Beside::kDecided ? opinions.configured : opinions.shipped;
  json::object& out = classification["other_model"].emplace_object();
  out["model"] = View(NameOf(other));
  AddOpinion(other, out);
  out["because"] = WhyNotDecided(opinions);
}

json::array FeaturesJson(const routing::TopicModel& model,
                         const std::vector<routing::TopicEvidence>& evidence) {
  json::array features;
  for (const routing::TopicEvidence& one : evidence) {
    json::object feature;
    feature["feature"] = one.what;
    json::object& adds = feature["adds"].emplace_object();
    for (std::size_t i = 0; i < model.topics().size(); ++i) {
      adds[model.topics()[i]] = Thousandth(one.added.values[i]);
    }
    features.push_back(std::move(feature));
  }
  return features;
}

}  // namespace headgate::gateway

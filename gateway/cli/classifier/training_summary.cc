#include "gateway/cli/classifier/training_summary.h"

#include <cstddef>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "routing/classify/classifier.h"
#include "routing/classify/topic_model.h"
#include "routing/text/topic_features.h"

namespace headgate::gateway {
namespace {

using routing::Topic;
using routing::TopicModel;

// "below 0.60 in Latin; below 0.54 in Cyrillic": scripts with the same threshold stand together.
std::string Bars(const TopicModel& model) {
  std::map<std::string, std::vector<std::string>> scripts;  // by threshold
  for (std::size_t i = 0; i < routing::kScripts; ++i) {
    const float threshold = model.threshold(static_cast<routing::Script>(i));
    const std::string bar = threshold > 1
                                ? "of any confidence"
                                : absl::StrFormat("below %.2f", static_cast<double>(threshold));
    scripts[bar].emplace_back(routing::kScriptNames[i]);
  }
  if (scripts.size() == 1) return scripts.begin()->first;
  std::vector<std::string> out;
  out.reserve(scripts.size());
  for (const auto& [bar, names] : scripts) {
    out.push_back(absl::StrCat(bar, " in ", absl::StrJoin(names, ", ")));
  }
  return absl::StrJoin(out, "; ");
}

// What follows for a topic that the model in the program takes for `built_in`.
std::string Consequence(const TopicModel& model, Topic built_in, const std::string& topic) {
  const std::string name(routing::ToString(built_in));
  if (model.WasTaught(built_in)) return {};  // the model in the program is not asked
  if (model.Knows(built_in)) {
    return absl::StrCat("It decides where it is surer than yours and yours does not rule ", name,
                        " out; add texts of `", name, "` to your data to draw the line there.");
  }
  return absl::StrCat("`", topic, "` is kept only where yours is 90 % sure; add texts of `", name,
                      "` to your data to draw the line there.");
}

std::string Notes(const routing::TrainedTopics& trained) {
  constexpr int kWorthSaying = 5;  // one text of so many
  std::string out;
  for (const routing::TakenForBuiltIn& one : trained.taken) {
    const bool code = one.code >= one.math;
    const int taken = code ? one.code : one.math;
    const std::string consequence =
        Consequence(trained.model, code ? Topic::kCode : Topic::kMath, one.topic);
    if (taken * kWorthSaying < one.texts || consequence.empty()) continue;
    absl::StrAppend(&out, "Note: ", one.topic, ": the model in the program takes ", taken,
                    " of its ", one.texts, " texts for ", code ? "code" : "math", ". ", consequence,
                    "\n");
  }
  return out;
}

}  // namespace

std::string TrainingSummary(const routing::TrainedTopics& trained,
                            const std::vector<routing::Example>& examples,
                            const std::string& path) {
  std::map<std::string, std::size_t> counts;
  for (const routing::Example& example : examples) ++counts[example.topic];
  std::vector<std::string> own;
  std::vector<std::string> added;
  for (const std::string& topic : trained.model.topics()) {
    const auto found = counts.find(topic);
    if (found == counts.end()) {
      added.push_back(topic);
    } else {
      own.push_back(absl::StrCat(topic, " (", found->second, ")"));
    }
  }
  std::string out = absl::StrCat("\n", path, " is written.\n",
                                 "Topics of your texts: ", absl::StrJoin(own, ", "), "\n");
  if (!added.empty()) {
    absl::StrAppend(&out, "Added from the model in the program: ", absl::StrJoin(added, ", "),
                    " (--start none leaves them out)\n");
  }
  absl::StrAppend(&out, "The model abstains, and the topic is general, if its likeliest topic is ",
                  Bars(trained.model), "\n", Notes(trained));
  absl::StrAppend(&out, "Next: `headgate evaluate --model ", path,
                  " --data FILE` with texts that it was not taught, then `classifier: {model: ",
                  path, "}` and `headgate check`\n");
  return out;
}

}  // namespace headgate::gateway

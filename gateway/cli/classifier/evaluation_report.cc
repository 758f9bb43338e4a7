#include "gateway/cli/classifier/evaluation_report.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "backends/protocols/json/clean_text.h"
#include "gateway/cli/classifier/training_report.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Evaluation;
using routing::Example;

json::value OrNull(std::optional<double> share) {
  return share ? json::value(*share) : json::value(nullptr);
}

json::object Tallies(const std::map<std::string, Evaluation::Tally>& tallies) {
  json::object out;
  for (const auto& [name, tally] : tallies) {
    out[name] = json::object{
        {"texts", tally.texts}, {"right", tally.right}, {"abstained", tally.abstained}};
  }
  return out;
}

// One line of a text, cut.
std::string Shown(std::string_view text) {
  constexpr std::size_t kMost = 100;  // bytes
  std::string out = backends::json::CleanText(text, kMost);
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\t', ' ');
  if (text.size() > kMost) out += "…";
  return out;
}

std::string AnswerText(const Evaluation::Answer& answer) {
  return absl::StrFormat("%s %.2f%s", answer.topic, static_cast<double>(answer.confidence),
                         answer.abstained ? " (abstained)" : "");
}

json::object AnswerJson(const Evaluation::Answer& answer) {
  return {
      {"answer", answer.topic}, {"confidence", answer.confidence}, {"abstained", answer.abstained}};
}

// The places of the wrong answers, the surest first.
std::vector<std::size_t> WrongOnes(const Evaluation& evaluation) {
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < evaluation.answers.size(); ++i) {
    if (!evaluation.answers[i].right) wrong.push_back(i);
  }
  std::stable_sort(wrong.begin(), wrong.end(), [&](std::size_t a, std::size_t b) {
    return evaluation.answers[a].confidence > evaluation.answers[b].confidence;
  });
  return wrong;
}

std::vector<std::size_t> ChangedOnes(const Evaluation& before, const Evaluation& after) {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < after.answers.size(); ++i) {
    if (before.answers[i].Said() != after.answers[i].Said()) changed.push_back(i);
  }
  return changed;
}

json::object TopicsJson(const Evaluation& evaluation) {
  json::object topics;
  for (const std::string& topic : evaluation.topics) {
    const auto found = evaluation.labels.find(topic);
    const Evaluation::Tally tally =
        found == evaluation.labels.end() ? Evaluation::Tally{} : found->second;
    topics[topic] = json::object{{"texts", tally.texts},
                                 {"recall", OrNull(evaluation.Recall(topic))},
                                 {"precision", OrNull(evaluation.Precision(topic))},
                                 {"abstained", tally.abstained}};
  }
  return topics;
}

json::array ReliabilityJson(const Evaluation& evaluation) {
  const auto width = 1 / static_cast<double>(evaluation.reliability.size());
  json::array reliability;
  for (std::size_t i = 0; i < evaluation.reliability.size(); ++i) {
    const Evaluation::Tally& bin = evaluation.reliability[i];
    if (bin.texts == 0) continue;
    reliability.push_back(json::object{{"from", static_cast<double>(i) * width},
                                       {"to", static_cast<double>(i + 1) * width},
                                       {"mean_confidence", bin.confidence / bin.texts},
                                       {"texts", bin.texts},
                                       {"right", bin.right}});
  }
  return reliability;
}

}  // namespace

json::object EvaluationJson(const Evaluation& evaluation) {
  json::object confusion;
  for (const auto& [label, row] : evaluation.confusion) {
    json::object& said = confusion[label].emplace_object();
    for (const auto& [topic, count] : row) said[topic] = count;
  }
  json::object unknown_topics;
  for (const auto& [topic, count] : UnknownTopics(evaluation)) unknown_topics[topic] = count;
  json::array accuracy_at;
  for (const double share : Evaluation::kCoverages) {
    accuracy_at.push_back(
        json::object{{"surest", share}, {"accuracy", evaluation.AccuracyAt(share)}});
  }
  const bool named = evaluation.covered > 0;
  return {{"texts", evaluation.texts},
          {"accuracy", evaluation.Accuracy()},
          {"code_accuracy", evaluation.CodeAccuracy()},
          {"named", evaluation.Coverage()},
          {"named_accuracy",
           OrNull(named ? std::optional(evaluation.CoveredAccuracy()) : std::nullopt)},
          {"topics", TopicsJson(evaluation)},
          {"confusion", confusion},
          {"unknown_topics", unknown_topics},
          {"sources", Tallies(evaluation.sources)},
          {"languages", Tallies(evaluation.languages)},
          {"accuracy_at", accuracy_at},
          {"reliability", ReliabilityJson(evaluation)}};
}

std::string WrongTexts(const Evaluation& evaluation, const std::vector<Example>& examples) {
  const std::vector<std::size_t> wrong = WrongOnes(evaluation);
  std::string out =
      absl::StrCat("\n", wrong.size(), wrong.size() == 1 ? " wrong answer" : " wrong answers",
                   wrong.empty() ? "\n" : ", the surest first\n\n");
  if (wrong.empty()) return out;
  absl::StrAppend(&out, "| label | answer | text |\n|---|---|---|\n");
  for (const std::size_t i : wrong) {
    absl::StrAppend(&out, "| ", examples[i].topic, " | ", AnswerText(evaluation.answers[i]), " | ",
                    Shown(examples[i].text), " |\n");
  }
  return out;
}

json::array WrongTextsJson(const Evaluation& evaluation, const std::vector<Example>& examples) {
  json::array out;
  for (const std::size_t i : WrongOnes(evaluation)) {
    json::object one{{"label", examples[i].topic}, {"text", examples[i].text}};
    for (const auto& member : AnswerJson(evaluation.answers[i])) one.insert(member);
    out.push_back(std::move(one));
  }
  return out;
}

std::string ChangedTexts(const Evaluation& before, const Evaluation& after,
                         const std::vector<Example>& examples) {
  const std::vector<std::size_t> changed = ChangedOnes(before, after);
  const auto right = [&](const Evaluation& one, std::size_t i) {
    return one.answers[i].Said() == examples[i].topic;
  };
  std::ptrdiff_t better = 0;
  std::ptrdiff_t worse = 0;
  std::string rows;
  for (const std::size_t i : changed) {
    better += right(after, i) ? 1 : 0;
    worse += right(before, i) ? 1 : 0;
    absl::StrAppend(&rows, "| ", examples[i].topic, " | ", AnswerText(before.answers[i]), " | ",
                    AnswerText(after.answers[i]), " | ", Shown(examples[i].text), " |\n");
  }
  std::string out =
      absl::StrCat("\n", changed.size(), changed.size() == 1 ? " text changes" : " texts change",
                   " the topic: ", better, " to a right one, ", worse,
                   " from a right one. An abstention counts as general.\n");
  if (changed.empty()) return out;
  return absl::StrCat(out, "\n| label | before | now | text |\n|---|---|---|---|\n", rows);
}

json::array ChangedTextsJson(const Evaluation& before, const Evaluation& after,
                             const std::vector<Example>& examples) {
  json::array out;
  for (const std::size_t i : ChangedOnes(before, after)) {
    out.push_back(json::object{{"label", examples[i].topic},
                               {"text", examples[i].text},
                               {"before", std::string(before.answers[i].Said())},
                               {"now", std::string(after.answers[i].Said())}});
  }
  return out;
}

}  // namespace headgate::gateway

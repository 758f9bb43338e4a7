#include "routing/training/evaluation.h"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <optional>
#include <sstream>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {
namespace {

double Ratio(int part, int whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void Add(const Evaluation::Answer& answer, Evaluation::Tally& tally) {
  ++tally.texts;
  tally.right += answer.right ? 1 : 0;
  tally.abstained += answer.abstained ? 1 : 0;
  tally.confidence += static_cast<double>(answer.confidence);
}

std::string NameOf(const TopicModel& model, Topic topic) {
  if (topic <= Topic::kMath) return std::string(ToString(topic));
  for (std::size_t i = 0; i < model.topics().size(); ++i) {
    if (model.TopicOf(i) == topic) return model.topics()[i];
  }
  return {};
}

double Percent(double ratio) { return ratio * 100; }

// " | 12.5 %": a share of texts, or "-" where there are none.
void PutShare(int part, int whole, std::ostream& out) {
  if (whole == 0) {
    out << " | -";
  } else {
    out << " | " << Percent(Ratio(part, whole)) << " %";
  }
}

void PutTallies(std::string_view what, const std::map<std::string, Evaluation::Tally>& tallies,
                std::ostream& out) {
  out << "\n| " << what << " | texts | right | abstained |\n|---|---|---|---|\n";
  for (const auto& [name, tally] : tallies) {
    out << "| " << (name.empty() ? "-" : name) << " | " << tally.texts;
    PutShare(tally.right, tally.texts, out);
    PutShare(tally.abstained, tally.texts, out);
    out << " |\n";
  }
}

void PutTopics(const Evaluation& e, std::ostream& out) {
  out << "\nOf the texts of a topic, recall is the share with that answer; of the texts with that "
         "answer, precision\nis the share of that topic.\n\n"
      << "| topic | texts | recall | precision | abstained |\n|---|---|---|---|---|\n";
  for (const std::string& topic : e.topics) {
    const auto found = e.labels.find(topic);
    const Evaluation::Tally tally = found == e.labels.end() ? Evaluation::Tally{} : found->second;
    out << "| " << topic << " | " << tally.texts;
    PutShare(tally.right, tally.texts, out);
    const std::optional<double> precision = e.Precision(topic);
    if (precision) {
      out << " | " << Percent(*precision) << " %";
    } else {
      out << " | -";
    }
    PutShare(tally.abstained, tally.texts, out);
    out << " |\n";
  }
}

void PutReliability(const Evaluation& e, std::ostream& out) {
  const int left_out = e.texts - e.covered;
  out << "\nConfidence and right answers should be alike.";
  if (left_out > 0) {
    out << " Left out: " << left_out << (left_out == 1 ? " text" : " texts")
        << " from which the model abstains.";
  }
  out << "\n\n| confidence | texts | mean confidence | right |\n|---|---|---|---|\n";
  for (std::size_t bin = 0; bin < e.reliability.size(); ++bin) {
    const Evaluation::Tally& tally = e.reliability[bin];
    if (tally.texts == 0) continue;
    out << "| " << bin * 10 << "-" << (bin + 1) * 10 << " % | " << tally.texts << " | "
        << Percent(tally.confidence / tally.texts) << " %";
    PutShare(tally.right, tally.texts, out);
    out << " |\n";
  }
}

}  // namespace

double Evaluation::Accuracy() const { return Ratio(right, texts); }
double Evaluation::CodeAccuracy() const { return Ratio(code_right, texts); }
double Evaluation::Coverage() const { return Ratio(covered, texts); }
double Evaluation::CoveredAccuracy() const { return Ratio(covered_right, covered); }

std::optional<double> Evaluation::Recall(const std::string& topic) const {
  const auto found = labels.find(topic);
  if (found == labels.end()) return std::nullopt;
  return Ratio(found->second.right, found->second.texts);
}

std::optional<double> Evaluation::Precision(const std::string& topic) const {
  int said = 0;
  int of_topic = 0;
  for (const auto& [label, row] : confusion) {
    const auto found = row.find(topic);
    if (found == row.end()) continue;
    said += found->second;
    if (label == topic) of_topic = found->second;
  }
  if (said == 0) return std::nullopt;
  return Ratio(of_topic, said);
}

double Evaluation::AccuracyAt(double coverage) const {
  std::vector<Answer> sorted = answers;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Answer& a, const Answer& b) { return a.confidence > b.confidence; });
  sorted.resize(static_cast<std::size_t>(coverage * static_cast<double>(sorted.size())));
  const auto right_ones = std::count_if(sorted.begin(), sorted.end(),
                                        [](const Answer& answer) { return answer.right; });
  return Ratio(static_cast<int>(right_ones), static_cast<int>(sorted.size()));
}

Evaluation Evaluate(const TopicModel& model, const std::vector<Example>& examples) {
  Evaluation out;
  out.topics = model.topics();
  // The shipped model covers the built-in topics that this model does not have.
  for (const Topic topic : {Topic::kCode, Topic::kMath}) {
    const std::string_view name = ToString(topic);
    const bool occurs = std::any_of(examples.begin(), examples.end(),
                                    [name](const Example& one) { return one.topic == name; });
    if (occurs && !model.Knows(topic)) out.topics.emplace_back(name);
  }
  const ClassifierOptions options{.model = &model, .threshold = std::nullopt, .urgency = {}};
  const ClassifierOptions guess{.model = &model, .threshold = 0, .urgency = {}};
  Signals signals;
  for (const Example& example : examples) {
    signals.Clear();
    signals.texts.push_back({Role::kUser, example.text});
    const Classification c = Classify(signals, HintTrust{}, options);
    const std::string topic = NameOf(model, Classify(signals, HintTrust{}, guess).topic);
    const Evaluation::Answer answer{.topic = topic,
                                    .confidence = c.topic_confidence,
                                    .right = topic == example.topic,
                                    .abstained = c.topic_reason == Reason::kAbstained};
    out.answers.push_back(answer);
    ++out.texts;
    out.right += answer.right ? 1 : 0;
    out.code_right += (topic == "code") == (example.topic == "code") ? 1 : 0;
    ++out.confusion[example.topic][topic];
    Add(answer, out.sources[example.source]);
    Add(answer, out.labels[example.topic]);
    if (!example.language.empty()) Add(answer, out.languages[example.language]);
    if (answer.abstained) continue;
    ++out.covered;
    out.covered_right += answer.right ? 1 : 0;
    const auto bin = static_cast<std::size_t>(c.topic_confidence * 10);
    Add(answer, out.reliability[std::min<std::size_t>(bin, 9)]);
  }
  return out;
}

std::string Table(const Evaluation& e) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << e.texts << (e.texts == 1 ? " text" : " texts")
      << "\naccuracy " << Percent(e.Accuracy()) << " %, code against the rest "
      << Percent(e.CodeAccuracy()) << " %\nnames a topic for " << Percent(e.Coverage())
      << " % of the texts, of which " << Percent(e.CoveredAccuracy()) << " % are right\n"
      << (e.covered < e.texts ? "abstains from the others, which are then general; in these tables "
                                "their likeliest topic counts as the answer\n\n"
                              : "\n")
      << "| label | answer | texts |\n|---|---|---|\n";
  for (const auto& [label, row] : e.confusion) {
    for (const auto& [said, count] : row) {
      out << "| " << label << " | " << said << " | " << count << " |\n";
    }
  }
  PutTopics(e, out);
  PutTallies("source", e.sources, out);
  if (!e.languages.empty()) PutTallies("language", e.languages, out);
  out << "\n| the surest texts | right |\n|---|---|\n";
  for (const double coverage : Evaluation::kCoverages) {
    out << "| " << Percent(coverage) << " % | " << Percent(e.AccuracyAt(coverage)) << " % |\n";
  }
  PutReliability(e, out);
  return out.str();
}

}  // namespace headgate::routing

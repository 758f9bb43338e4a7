#include "routing/training/evaluation.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {
namespace {

double Ratio(int part, int whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void Add(bool right, float confidence, Evaluation::Tally& tally) {
  ++tally.texts;
  tally.right += right ? 1 : 0;
  tally.confidence += static_cast<double>(confidence);
}

std::string NameOf(const TopicModel& model, Topic topic) {
  if (topic <= Topic::kMath) return std::string(ToString(topic));
  for (std::size_t i = 0; i < model.topics().size(); ++i) {
    if (model.TopicOf(i) == topic) return model.topics()[i];
  }
  return {};
}

void PutTallies(std::string_view what, const std::map<std::string, Evaluation::Tally>& tallies,
                std::ostream& out) {
  out << "\n| " << what << " | texts | right |\n|---|---|---|\n";
  for (const auto& [name, tally] : tallies) {
    out << "| " << (name.empty() ? "-" : name) << " | " << tally.texts << " | "
        << Ratio(tally.right, tally.texts) * 100 << " % |\n";
  }
}

}  // namespace

double Evaluation::Accuracy() const { return Ratio(right, texts); }
double Evaluation::CodeAccuracy() const { return Ratio(code_right, texts); }
double Evaluation::Coverage() const { return Ratio(covered, texts); }
double Evaluation::CoveredAccuracy() const { return Ratio(covered_right, covered); }

double Evaluation::Recall(std::size_t topic) const {
  const auto row = confusion.find(topics[topic]);
  if (row == confusion.end()) return 0;
  int all = 0;
  for (const auto& [said, count] : row->second) all += count;
  const auto found = row->second.find(topics[topic]);
  return found == row->second.end() ? 0 : Ratio(found->second, all);
}

double Evaluation::AccuracyAt(double coverage) const {
  std::vector<std::pair<float, bool>> sorted = answers;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  sorted.resize(static_cast<std::size_t>(coverage * static_cast<double>(sorted.size())));
  const auto right_ones =
      std::count_if(sorted.begin(), sorted.end(), [](const auto& answer) { return answer.second; });
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
    const bool right = topic == example.topic;
    out.answers.emplace_back(c.topic_confidence, right);
    ++out.texts;
    out.right += right ? 1 : 0;
    out.code_right += (topic == "code") == (example.topic == "code") ? 1 : 0;
    ++out.confusion[example.topic][topic];
    Add(right, c.topic_confidence, out.sources[example.source]);
    if (!example.language.empty()) {
      Add(right, c.topic_confidence, out.languages[example.language]);
    }
    if (c.topic_reason == Reason::kAbstained) continue;
    ++out.covered;
    out.covered_right += right ? 1 : 0;
    const auto bin = static_cast<std::size_t>(c.topic_confidence * 10);
    Add(right, c.topic_confidence, out.reliability[std::min<std::size_t>(bin, 9)]);
  }
  return out;
}

std::string Table(const Evaluation& e) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  const auto percent = [](double ratio) { return ratio * 100; };
  out << e.texts << " texts\naccuracy " << percent(e.Accuracy()) << " %, code against the rest "
      << percent(e.CodeAccuracy()) << " %\nnames a topic for " << percent(e.Coverage())
      << " % of the texts, of which " << percent(e.CoveredAccuracy()) << " % are right\n\n"
      << "| label | said | texts |\n|---|---|---|\n";
  for (const auto& [label, row] : e.confusion) {
    for (const auto& [said, count] : row) {
      out << "| " << label << " | " << said << " | " << count << " |\n";
    }
  }
  out << "\n| surest | right |\n|---|---|\n";
  for (const double coverage : Evaluation::kCoverages) {
    out << "| " << percent(coverage) << " % | " << percent(e.AccuracyAt(coverage)) << " % |\n";
  }
  out << "\n| topic | recall |\n|---|---|\n";
  for (std::size_t t = 0; t < e.topics.size(); ++t) {
    out << "| " << e.topics[t] << " | ";
    if (e.confusion.contains(e.topics[t])) {
      out << percent(e.Recall(t)) << " % |\n";
    } else {
      out << "no texts |\n";
    }
  }
  PutTallies("source", e.sources, out);
  if (!e.languages.empty()) PutTallies("language", e.languages, out);
  out << "\n| confidence | texts | mean confidence | right |\n|---|---|---|---|\n";
  for (std::size_t bin = 0; bin < e.reliability.size(); ++bin) {
    const Evaluation::Tally& tally = e.reliability[bin];
    if (tally.texts == 0) continue;
    out << "| " << bin * 10 << "-" << (bin + 1) * 10 << " % | " << tally.texts << " | "
        << percent(tally.confidence / tally.texts) << " % | "
        << percent(Ratio(tally.right, tally.texts)) << " % |\n";
  }
  return out.str();
}

}  // namespace headgate::routing

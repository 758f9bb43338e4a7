#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/labelled_texts.h"
#include "gateway/http/decimal_json.h"
#include "routing/training/composer.h"
#include "routing/training/evaluation.h"
#include "routing/training/templates.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Example;

struct TrainOptions {
  std::string data;  // JSONL, or "-"
  std::string out;
  std::string forms;  // sentence forms to compose more texts from; empty: none
  std::string test;   // JSONL to measure the model on; empty: none
  std::uint64_t seed = 1;
};

struct EvaluateOptions {
  std::string data;   // JSONL, or "-"
  std::string model;  // empty: the shipped one
  bool json = false;
};

int Fail(absl::string_view message) {
  std::cerr << "headgate: " << message << "\n";
  return 1;
}

std::optional<routing::TopicModel> ReadModel(const std::string& path) {
  if (path.empty()) return routing::TopicModel::Shipped();
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<routing::TopicModel> model = routing::TopicModel::Parse(bytes);
  if (!model.ok()) {
    std::cerr << "headgate: " << path << ": " << model.status().message() << "\n";
    return std::nullopt;
  }
  return *std::move(model);
}

absl::Status AddComposed(const TrainOptions& options, std::vector<Example>& examples) {
  std::ifstream file(options.forms, std::ios::binary);
  if (!file) return absl::InvalidArgumentError(options.forms + ": cannot be opened");
  const std::string forms{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<std::vector<Example>> composed = routing::ComposePrompts(forms, options.seed);
  if (!composed.ok() || composed->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.forms, ": ", composed.ok() ? "composes nothing" : composed.status().message()));
  }
  std::move(composed->begin(), composed->end(), std::back_inserter(examples));
  return absl::OkStatus();
}

// A topic of a handful of texts is learned by heart, and measured on none.
void WarnOfThinTopics(const std::vector<Example>& examples) {
  constexpr int kThin = 50;
  std::map<std::string_view, int> texts;
  for (const Example& example : examples) ++texts[example.topic];
  for (const auto& [topic, count] : texts) {
    if (count >= kThin) continue;
    std::cerr << "headgate: topic " << topic << " has " << count
              << (count == 1 ? " text" : " texts") << "; give it some hundred\n";
  }
}

// The file is the old model or the new one at any time: a daemon may be watching it.
bool Replace(const std::string& path, const std::string& bytes) {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << bytes;
  out.close();
  return out && std::rename(fresh.c_str(), path.c_str()) == 0;
}

// What the figures on held-out texts are worth.
struct HeldOut {
  std::vector<Example> texts;  // without those cut from templates
  int templated = 0;
  std::set<std::string> sources;  // of all texts, but for those that were composed here
};

HeldOut HoldOut(const std::vector<Example>& examples) {
  HeldOut held_out;
  const std::vector<bool> templated = routing::TemplatedTexts(examples);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (examples[i].source.substr(0, 4) != "own-") held_out.sources.insert(examples[i].source);
    if (!routing::IsHeldOut(examples[i].text)) continue;
    if (templated[i]) {
      ++held_out.templated;
    } else {
      held_out.texts.push_back(examples[i]);
    }
  }
  return held_out;
}

std::string OfSource(const std::set<std::string>& sources) {
  const bool named = !sources.empty() && !sources.begin()->empty();
  return named ? absl::StrCat(", `", *sources.begin(), "`") : "";
}

// No figure is better than one that flatters: a tenth of one source, or of texts from templates, is
// known to the model before it is asked.
void ReportHeldOut(const routing::TrainedTopics& trained, const std::vector<Example>& examples) {
  constexpr std::size_t kFewest = 30;  // texts that a figure can be made of
  constexpr std::string_view kInstead =
      "Measure the model on texts from elsewhere, best real requests that you labelled: --test "
      "FILE.\n";
  const HeldOut held_out = HoldOut(examples);
  if (held_out.sources.size() < 2) {
    std::cout << "WARNING: all texts are of one source" << OfSource(held_out.sources)
              << ". The tenth that was held out is like the rest, and nearly any model is right "
                 "about it, so no\naccuracy is printed. Give each origin of texts its own `source` "
                 "in the data. "
              << kInstead;
    return;
  }
  const std::size_t all = held_out.texts.size() + static_cast<std::size_t>(held_out.templated);
  if (held_out.texts.size() < kFewest) {
    std::cout << "WARNING: " << held_out.templated << " of the " << all
              << " texts that were held out are cut from templates: most of their words stand in "
                 "other texts\ntoo. Nearly any model is right about them, so no accuracy is "
                 "printed. "
              << kInstead;
    return;
  }
  std::cout << "On the tenth of the texts that was held out:\n\n"
            << routing::Table(routing::Evaluate(trained.model, held_out.texts));
  if (held_out.templated > 0) {
    std::cout << absl::StreamFormat(
        "\n%s%d of the %d texts that were held out are cut from templates and left out of these "
        "figures\n",
        2 * static_cast<std::size_t>(held_out.templated) > all ? "WARNING: " : "",
        held_out.templated, all);
  }
  if (trained.accuracy_on_unseen_sources) {
    std::cout << absl::StreamFormat(
        "\nOf the texts of sources left out of the fit, %.1f %% right\n",
        100 * *trained.accuracy_on_unseen_sources);
  } else {
    std::cout << "\nWARNING: with fewer than four sources there is no figure for a source that the "
                 "model has not seen,\nwhich is what real traffic is. "
              << kInstead;
  }
}

// On texts of the operator's, but for those that the model was taught.
void ReportTest(const routing::TopicModel& model, const std::string& file,
                const std::vector<Example>& examples, std::vector<Example> texts) {
  std::set<std::string_view> taught;
  for (const Example& example : examples) taught.insert(example.text);
  const std::size_t all = texts.size();
  texts.erase(std::remove_if(texts.begin(), texts.end(),
                             [&](const Example& example) { return taught.contains(example.text); }),
              texts.end());
  if (texts.size() < all) {
    std::cout << "\nWARNING: " << all - texts.size() << " of the " << all << " texts of " << file
              << " are in the training data too and are left out\n";
  }
  if (texts.empty()) return;
  std::cout << "\nOn the texts of " << file << ":\n\n"
            << routing::Table(routing::Evaluate(model, texts));
}

int Train(const TrainOptions& options) {
  absl::StatusOr<std::vector<Example>> examples = ReadLabelledTexts(options.data);
  if (!examples.ok()) return Fail(examples.status().message());
  if (!options.forms.empty()) {
    const absl::Status status = AddComposed(options, *examples);
    if (!status.ok()) return Fail(status.message());
  }
  std::vector<Example> test;
  if (!options.test.empty()) {
    absl::StatusOr<std::vector<Example>> read = ReadLabelledTexts(options.test);
    if (!read.ok()) return Fail(read.status().message());
    test = *std::move(read);
  }
  routing::TrainingOptions training;
  training.fit.seed = options.seed;
  const auto trained = routing::TrainTopics(*examples, training);
  if (!trained.ok()) return Fail(absl::StrCat(options.data, ": ", trained.status().message()));
  WarnOfThinTopics(*examples);
  if (!Replace(options.out, trained->model.Serialise())) {
    return Fail(options.out + ": cannot be written");
  }
  ReportHeldOut(*trained, *examples);
  if (!options.test.empty()) ReportTest(trained->model, options.test, *examples, std::move(test));
  return 0;
}

// The same as routing::Table, for programs.
json::object Figures(const routing::Evaluation& evaluation) {
  json::object topics;
  for (std::size_t t = 0; t < evaluation.topics.size(); ++t) {
    topics[evaluation.topics[t]] = json::object{{"recall", evaluation.Recall(t)}};
  }
  json::object confusion;
  for (const auto& [label, row] : evaluation.confusion) {
    json::object& said = confusion[label].emplace_object();
    for (const auto& [topic, count] : row) said[topic] = count;
  }
  json::object sources;
  for (const auto& [source, tally] : evaluation.sources) {
    sources[source] = json::object{{"texts", tally.texts}, {"right", tally.right}};
  }
  json::array accuracy_at;
  for (const double coverage : routing::Evaluation::kCoverages) {
    accuracy_at.push_back(
        json::object{{"coverage", coverage}, {"accuracy", evaluation.AccuracyAt(coverage)}});
  }
  json::array reliability;
  for (const routing::Evaluation::Tally& bin : evaluation.reliability) {
    if (bin.texts == 0) continue;
    reliability.push_back(json::object{{"mean_confidence", bin.confidence / bin.texts},
                                       {"texts", bin.texts},
                                       {"right", bin.right}});
  }
  return {{"texts", evaluation.texts},
          {"accuracy", evaluation.Accuracy()},
          {"code_accuracy", evaluation.CodeAccuracy()},
          {"coverage", evaluation.Coverage()},
          {"covered_accuracy", evaluation.CoveredAccuracy()},
          {"topics", topics},
          {"confusion", confusion},
          {"sources", sources},
          {"accuracy_at", accuracy_at},
          {"reliability", reliability}};
}

int Evaluate(const EvaluateOptions& options) {
  const std::optional<routing::TopicModel> model = ReadModel(options.model);
  if (!model) return 1;
  const absl::StatusOr<std::vector<Example>> examples = ReadLabelledTexts(options.data);
  if (!examples.ok()) return Fail(examples.status().message());
  const auto start = std::chrono::steady_clock::now();
  const routing::Evaluation evaluation = routing::Evaluate(*model, *examples);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  const double each = took.count() / static_cast<double>(examples->size());
  if (options.json) {
    json::object figures = Figures(evaluation);
    figures["microseconds_per_request"] = each;
    std::cout << DecimalJson(figures) << "\n";
  } else {
    std::cout << routing::Table(evaluation) << "\nmicroseconds a request: " << each << "\n";
  }
  return 0;
}

}  // namespace

void AddTrain(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const train = app.add_subcommand("train", "teach the topic classifier");
  train->add_option("--data", options->data, "labelled texts, JSONL; - is standard input")
      ->required();
  train->add_option("--out", options->out, "the file of the model")->required();
  train->add_option("--forms", options->forms,
                    "sentence forms and word lists that more texts are composed from");
  train->add_option("--test", options->test,
                    "labelled texts from elsewhere to measure the model on, JSONL");
  train->add_option("--seed", options->seed, "of the order of texts")->capture_default_str();
  train->callback([&chosen, options] { chosen = [options] { return Train(*options); }; });
}

void AddEvaluate(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<EvaluateOptions>();
  CLI::App* const evaluate = app.add_subcommand("evaluate", "measure the topic classifier");
  evaluate->add_option("--data", options->data, "labelled texts, JSONL; - is standard input")
      ->required();
  evaluate->add_option("--model", options->model, "a trained model (default: the shipped one)");
  evaluate->add_flag("--json", options->json, "print JSON");
  evaluate->callback([&chosen, options] { chosen = [options] { return Evaluate(*options); }; });
}

}  // namespace headgate::gateway

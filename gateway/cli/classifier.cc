#include <CLI/CLI.hpp>
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
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/labelled_texts.h"
#include "gateway/cli/training_report.h"
#include "gateway/http/decimal_json.h"
#include "routing/training/composer.h"
#include "routing/training/evaluation.h"
#include "routing/training/rehearsal.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Example;

struct TrainOptions {
  std::string data;  // JSONL, or "-"
  std::string out;
  std::vector<std::string> forms;  // files of sentence forms to compose more texts from
  std::string test;                // JSONL to measure the model on; empty: none
  std::string start = "shipped";   // or none
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

absl::Status AddComposed(const std::string& path, std::uint64_t seed,
                         std::vector<Example>& examples) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError(path + ": cannot be opened");
  const std::string forms{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<std::vector<Example>> composed = routing::ComposePrompts(forms, seed);
  if (!composed.ok() || composed->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": ", composed.ok() ? "composes no texts" : composed.status().message()));
  }
  std::move(composed->begin(), composed->end(), std::back_inserter(examples));
  return absl::OkStatus();
}

// The file is the old model or the new model at any time: a daemon may be watching it.
bool Replace(const std::string& path, const std::string& bytes) {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << bytes;
  out.close();
  return out && std::rename(fresh.c_str(), path.c_str()) == 0;
}

int Train(const TrainOptions& options) {
  absl::StatusOr<std::vector<Example>> examples = ReadLabelledTexts(options.data);
  if (!examples.ok()) return Fail(examples.status().message());
  for (const std::string& path : options.forms) {
    const absl::Status status = AddComposed(path, options.seed, *examples);
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
  std::vector<Example> taught = *examples;
  if (options.start == "shipped") {
    training.start = &routing::TopicModel::Shipped();
    routing::AddRehearsal(taught);
  }
  if (HasFewTexts(*examples)) training.LearnFromFew();
  const auto trained = routing::TrainTopics(taught, training);
  if (!trained.ok()) return Fail(absl::StrCat(options.data, ": ", trained.status().message()));
  std::cerr << ThinTopics(*examples);
  if (!Replace(options.out, trained->model.Serialise())) {
    return Fail(options.out + ": cannot be written");
  }
  std::cout << HeldOutReport(*trained, *examples);
  if (!options.test.empty()) {
    std::cout << TestReport(trained->model, options.test, *examples, std::move(test));
  }
  return 0;
}

json::object Tallies(const std::map<std::string, routing::Evaluation::Tally>& tallies) {
  json::object out;
  for (const auto& [name, tally] : tallies) {
    out[name] = json::object{{"texts", tally.texts}, {"right", tally.right}};
  }
  return out;
}

// The figures of routing::Table, for programs.
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
  json::object unknown_topics;
  for (const auto& [topic, count] : UnknownTopics(evaluation)) unknown_topics[topic] = count;
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
          {"unknown_topics", unknown_topics},
          {"sources", Tallies(evaluation.sources)},
          {"languages", Tallies(evaluation.languages)},
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
    std::cout << UnknownTopicsWarning(evaluation, options.data) << routing::Table(evaluation)
              << "\nmicroseconds a request: " << each << "\n";
  }
  return 0;
}

}  // namespace

void AddTrain(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const train = app.add_subcommand("train", "train the topic classifier");
  train->add_option("--data", options->data, "labelled texts, JSONL; - is standard input")
      ->required();
  train->add_option("--out", options->out, "file to write the model to")->required();
  train->add_option("--forms", options->forms,
                    "file with sentence forms and word lists to compose more texts from; may be "
                    "given several times");
  train->add_option("--test", options->test,
                    "labelled texts of another origin to measure the model on, JSONL");
  train
      ->add_option("--start", options->start,
                   "where training begins: the model in the program (shipped), or nothing (none)")
      ->check(CLI::IsMember({"shipped", "none"}))
      ->capture_default_str();
  train->add_option("--seed", options->seed, "seed of the order of texts")->capture_default_str();
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

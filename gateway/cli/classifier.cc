#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "gateway/cli/commands.h"
#include "routing/training/composer.h"
#include "routing/training/evaluation.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Example;

struct TrainOptions {
  std::string data;  // JSONL, or "-"
  std::string out;
  std::string forms;  // sentence forms to compose more texts from; empty: none
  std::uint64_t seed = 1;
};

struct EvaluateOptions {
  std::string data;   // JSONL, or "-"
  std::string model;  // empty: the shipped one
  bool json = false;
};

std::string TextOf(const json::object& row, std::string_view key) {
  const json::value* const found = row.if_contains(json::string_view(key.data(), key.size()));
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

// One JSON object a line, with `topic`, `text` and, if known, `source`. `-` is standard input.
std::optional<std::vector<Example>> ReadExamples(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path);
  std::istream& in = path == "-" ? std::cin : file;
  if (!in) {
    std::cerr << "headgate: " << path << " cannot be opened\n";
    return std::nullopt;
  }
  std::vector<Example> examples;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    json::error_code error;
    const json::value row = json::parse(line, error);
    Example example;
    if (!error && row.is_object()) {
      const json::object& object = row.as_object();
      example = {TextOf(object, "text"), TextOf(object, "topic"), TextOf(object, "source")};
    }
    if (example.topic.empty() || example.topic.find_first_of(" \n") != std::string::npos) {
      std::cerr << "headgate: " << path << ":" << number
                << ": is not {\"topic\": a name without blanks, \"text\": \"...\"}\n";
      return std::nullopt;
    }
    examples.push_back(std::move(example));
  }
  return examples;
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

bool AddComposed(const TrainOptions& options, std::vector<Example>& examples) {
  std::ifstream file(options.forms, std::ios::binary);
  const std::string forms{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<std::vector<Example>> composed = routing::ComposePrompts(forms, options.seed);
  if (!file || !composed.ok() || composed->empty()) {
    std::cerr << "headgate: " << options.forms << ": "
              << (composed.ok() ? "composes nothing" : composed.status().message()) << "\n";
    return false;
  }
  std::move(composed->begin(), composed->end(), std::back_inserter(examples));
  return true;
}

int Train(const TrainOptions& options) {
  std::optional<std::vector<Example>> examples = ReadExamples(options.data);
  if (!examples) return 1;
  if (!options.forms.empty() && !AddComposed(options, *examples)) return 1;
  routing::TrainingOptions training;
  training.fit.seed = options.seed;
  const auto trained = routing::TrainTopics(*examples, training);
  if (!trained.ok()) {
    std::cerr << "headgate: " << options.data << ": " << trained.status().message() << "\n";
    return 1;
  }
  std::ofstream out(options.out, std::ios::binary);
  out << trained->model.Serialise();
  out.close();
  if (!out) {
    std::cerr << "headgate: " << options.out << " cannot be written\n";
    return 1;
  }
  std::vector<Example> held_out;
  for (const Example& example : *examples) {
    if (routing::IsHeldOut(example.text)) held_out.push_back(example);
  }
  std::cout << "On the tenth of the texts that was held out:\n\n"
            << routing::Table(routing::Evaluate(trained->model, held_out));
  if (trained->accuracy_on_unseen_sources) {
    std::cout << absl::StreamFormat(
        "\nOf the texts of sources left out of the fit, %.1f %% right\n",
        100 * *trained->accuracy_on_unseen_sources);
  }
  return 0;
}

int Evaluate(const EvaluateOptions& options) {
  const std::optional<routing::TopicModel> model = ReadModel(options.model);
  const std::optional<std::vector<Example>> examples = ReadExamples(options.data);
  if (!model || !examples) return 1;
  const auto start = std::chrono::steady_clock::now();
  const routing::Evaluation evaluation = routing::Evaluate(*model, *examples);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  const double each =
      took.count() / static_cast<double>(std::max<std::size_t>(examples->size(), 1));
  if (options.json) {
    json::object recall;
    for (std::size_t t = 0; t < evaluation.topics.size(); ++t) {
      recall[evaluation.topics[t]] = evaluation.Recall(t);
    }
    std::cout << json::serialize(json::object{{"texts", evaluation.texts},
                                              {"accuracy", evaluation.Accuracy()},
                                              {"code_accuracy", evaluation.CodeAccuracy()},
                                              {"coverage", evaluation.Coverage()},
                                              {"covered_accuracy", evaluation.CoveredAccuracy()},
                                              {"recall", recall},
                                              {"microseconds_per_request", each}})
              << "\n";
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

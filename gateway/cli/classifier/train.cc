#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/classifier/labelled_texts.h"
#include "gateway/cli/classifier/model_file.h"
#include "gateway/cli/classifier/training_report.h"
#include "gateway/cli/classifier/training_summary.h"
#include "gateway/cli/commands.h"
#include "routing/training/composer.h"
#include "routing/training/rehearsal.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {
namespace {

using routing::Example;

struct TrainOptions {
  std::string data;  // JSONL, or "-"
  std::string out;
  std::vector<std::string> forms;  // files of sentence forms to compose more texts from
  std::string test;                // JSONL to measure the model on; empty: none
  std::string start = "shipped";   // or none
  std::uint64_t seed = 1;
};

int Fail(absl::string_view message) {
  std::cerr << "headgate: " << message << "\n";
  return 1;
}

absl::Status AddComposed(const std::string& path, std::uint64_t seed,
                         std::vector<Example>& examples) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": cannot be read: ", std::generic_category().message(errno)));
  }
  const std::string forms{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<std::vector<Example>> composed = routing::ComposePrompts(forms, seed);
  if (!composed.ok() || composed->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": ", composed.ok() ? "composes no texts" : composed.status().message()));
  }
  std::move(composed->begin(), composed->end(), std::back_inserter(examples));
  return absl::OkStatus();
}

struct TrainInput {
  std::vector<Example> examples;
  std::vector<Example> test;
};

absl::StatusOr<std::vector<Example>> ReadTexts(const std::string& path) {
  absl::StatusOr<LabelledTexts> read = ReadLabelledTexts(path);
  if (!read.ok()) return read.status();
  for (const std::string& warning : read->warnings) std::cerr << "headgate: " << warning << "\n";
  return std::move(read->examples);
}

absl::StatusOr<TrainInput> ReadInput(const TrainOptions& options) {
  std::error_code error;
  if (!options.test.empty() && (options.test == options.data ||
                                std::filesystem::equivalent(options.test, options.data, error))) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.test,
                     ": is --data and --test; a model is measured on texts that it was not "
                     "taught: write another file"));
  }
  std::vector<std::string> inputs = options.forms;
  inputs.insert(inputs.end(), {options.data, options.test});
  absl::Status status = CheckModelPath(options.out, inputs);
  if (!status.ok()) return status;
  TrainInput input;
  absl::StatusOr<std::vector<Example>> examples = ReadTexts(options.data);
  if (!examples.ok()) return examples.status();
  input.examples = *std::move(examples);
  for (const std::string& path : options.forms) {
    status = AddComposed(path, options.seed, input.examples);
    if (!status.ok()) return status;
  }
  if (options.test.empty()) return input;
  absl::StatusOr<std::vector<Example>> test = ReadTexts(options.test);
  if (!test.ok()) return test.status();
  input.test = *std::move(test);
  return input;
}

int Train(const TrainOptions& options) {
  absl::StatusOr<TrainInput> input = ReadInput(options);
  if (!input.ok()) return Fail(input.status().message());
  routing::TrainingOptions training;
  training.fit.seed = options.seed;
  std::vector<Example> taught = input->examples;
  if (options.start == "shipped") {
    training.start = &routing::TopicModel::Shipped();
    routing::AddRehearsal(taught);
  }
  if (HasFewTexts(input->examples)) training.LearnFromFew();
  const auto trained = routing::TrainTopics(taught, training);
  if (!trained.ok()) return Fail(absl::StrCat(options.data, ": ", trained.status().message()));
  std::cerr << ThinTopics(input->examples);
  const absl::Status written = WriteModelFile(options.out, trained->model.Serialise());
  if (!written.ok()) return Fail(written.message());
  std::cout << HeldOutReport(*trained, input->examples);
  if (!options.test.empty()) {
    std::cout << TestReport(trained->model, options.test, input->examples, std::move(input->test));
  }
  std::cout << TrainingSummary(*trained, input->examples, options.out);
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

}  // namespace headgate::gateway

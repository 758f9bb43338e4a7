#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/classifier/evaluation_report.h"
#include "gateway/cli/classifier/labelled_texts.h"
#include "gateway/cli/classifier/model_file.h"
#include "gateway/cli/classifier/training_report.h"
#include "gateway/cli/commands.h"
#include "gateway/http/decimal_json.h"
#include "routing/training/evaluation.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Evaluation;
using routing::Example;
using routing::TopicModel;

struct EvaluateOptions {
  std::string data;     // JSONL, or "-"
  std::string model;    // empty: the shipped one
  std::string against;  // an older model; empty: none
  bool json = false;
  bool wrong = false;
};

int Fail(absl::string_view message) {
  std::cerr << "headgate: " << message << "\n";
  return 1;
}

// What evaluate prints.
struct Measured {
  Evaluation evaluation;
  std::optional<Evaluation> before;
  double microseconds = 0;  // of one text
};

void PrintJson(const EvaluateOptions& options, const Measured& measured,
               const std::vector<Example>& examples) {
  json::object figures = EvaluationJson(measured.evaluation);
  figures["microseconds_per_request"] = measured.microseconds;
  if (options.wrong) figures["wrong"] = WrongTextsJson(measured.evaluation, examples);
  if (measured.before) {
    figures["changed"] = ChangedTextsJson(*measured.before, measured.evaluation, examples);
  }
  std::cout << DecimalJson(figures) << "\n";
}

void PrintText(const EvaluateOptions& options, const Measured& measured,
               const std::vector<Example>& examples) {
  std::cout << UnknownTopicsWarning(measured.evaluation, options.data)
            << (options.model.empty() ? ModelMissing(measured.evaluation) : std::string())
            << routing::Table(measured.evaluation)
            << "\nmicroseconds a request: " << measured.microseconds << "\n";
  if (options.wrong) std::cout << WrongTexts(measured.evaluation, examples);
  if (measured.before) {
    std::cout << ChangedTexts(*measured.before, measured.evaluation, examples);
  }
}

absl::StatusOr<TopicModel> ModelOf(const std::string& path) {
  if (path.empty()) return TopicModel::Shipped();
  return ReadModelFile(path);
}

int Evaluate(const EvaluateOptions& options) {
  const absl::StatusOr<TopicModel> model = ModelOf(options.model);
  if (!model.ok()) return Fail(model.status().message());
  std::optional<absl::StatusOr<TopicModel>> against;
  if (!options.against.empty()) against = ReadModelFile(options.against);
  if (against && !against->ok()) return Fail(against->status().message());
  const absl::StatusOr<LabelledTexts> texts = ReadLabelledTexts(options.data);
  if (!texts.ok()) return Fail(texts.status().message());
  for (const std::string& warning : texts->warnings) std::cerr << "headgate: " << warning << "\n";

  const auto start = std::chrono::steady_clock::now();
  Measured measured{.evaluation = routing::Evaluate(*model, texts->examples), .before = {}};
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  measured.microseconds = took.count() / static_cast<double>(texts->examples.size());
  if (against) measured.before = routing::Evaluate(**against, texts->examples);
  (options.json ? PrintJson : PrintText)(options, measured, texts->examples);
  return 0;
}

}  // namespace

void AddEvaluate(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<EvaluateOptions>();
  CLI::App* const evaluate = app.add_subcommand("evaluate", "measure the topic classifier");
  evaluate->add_option("--data", options->data, "labelled texts, JSONL; - is standard input")
      ->required();
  evaluate->add_option("--model", options->model, "a trained model (default: the shipped one)");
  evaluate->add_option("--against", options->against,
                       "an older model: also list the texts whose topic changes");
  evaluate->add_flag("--wrong", options->wrong, "also list the texts with a wrong answer");
  evaluate->add_flag("--json", options->json, "print JSON");
  evaluate->callback([&chosen, options] { chosen = [options] { return Evaluate(*options); }; });
}

}  // namespace headgate::gateway

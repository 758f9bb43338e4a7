#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <system_error>

#include "absl/status/statusor.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/load.h"
#include "config/reader/timestamp.h"
#include "gateway/budgets/budget_forecast.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/recorded_explanation.h"
#include "gateway/decide/dry_run.h"
#include "gateway/explain/explained_budgets.h"
#include "gateway/explain/explained_translation.h"
#include "gateway/explain/explanation.h"
#include "gateway/explain/explanation_text.h"
#include "gateway/http/decimal_json.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {
namespace {

struct ExplainOptions {
  std::string config;
  std::string request;  // a file with a request's body, "-" for standard input; empty: made of
  std::string model = "auto";  // the next three
  std::string prompt;
  bool stream = false;
  std::string endpoint = "chat";
  std::vector<std::string> headers;  // "name: value"
  std::string key;
  std::string time;                // RFC 3339; empty: now
  std::vector<std::string> spent;  // names of budgets
  std::string id;  // of a recorded request in `traffic`, instead of the fields above
  std::vector<std::string> traffic;
  bool json = false;
  bool verbose = false;  // what the topic model saw too
};

namespace json = boost::json;

int Fail(const std::string& message) {
  std::cerr << "headgate explain: " << message << "\n";
  return 1;
}

bool ReadFile(const std::string& path, std::string& out) {
  if (path == "-") {
    out.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return false;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return false;
  out.assign(std::istreambuf_iterator<char>(stream), {});
  return true;
}

std::string BodyOf(const ExplainOptions& options) {
  json::object body{{"model", options.model}};
  if (options.endpoint == "completions") {
    body["prompt"] = options.prompt;
  } else if (options.endpoint == "embeddings" || options.endpoint == "responses") {
    body["input"] = options.prompt;
  } else {
    body["messages"] = json::array{json::object{{"role", "user"}, {"content", options.prompt}}};
  }
  if (options.stream) body["stream"] = true;
  return json::serialize(body);
}

bool AddHeaders(const ExplainOptions& options, DryRunRequest& dry_run) {
  for (const std::string& line : options.headers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) return false;
    dry_run.headers.emplace_back(
        config::Lower(line.substr(0, colon)),
        std::string(config::Trim(std::string_view(line).substr(colon + 1))));
  }
  return true;
}

// Explains with the budgets of --spent as spent, and with all others as not.
absl::Status AddSpentBudgets(const config::Config& config, const routing::CompiledPolicy& policy,
                             const ExplainOptions& options, const DryRunResult& result,
                             const DryRunRequest& dry_run, json::object& explanation) {
  constexpr std::int64_t kMsPerSecond = 1000;
  const policy::BudgetTable budgets(config, BudgetTargetsOf(config, policy), nullptr);
  const std::int64_t now = dry_run.unix_seconds * kMsPerSecond;
  for (const std::string& name : options.spent) {
    std::vector<std::string> known;
    bool found = false;
    for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
      known.push_back(entry.name);
      if (entry.name != name) continue;
      entry.spend->At(now).Settle(0, entry.budget.limit);
      found = true;
    }
    if (!found) {
      return absl::InvalidArgumentError(
          "--spent " + name + " is no budget of the configuration; " +
          (known.empty() ? "it has none" : config::DidYouMean(name, known)));
    }
  }
  if (budgets.empty()) return absl::OkStatus();
  AddBudgets({.config = config, .policy = policy, .budgets = budgets}, result,
             {.time = now, .body_bytes = dry_run.body.size()}, explanation);
  if (options.spent.empty()) {
    explanation["budgets"] =
        "not known: none is taken to be spent; write --spent NAME, or ask POST /explain on the "
        "admin port, which knows";
  }
  return absl::OkStatus();
}

absl::StatusOr<json::object> ExplainDescribed(const config::Config& config,
                                              const routing::CompiledPolicy& policy,
                                              const ExplainOptions& options) {
  const auto refuse = [](const std::string& why) { return absl::InvalidArgumentError(why); };
  DryRunRequest dry_run;
  const std::optional<routing::Endpoint> endpoint = EndpointNamed(options.endpoint);
  if (!endpoint) {
    return refuse("--endpoint " + options.endpoint + " is unknown; write one of " +
                  EndpointNames());
  }
  dry_run.endpoint = *endpoint;
  dry_run.key = options.key;
  dry_run.stores_responses = config.responses.has_value();
  dry_run.unix_seconds = std::time(nullptr);
  if (!options.time.empty()) {
    const config::Parsed<std::int64_t> time = config::ParseTimestamp(options.time);
    if (!time.value) return refuse("--time " + time.complaint.problem + "; " + time.complaint.fix);
    dry_run.unix_seconds = *time.value;
  }
  if (!AddHeaders(options, dry_run)) return refuse("a --header has no name; write \"name: value\"");
  if (options.request.empty()) {
    dry_run.body = BodyOf(options);
  } else if (!ReadFile(options.request, dry_run.body)) {
    return refuse("cannot read " + options.request);
  }
  if (!options.key.empty() && !HasKey(policy, options.key)) {
    return refuse("the configuration has no key with the name " + options.key);
  }
  const DryRunResult result = DryRun(policy, dry_run, QuietLoad(config, policy));
  if (result.problem) return refuse("the request is refused: " + result.problem->message);
  json::object explanation = Explain(config, policy, result.input, result.decision, std::nullopt);
  if (explanation.contains("spill")) {
    explanation["load"] =
        "not known: every target is taken to be up and idle, so nothing waits or spills";
  }
  if (absl::Status status = AddSpentBudgets(config, policy, options, result, dry_run, explanation);
      !status.ok()) {
    return status;
  }
  AddTranslations(config, policy, dry_run, result, explanation);
  NameUnknownModel(result.model, explanation);
  AddPassedOverHints(result.passed_over_hints, explanation);
  AddTopicDetails(result.opinions ? &*result.opinions : nullptr, result.evidence, explanation);
  return explanation;
}

int ExplainOne(const ExplainOptions& options) {
  config::LoadResult loaded = config::LoadFile(options.config, config::ProcessEnvironment(),
                                               nullptr, config::Secrets::kOptional);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) return 1;
  const auto policy = routing::CompiledPolicy::Compile(*loaded.config);
  if (!policy.ok()) return Fail(std::string(policy.status().message()));

  const absl::StatusOr<json::object> explanation =
      options.id.empty() ? ExplainDescribed(*loaded.config, **policy, options)
                         : ExplainRecorded(*loaded.config, **policy, options.id, options.traffic);
  if (!explanation.ok()) return Fail(std::string(explanation.status().message()));
  std::cout << (options.json ? DecimalJson(*explanation) + "\n"
                             : ExplanationText(*explanation, options.verbose));
  return 0;
}

}  // namespace

void AddExplain(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* const explain = app.add_subcommand(
      "explain", "show what a policy decides about one request, and why; no backend is called");
  explain->add_option("--config", options->config, "the configuration file")->required();
  std::vector<CLI::Option*> described;
  described.push_back(explain->add_option("REQUEST", options->request,
                                          "file with a request's JSON body; - is standard input"));
  CLI::Option* const request = described.back();
  explain->add_option("--model", options->model, "without REQUEST: the requested model")
      ->capture_default_str();
  described.push_back(
      explain->add_option("--prompt", options->prompt, "without REQUEST: the user's message"));
  described.push_back(
      explain->add_flag("--stream", options->stream, "without REQUEST: the answer is streamed")
          ->excludes(request));
  explain->add_option("--endpoint", options->endpoint, EndpointNames())->capture_default_str();
  // One value each time: the next argument may be REQUEST.
  described.push_back(
      explain->add_option("--header", options->headers, "\"name: value\"; may be repeated")
          ->allow_extra_args(false));
  described.push_back(explain->add_option("--key", options->key, "the name of the client's key"));
  described.push_back(
      explain->add_option("--time", options->time,
                          "time of the request, such as 2026-11-24T09:30:00+01:00 (default: now)"));
  described.push_back(explain
                          ->add_option("--spent", options->spent,
                                       "name of a budget that is taken to be spent, such as "
                                       "team=shop,per=month; may be repeated")
                          ->allow_extra_args(false));
  CLI::Option* const traffic = explain->add_option("--traffic", options->traffic,
                                                   "with --id: recordings (files or folders)");
  CLI::Option* const id =
      explain
          ->add_option("--id", options->id,
                       "id of a recorded request; it is decided with the recorded load")
          ->needs(traffic);
  traffic->needs(id);
  for (CLI::Option* const option : described) id->excludes(option);
  explain->add_flag("--verbose", options->verbose,
                    "also show what the topic models said, and what decided in the prompt");
  explain->add_flag("--json", options->json, "print JSON");
  explain->callback([&chosen, options] { chosen = [options] { return ExplainOne(*options); }; });
}

}  // namespace headgate::gateway

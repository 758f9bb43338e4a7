#include "config/sections/configuration.h"

#include "config/reader/value_types.h"
#include "config/sections/access/alerts.h"
#include "config/sections/access/budgets.h"
#include "config/sections/classifier.h"
#include "config/sections/keys.h"
#include "config/sections/ledger.h"
#include "config/sections/require.h"
#include "config/sections/routes.h"
#include "config/sections/server.h"
#include "config/sections/supply/backends.h"
#include "config/sections/supply/models.h"
#include "config/sections/tests.h"
#include "config/sections/when.h"

namespace headgate::config {
namespace {

// `model@backend`, without a weight.
struct Baseline {
  static constexpr std::string_view kExpects = "model@backend";
  static bool Read(const Value& value, TargetReference& out) {
    if (!value.IsScalar()) return value.FailType(kExpects);
    return TargetSection::Read(value, out);
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kTargetPattern); }
};

// Already merged (include.h) when the tree is read. It is here so that the key is known and
// described.
struct Include {
  static constexpr std::string_view kExpects = "a path, or a list of paths";
  static bool Read(const Value&, Config&) { return true; }
  static Json JsonSchema(Definitions& definitions) {
    return OneOrMore<Text>::JsonSchema(definitions);
  }
};

constexpr std::array kRootFields = {
    Optional<Config, kItself, Include>(
        "include", "Files whose sections come before this file's own, in the order written."),
    Optional<Config, &Config::server, ServerSection>("server",
                                                     "Addresses, authentication and limits."),
    Optional<Config, &Config::recording, RecordingSection>(
        "recording", "Writes down each decision, for `headgate replay`."),
    Optional<Config, &Config::models, ModelsSection>(
        "models", "Models in addition to the shipped catalogue, and corrections to it."),
    Required<Config, &Config::backends, NamedItems<&Backend::name, Name, BackendSection>>(
        "backends", "The servers and APIs that serve models."),
    Optional<Config, &Config::aliases, MapOf<ModelName, Text>>(
        "aliases",
        "Names that clients send, and what they stand for: auto, a model or model@backend."),
    Optional<Config, kItself, ClassesSection>(
        "classes", "Custom classes, of which the first whose `when` holds counts."),
    Optional<Config, &Config::classifier, ClassifierSection>(
        "classifier", "The topic model, when it abstains, and the rules of urgency."),
    Optional<Config, &Config::quality, QualitySection>(
        "quality", "The score that highest_quality ranks by, for each topic."),
    Optional<Config, &Config::self_hosted_price, OneOf<kSelfHostedPrices>>(
        "self_hosted_price",
        "What a self-hosted backend costs while a slot is free: nothing (marginal, the default) or "
        "its share of the rent (amortised)."),
    Required<Config, &Config::routes, ListOf<RouteSection>>(
        "routes", "Rules; the first whose `when` holds decides."),
    Optional<Config, &Config::baseline, Baseline>(
        "baseline", "The target whose price savings are measured against."),
    Optional<Config, &Config::keys, ListOf<KeySection>>("keys", "The clients' keys."),
    Optional<Config, &Config::teams, NamedItems<&Team::name, Name, TeamSection>>(
        "teams", "Rules for all keys of a team."),
    Optional<Config, &Config::budgets, ListOf<BudgetSection>>(
        "budgets", "What may be spent in a day or a month, and what happens when it is spent."),
    Optional<Config, &Config::alerts, AlertsSection>(
        "alerts", "Who else is told when a budget is nearly spent, and when it is spent."),
    Optional<Config, &Config::responses, ResponsesSection>(
        "responses", "Keeps answers of the Responses API for backends that keep none."),
    Optional<Config, &Config::ledger, LedgerSection>(
        "ledger", "Keeps a durable record of what every request cost."),
    Optional<Config, &Config::tests, ListOf<TestSection>>(
        "tests", "Requests, and the decisions expected for them."),
    Optional<Config, &Config::allow_warnings, AllowedWarnings>(
        "allow_warnings", "Names of warnings of `headgate check` that are not reported."),
};

}  // namespace

void ReadConfiguration(const Value& root, Config& config) {
  Mapping<kRootFields>::Read(root, config);
}

std::string ConfigurationSchema() {
  Definitions definitions;
  Json root = Json::Object(
      {{"$schema", Json::Text("http://json-schema.org/draft-07/schema#")},
       {"title", Json::Text("Headgate configuration")},
       {"description", Json::Text("One file of a configuration. `headgate check` knows more rules: "
                                  "names that must exist, ranges, combinations.")}});
  Json schema = Mapping<kRootFields>::JsonSchema(definitions);
  for (Json::Member& member : std::get<Json::Members>(schema.value)) {
    // A file may be included by another one, which has the keys that are missing here.
    if (member.key != "required") root.Add(member.key, std::move(member.value));
  }
  root.Add("definitions", definitions.Take());
  return Pretty(root) + "\n";
}

}  // namespace headgate::config

#include "config/kinds.h"
#include "config/sections.h"

namespace headgate::config {
namespace {

// `model@backend`, without a weight.
struct Baseline {
  static constexpr std::string_view kExpects = "model@backend";
  static bool Read(const Value& value, TargetReference& out) {
    if (!value.IsScalar()) return value.FailKind(kExpects);
    return TargetSection::Read(value, out);
  }
};

constexpr std::array kRootFields = {
    Optional<Config, &Config::server, ServerSection>("server",
                                                     "Addresses, authentication and limits."),
    Optional<Config, &Config::models, ModelsSection>(
        "models", "Models beside the shipped catalogue, and corrections to it."),
    Required<Config, &Config::backends, NamedItems<&Backend::name, Name, BackendSection>>(
        "backends", "Places that serve models."),
    Optional<Config, &Config::aliases, MapOf<ModelName, Text>>(
        "aliases", "Names that clients send, and what they mean: auto, a model or model@backend."),
    Required<Config, &Config::routes, ListOf<RouteSection>>(
        "routes", "Rules; the first whose `when` holds decides."),
    Optional<Config, &Config::baseline, Baseline>(
        "baseline", "The target whose price savings are measured against."),
    Optional<Config, &Config::keys, ListOf<KeySection>>("keys", "The clients' keys."),
};

}  // namespace

void ReadConfiguration(const Value& root, Config& config) {
  Mapping<kRootFields>::Read(root, config);
}

KeyDescriptions DescribeConfiguration() {
  KeyDescriptions out;
  Mapping<kRootFields>::Describe("", out);
  return out;
}

}  // namespace headgate::config

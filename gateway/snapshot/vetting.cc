#include "gateway/snapshot/vetting.h"

#include <utility>

#include "backends/net/tls.h"
#include "config/base/text.h"
#include "gateway/decide/policy_tests.h"
#include "routing/classify/topic_model.h"
#include "routing/lint/policy_linter.h"

namespace headgate::gateway {
namespace {

// The certificates that the daemon opens when it starts.
std::vector<config::Diagnostic> CertificateProblems(const config::Config& config) {
  std::vector<config::Diagnostic> problems;
  if (const auto& tls = config.server.tls) {
    const auto context = backends::MakeServerContext(tls->certificate, tls->private_key);
    if (!context.ok()) {
      problems.push_back(
          ToDiagnostic(context.status(), config.places.at("server.tls"), "server.tls"));
    }
  }
  for (const config::Backend& backend : config.backends) {
    if (backend.ca.empty()) continue;
    const auto context = backends::MakeClientContext(backend.ca);
    if (context.ok()) continue;
    problems.push_back(ToDiagnostic(context.status(), backend.place,
                                    config::Concat("backends.", backend.name, ".ca")));
  }
  return problems;
}

std::optional<config::Diagnostic> TopicModelProblem(const config::Config& config) {
  const std::optional<config::TopicModelFile>& file = config.classifier.model;
  if (!file) return std::nullopt;
  const auto model = routing::TopicModel::Parse(file->bytes);
  if (model.ok()) return std::nullopt;
  return ToDiagnostic(model.status(), file->place, "classifier.model");
}

}  // namespace

config::Diagnostic ToDiagnostic(const absl::Status& status, config::Place place, std::string path) {
  const std::string message(status.message());
  const std::size_t cut = message.rfind("; ");
  if (cut == std::string::npos)
    return {std::move(place), std::move(path), message, "correct what it names"};
  return {std::move(place), std::move(path), message.substr(0, cut), message.substr(cut + 2)};
}

config::Diagnostic Located(const absl::Status& status, const config::Config& config,
                           const std::string& file) {
  config::Diagnostic found = ToDiagnostic(status, {file, 0}, "");
  const std::size_t cut = found.problem.find(": ");
  if (cut == std::string::npos) return found;
  const auto place = config.places.find(std::string_view(found.problem).substr(0, cut));
  if (place == config.places.end()) return found;
  found.place = place->second;
  found.path = place->first;
  found.problem.erase(0, cut + 2);
  return found;
}

Vetted Vet(const std::string& path, const config::Environment& environment,
           const config::Config* running, config::Secrets secrets) {
  config::LoadResult loaded = config::LoadFile(path, environment, running, secrets);
  Vetted vetted;
  vetted.files = std::move(loaded.files);
  vetted.errors = std::move(loaded.diagnostics);
  vetted.missing_secrets = std::move(loaded.missing_secrets);
  vetted.config = std::move(loaded.config);
  if (!vetted.config) return vetted;
  vetted.errors = CertificateProblems(*vetted.config);
  if (std::optional<config::Diagnostic> problem = TopicModelProblem(*vetted.config)) {
    vetted.errors.push_back(*std::move(problem));
    return vetted;
  }
  auto policy = routing::CompiledPolicy::Compile(*vetted.config);
  if (!policy.ok()) {
    vetted.errors.push_back(ToDiagnostic(policy.status(), {path, 0}, ""));
    return vetted;
  }
  vetted.policy = *std::move(policy);
  vetted.failed_tests = RunPolicyTests(*vetted.config, *vetted.policy);
  vetted.warnings =
      config::SiftWarnings(*vetted.config, routing::LintPolicy(*vetted.config, *vetted.policy));
  return vetted;
}

}  // namespace headgate::gateway

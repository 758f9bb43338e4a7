#include "gateway/snapshot/validation.h"

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
          ToDiagnostic(context.status(), config.locations.at("server.tls"), "server.tls"));
    }
  }
  for (const config::Backend& backend : config.backends) {
    if (backend.ca.empty()) continue;
    const auto context = backends::MakeClientContext(backend.ca);
    if (context.ok()) continue;
    problems.push_back(ToDiagnostic(context.status(), backend.location,
                                    config::Concat("backends.", backend.name, ".ca")));
  }
  if (config.alerts && !config.alerts->ca.empty()) {
    const auto context = backends::MakeClientContext(config.alerts->ca);
    if (!context.ok()) {
      problems.push_back(ToDiagnostic(context.status(), config.alerts->location, "alerts.ca"));
    }
  }
  return problems;
}

std::optional<config::Diagnostic> TopicModelProblem(const config::Config& config) {
  const std::optional<config::TopicModelFile>& file = config.classifier.model;
  if (!file) return std::nullopt;
  const auto model = routing::TopicModel::Parse(file->bytes);
  absl::Status status = model.status();
  if (model.ok()) {
    const std::size_t own = routing::OwnTopics(*model);
    if (own <= routing::kMostOwnTopics) return std::nullopt;
    status = absl::InvalidArgumentError(
        config::Concat("has ", own, " topics beside general, code and math, and a policy takes ",
                       routing::kMostOwnTopics, "; train it with fewer topics"));
  }
  config::Diagnostic problem = ToDiagnostic(status, file->location, "classifier.model");
  problem.problem.insert(0, config::Concat("`", file->path, "` "));
  return problem;
}

}  // namespace

config::Diagnostic ToDiagnostic(const absl::Status& status, config::SourceLocation location,
                                std::string path) {
  const std::string message(status.message());
  const std::size_t cut = message.rfind("; ");
  if (cut == std::string::npos)
    return {std::move(location), std::move(path), message, "correct what it names"};
  return {std::move(location), std::move(path), message.substr(0, cut), message.substr(cut + 2)};
}

config::Diagnostic Located(const absl::Status& status, const config::Config& config,
                           const std::string& file) {
  config::Diagnostic found = ToDiagnostic(status, {file, 0}, "");
  const std::size_t cut = found.problem.find(": ");
  if (cut == std::string::npos) return found;
  const auto location = config.locations.find(std::string_view(found.problem).substr(0, cut));
  if (location == config.locations.end()) return found;
  found.location = location->second;
  found.path = location->first;
  found.problem.erase(0, cut + 2);
  return found;
}

ValidatedConfig ValidateConfig(const std::string& path, const config::Environment& environment,
                               const config::Config* running, config::Secrets secrets) {
  config::LoadResult loaded = config::LoadFile(path, environment, running, secrets);
  ValidatedConfig validated;
  validated.files = std::move(loaded.files);
  validated.written = std::move(loaded.written);
  validated.errors = std::move(loaded.diagnostics);
  validated.missing_secrets = std::move(loaded.missing_secrets);
  validated.config = std::move(loaded.config);
  if (!validated.config) return validated;
  validated.errors = CertificateProblems(*validated.config);
  if (std::optional<config::Diagnostic> problem = TopicModelProblem(*validated.config)) {
    validated.errors.push_back(*std::move(problem));
    return validated;
  }
  auto policy = routing::CompiledPolicy::Compile(*validated.config);
  if (!policy.ok()) {
    validated.errors.push_back(ToDiagnostic(policy.status(), {path, 0}, ""));
    return validated;
  }
  validated.policy = *std::move(policy);
  validated.failed_tests = RunPolicyTests(*validated.config, *validated.policy);
  validated.warnings = config::SiftWarnings(
      *validated.config, routing::LintPolicy(*validated.config, *validated.policy));
  return validated;
}

}  // namespace headgate::gateway

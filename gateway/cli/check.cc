#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/responses/open_store.h"
#include "gateway/snapshot/certificates.h"
#include "gateway/snapshot/validation.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::vector<std::string> named;  // with --config
  bool json = false;
  bool strict = false;   // a warning counts as a problem too
  bool secrets = false;  // a missing secret counts as a problem too
};

namespace json = boost::json;

struct Finding {
  const char* severity;  // error, failed_test, warning, missing_secret
  config::Diagnostic diagnostic;
  std::string_view warning;  // the name of the kind; empty unless it is a warning
};

struct Checked {
  std::vector<Finding> findings;
  std::size_t tests = 0;
  std::map<std::string_view, std::size_t> allowed;  // warnings switched off, by name
};

void Add(const char* severity, std::vector<config::Diagnostic> diagnostics, Checked& checked) {
  for (config::Diagnostic& diagnostic : diagnostics) {
    checked.findings.push_back({severity, std::move(diagnostic), {}});
  }
}

void Add(config::SiftedWarnings warnings, Checked& checked) {
  for (config::FoundWarning& found : warnings.shown) {
    checked.findings.push_back(
        {"warning", std::move(found.diagnostic), config::NameOf(found.kind)});
  }
  for (const config::FoundWarning& found : warnings.allowed) {
    ++checked.allowed[config::NameOf(found.kind)];
  }
}

Checked CheckFile(const std::string& path) {
  ValidatedConfig validated =
      ValidateConfig(path, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  Checked checked;
  Add("error", std::move(validated.errors), checked);
  Add("missing_secret", std::move(validated.missing_secrets), checked);
  if (validated.policy == nullptr) return checked;
  checked.tests = validated.config->tests.size();
  Add("failed_test", std::move(validated.failed_tests), checked);
  Add(std::move(validated.warnings), checked);
  Add(config::SiftWarnings(*validated.config, ExpiryWarnings(CertificateExpiries(*validated.config),
                                                             std::chrono::system_clock::now())),
      checked);
  Add(config::SiftWarnings(*validated.config, StateWarnings(*validated.config)), checked);
  return checked;
}

json::object ToJson(const Finding& finding) {
  const config::Diagnostic& diagnostic = finding.diagnostic;
  json::object out{{"severity", finding.severity},     {"file", diagnostic.location.file},
                   {"line", diagnostic.location.line}, {"path", diagnostic.path},
                   {"problem", diagnostic.problem},    {"fix", diagnostic.fix}};
  if (!finding.warning.empty()) out["warning"] = finding.warning;
  return out;
}

std::string Mark(const Finding& finding) {
  if (!finding.warning.empty()) return config::Concat(" [warning: ", finding.warning, "]");
  return std::string_view(finding.severity) == "missing_secret" ? " [note]" : "";
}

bool IsProblem(const Finding& finding, const CheckOptions& options) {
  const std::string_view severity = finding.severity;
  if (severity == "warning") return options.strict;
  return severity != "missing_secret" || options.secrets;
}

std::string Counted(std::size_t count, std::string_view thing) {
  return config::Concat(count, " ", thing, count == 1 ? "" : "s");
}

// ", 3 warnings switched off (residency_region 2, target_unused)"
std::string SwitchedOff(const Checked& checked) {
  std::size_t count = 0;
  std::vector<std::string> names;
  for (const auto& [name, times] : checked.allowed) {
    count += times;
    names.push_back(times == 1 ? std::string(name) : config::Concat(name, " ", times));
  }
  if (count == 0) return {};
  return config::Concat(", ", Counted(count, "warning"), " switched off (",
                        config::Join(names, ", "), ")");
}

void PrintSummary(const std::string& path, std::size_t problems, const Checked& checked) {
  const bool failed = std::any_of(
      checked.findings.begin(), checked.findings.end(),
      [](const Finding& finding) { return std::string_view(finding.severity) == "failed_test"; });
  if (failed) std::cout << "`headgate explain` shows why a request gets its route and target\n";
  std::cout << path << ": " << (problems == 0 ? "good" : Counted(problems, "problem")) << ", "
            << Counted(checked.tests, "policy test") << SwitchedOff(checked) << "\n";
}

int Check(const CheckOptions& options) {
  std::size_t problems = 0;
  json::array files;
  for (const std::string& path : options.files) {
    const Checked checked = CheckFile(path);
    json::array findings;
    std::size_t here = 0;
    for (const Finding& finding : checked.findings) {
      if (IsProblem(finding, options)) ++here;
      findings.push_back(ToJson(finding));
      if (!options.json) {
        std::cout << config::ToString(finding.diagnostic) << Mark(finding) << "\n";
      }
    }
    problems += here;
    json::object switched_off;
    for (const auto& [name, count] : checked.allowed) switched_off[name] = count;
    files.push_back(json::object{{"file", path},
                                 {"good", here == 0},
                                 {"tests", checked.tests},
                                 {"findings", std::move(findings)},
                                 {"warnings_switched_off", std::move(switched_off)}});
    if (!options.json) PrintSummary(path, here, checked);
  }
  if (options.json) std::cout << json::serialize(files) << "\n";
  return problems == 0 ? 0 : 1;
}

}  // namespace

void AddCheck(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* const check =
      app.add_subcommand("check", "validate configurations and run their policy tests");
  CLI::Option_group* const which = check->add_option_group("which");
  which->add_option("FILE", options->files, "configuration files");
  which->add_option("--config", options->named,
                    "a configuration file, with the option of other commands");
  which->require_option();
  check->add_flag("--json", options->json, "print JSON");
  check->add_flag("--strict", options->strict, "fail on warnings too");
  check->add_flag("--secrets", options->secrets, "fail on missing secrets too, as serve does");
  check->callback([&chosen, options] {
    options->files.insert(options->files.end(), options->named.begin(), options->named.end());
    chosen = [options] { return Check(*options); };
  });
}

}  // namespace headgate::gateway

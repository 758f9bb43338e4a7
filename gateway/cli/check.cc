#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <memory>

#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/vetting.h"
#include "routing/policy.h"
#include "routing/smells.h"

namespace headgate::gateway {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool json = false;
  bool strict = false;   // what is only suspicious counts as a problem too
  bool secrets = false;  // and so does a secret that is not there
};

namespace json = boost::json;

struct Finding {
  const char* severity;  // error, failed_test, warning, missing_secret
  config::Diagnostic diagnostic;
};

struct Checked {
  std::vector<Finding> findings;
  std::size_t tests = 0;
};

void Add(const char* severity, std::vector<config::Diagnostic> diagnostics, Checked& checked) {
  for (config::Diagnostic& diagnostic : diagnostics) {
    checked.findings.push_back({severity, std::move(diagnostic)});
  }
}

Checked CheckFile(const std::string& path) {
  Vetted vetted = Vet(path, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  Checked checked;
  Add("error", std::move(vetted.errors), checked);
  Add("missing_secret", std::move(vetted.missing_secrets), checked);
  if (vetted.policy == nullptr) return checked;
  checked.tests = vetted.config->tests.size();
  Add("failed_test", std::move(vetted.failed_tests), checked);
  Add("warning", routing::Smells(*vetted.config, *vetted.policy), checked);
  return checked;
}

json::object ToJson(const Finding& finding) {
  const config::Diagnostic& diagnostic = finding.diagnostic;
  return {{"severity", finding.severity},  {"file", diagnostic.place.file},
          {"line", diagnostic.place.line}, {"path", diagnostic.path},
          {"problem", diagnostic.problem}, {"fix", diagnostic.fix}};
}

std::string_view Mark(const Finding& finding) {
  const std::string_view severity = finding.severity;
  return severity == "warning" ? " [warning]" : severity == "missing_secret" ? " [note]" : "";
}

bool IsProblem(const Finding& finding, const CheckOptions& options) {
  const std::string_view severity = finding.severity;
  if (severity == "warning") return options.strict;
  return severity != "missing_secret" || options.secrets;
}

std::string Counted(std::size_t problems) {
  if (problems == 0) return "good";
  return std::to_string(problems) + (problems == 1 ? " problem" : " problems");
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
    files.push_back(json::object{{"file", path},
                                 {"good", here == 0},
                                 {"tests", checked.tests},
                                 {"findings", std::move(findings)}});
    if (options.json) continue;
    std::cout << path << ": " << Counted(here) << ", " << checked.tests << " policy tests\n";
  }
  if (options.json) std::cout << json::serialize(files) << "\n";
  return problems == 0 ? 0 : 1;
}

}  // namespace

void AddCheck(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* const check =
      app.add_subcommand("check", "validate configurations and run their policy tests");
  check->add_option("FILE", options->files, "configuration files")->required();
  check->add_flag("--json", options->json, "print JSON");
  check->add_flag("--strict", options->strict, "warnings fail too");
  check->add_flag("--secrets", options->secrets, "secrets that are not there fail, as for serve");
  check->callback([&chosen, options] { chosen = [options] { return Check(*options); }; });
}

}  // namespace headgate::gateway

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <memory>

#include "backends/net/tls.h"
#include "config/load.h"
#include "config/text.h"
#include "gateway/cli/commands.h"
#include "gateway/policy_tests.h"
#include "gateway/snapshot.h"
#include "routing/policy.h"
#include "routing/smells.h"

namespace headgate::gateway {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool json = false;
  bool strict = false;  // what is only suspicious counts as a problem too
};

namespace json = boost::json;

struct Finding {
  const char* severity;  // error, failed_test, warning
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

// The certificates that the daemon opens when it starts.
std::vector<config::Diagnostic> CertificateProblems(const config::Config& config,
                                                    const std::string& file) {
  std::vector<config::Diagnostic> problems;
  if (const auto& tls = config.server.tls) {
    const auto context = backends::MakeServerContext(tls->certificate, tls->private_key);
    if (!context.ok()) {
      problems.push_back(ToDiagnostic(context.status(), {file, 0}, "server.tls"));
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

Checked CheckFile(const std::string& path) {
  Checked checked;
  config::LoadResult loaded = config::LoadFile(path, config::ProcessEnvironment());
  Add("error", std::move(loaded.diagnostics), checked);
  if (!loaded.config) return checked;
  Add("error", CertificateProblems(*loaded.config, path), checked);
  const auto policy = routing::CompiledPolicy::Compile(*loaded.config);
  if (!policy.ok()) {
    Add("error", {{{path, 0}, "", std::string(policy.status().message()), "mend it"}}, checked);
    return checked;
  }
  checked.tests = loaded.config->tests.size();
  Add("failed_test", RunPolicyTests(*loaded.config, **policy), checked);
  Add("warning", routing::Smells(*loaded.config, **policy), checked);
  return checked;
}

json::object ToJson(const Finding& finding) {
  const config::Diagnostic& diagnostic = finding.diagnostic;
  return {{"severity", finding.severity},  {"file", diagnostic.place.file},
          {"line", diagnostic.place.line}, {"path", diagnostic.path},
          {"problem", diagnostic.problem}, {"fix", diagnostic.fix}};
}

bool IsProblem(const Finding& finding, bool strict) {
  return strict || std::string_view(finding.severity) != "warning";
}

int Check(const CheckOptions& options) {
  std::size_t problems = 0;
  json::array files;
  for (const std::string& path : options.files) {
    const Checked checked = CheckFile(path);
    json::array findings;
    std::size_t here = 0;
    for (const Finding& finding : checked.findings) {
      if (IsProblem(finding, options.strict)) ++here;
      findings.push_back(ToJson(finding));
      if (!options.json) {
        std::cout << config::ToString(finding.diagnostic)
                  << (std::string_view(finding.severity) == "warning" ? " [warning]" : "") << "\n";
      }
    }
    problems += here;
    files.push_back(json::object{{"file", path},
                                 {"good", here == 0},
                                 {"tests", checked.tests},
                                 {"findings", std::move(findings)}});
    if (options.json) continue;
    std::cout << path << ": " << (here == 0 ? "good" : std::to_string(here) + " problems") << ", "
              << checked.tests << " policy tests\n";
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
  check->callback([&chosen, options] { chosen = [options] { return Check(*options); }; });
}

}  // namespace headgate::gateway

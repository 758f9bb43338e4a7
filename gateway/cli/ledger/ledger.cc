#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "config/base/text.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/ledger/commands.h"
#include "policy/ledger/report/report_text.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

struct LedgerOptions {
  std::string config = "headgate.yaml";
  std::vector<std::string> by = {"team"};
  std::string since;
  std::string until;
  bool csv = false;
  bool json = false;
};

std::int64_t ThisMonth() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return policy::MonthStart(policy::DayOf(ms)) * policy::kHoursPerDay;
}

// Returns a problem, or nothing.
std::string ReadTimes(const LedgerOptions& options, policy::SpendQuery& query) {
  query.since = ThisMonth();
  for (const auto& [name, text, hour] : {std::tuple("--since", options.since, &query.since),
                                         std::tuple("--until", options.until, &query.until)}) {
    if (text.empty()) continue;
    const std::optional<std::int64_t> read = policy::ParseHour(text);
    if (!read) {
      return config::Concat(name, " ", text,
                            " is not a time; write 2026-11, 2026-11-29 or 2026-11-29T13 (UTC)");
    }
    *hour = *read;
  }
  if (query.since < query.until) return {};
  return "--since is not before --until";
}

std::string ReadBy(const LedgerOptions& options, policy::SpendQuery& query) {
  for (const std::string& word : options.by) {
    const auto found = std::find_if(policy::kSpendByWords.begin(), policy::kSpendByWords.end(),
                                    [&](const auto& known) { return known.text == word; });
    if (found == policy::kSpendByWords.end()) {
      std::string words;
      for (const auto& known : policy::kSpendByWords) {
        words += config::Concat(words.empty() ? "" : ", ", known.text);
      }
      return config::Concat("--by ", word, " is not known; write some of: ", words);
    }
    query.by.push_back(found->meaning);
  }
  return {};
}

int PrintLedger(const LedgerOptions& options) {
  const std::optional<config::Config> config = ConfigWithLedger(options.config);
  if (!config) return 1;
  policy::SpendQuery query;
  std::string problem = ReadTimes(options, query);
  if (problem.empty()) problem = ReadBy(options, query);
  if (!problem.empty()) return FailLedger(problem);
  const absl::StatusOr<policy::SpendReport> report = ReadSpend(LedgerFolder(*config), query);
  if (!report.ok()) return FailLedger(std::string(report.status().message()));
  if (options.json) {
    std::cout << ReportJson(*report);
  } else if (options.csv) {
    std::cout << ReportCsv(*report);
  } else {
    const bool open = query.until == std::numeric_limits<std::int64_t>::max();
    std::cout << "Requests that began from " << policy::HourText(query.since) << " to "
              << (open ? "now" : policy::HourText(query.until)) << " (UTC)\n\n"
              << ReportTable(*report);
  }
  return 0;
}

void AddReconcile(CLI::App& ledger, Command& chosen) {
  const auto options = std::make_shared<ReconcileOptions>();
  options->config = "headgate.yaml";
  CLI::App* const reconcile = ledger.add_subcommand(
      "reconcile", "compare the ledger with a provider's usage export, by day and model");
  reconcile->add_option("--config", options->config, "the configuration file")
      ->capture_default_str();
  reconcile->add_option("--invoice", options->invoice, "usage export of OpenAI or Anthropic (CSV)")
      ->required();
  reconcile->add_option("--backend", options->backend, "the backend that it is about")->required();
  reconcile->add_flag("--json", options->json, "print JSON");
  reconcile->callback([&chosen, options] { chosen = [options] { return Reconcile(*options); }; });
}

void AddImport(CLI::App& ledger, Command& chosen) {
  const auto options = std::make_shared<LedgerImportOptions>();
  options->config = "headgate.yaml";
  CLI::App* const import = ledger.add_subcommand(
      "import", "add the requests of access logs that the ledger has not got");
  import->add_option("--config", options->config, "the configuration file")->capture_default_str();
  import->add_option("files", options->files, "access logs (JSON lines); - reads standard input")
      ->required();
  import->callback([&chosen, options] { chosen = [options] { return ImportAccessLog(*options);
};
}  // namespace
);
}  // namespace headgate::gateway

}  // namespace

std::optional<config::Config> ConfigWithLedger(const std::string& path) {
  config::LoadResult loaded =
      config::LoadFile(path, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) return std::nullopt;
  if (!loaded.config->ledger) {
    FailLedger(path + " has no `ledger`; add `ledger: {path: /var/lib/headgate/ledger}`");
    return std::nullopt;
  }
  return std::move(*loaded.config);
}

int FailLedger(const std::string& text) {
  std::cerr << "headgate: " << text << "\n";
  return 1;
}

void AddLedger(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<LedgerOptions>();
  CLI::App* const ledger = app.add_subcommand("ledger", "what was spent, by whatever you ask for");
  ledger->add_option("--config", options->config, "the configuration file")->capture_default_str();
  ledger
      ->add_option("--by", options->by,
                   "team, key, route, class, model, backend, target, hosting, billed_as, hour, "
                   "day, month; several with commas")
      ->delimiter(',')
      ->capture_default_str();
  ledger->add_option("--since", options->since,
                     "the first hour: 2026-11, 2026-11-29 or 2026-11-29T13 (default: this month)");
  ledger->add_option("--until", options->until, "the first hour that is left out (default: now)");
  ledger->add_flag("--csv", options->csv, "print CSV, exact to the nano-dollar");
  ledger->add_flag("--json", options->json, "print JSON, exact to the nano-dollar");
  ledger->require_subcommand(0, 1);
  AddImport(*ledger, chosen);
  AddReconcile(*ledger, chosen);
  // A subcommand's callback runs before this one.
  ledger->callback([&chosen, options, ledger] {
    if (ledger->get_subcommands().empty()) chosen = [options] { return PrintLedger(*options); };
  });
}

}  // namespace headgate::gateway

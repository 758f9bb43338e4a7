#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/ledger/commands.h"
#include "gateway/cli/ledger/list_price.h"
#include "policy/ledger/report/report_text.h"
#include "policy/ledger/report/report_time.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

using policy::SpendBy;

constexpr std::array kFilters = {SpendBy::kTeam, SpendBy::kKey, SpendBy::kRoute, SpendBy::kModel,
                                 SpendBy::kTarget};

struct LedgerOptions {
  std::string config = "headgate.yaml";
  std::string folder;  // instead of the configuration's; empty: none
  std::vector<std::string> by = {"team"};
  std::string since;  // empty: this month
  std::string until;
  std::string zone = "UTC";
  std::array<std::string, kFilters.size()> filters;  // empty: all
  bool baseline = false;
  bool csv = false;
  bool json = false;
};

// What is asked of which ledger.
struct LedgerQuestion {
  std::string folder;
  std::optional<config::Config> config;
  policy::SpendQuery query;
};

absl::Status ReadTimes(const LedgerOptions& options, policy::SpendQuery& query) {
  const std::int64_t now = policy::HourOf(absl::ToUnixMillis(absl::Now()));
  absl::StatusOr<policy::LocalHours> zone = policy::LocalHours::Of(options.zone, now);
  if (!zone.ok()) return zone.status();
  query.zone = *std::move(zone);
  const std::int64_t today = policy::DayOfHour(query.zone.Shown(now));
  query.since = query.zone.WhenShown(policy::MonthStart(today) * policy::kHoursPerDay);
  for (const auto& [text, hour] :
       {std::pair(options.since, &query.since), std::pair(options.until, &query.until)}) {
    if (text.empty()) continue;
    const absl::StatusOr<std::int64_t> read = policy::ReadReportTime(text, query.zone, now);
    if (!read.ok()) return read.status();
    *hour = *read;
  }
  if (query.since < query.until) return absl::OkStatus();
  return absl::InvalidArgumentError("--since is not before --until");
}

absl::Status ReadBy(const LedgerOptions& options, policy::SpendQuery& query) {
  for (const std::string& word : options.by) {
    const auto found = std::find_if(policy::kSpendByWords.begin(), policy::kSpendByWords.end(),
                                    [&](const auto& known) { return known.text == word; });
    if (found == policy::kSpendByWords.end()) {
      std::string words;
      for (const auto& known : policy::kSpendByWords) {
        words += config::Concat(words.empty() ? "" : ", ", known.text);
      }
      return absl::InvalidArgumentError(
          config::Concat("--by ", word, " is not known; write some of: ", words));
    }
    query.by.push_back(found->meaning);
  }
  for (std::size_t i = 0; i < kFilters.size(); ++i) {
    const std::string& value = options.filters[i];
    if (!value.empty()) query.filters.push_back({kFilters[i], value == "-" ? "" : value});
  }
  return absl::OkStatus();
}

// Prints what is wrong, and returns nothing then.
std::optional<LedgerQuestion> Ask(const LedgerOptions& options) {
  LedgerQuestion question{.folder = options.folder, .config = std::nullopt, .query = {}};
  if (options.folder.empty() || options.baseline) {
    question.config = ConfigWithLedger(options.config);
    if (!question.config) return std::nullopt;
  }
  if (options.folder.empty()) question.folder = LedgerFolder(*question.config);
  absl::Status status = ReadTimes(options, question.query);
  if (status.ok()) status = ReadBy(options, question.query);
  if (status.ok()) return question;
  FailLedger(std::string(status.message()));
  return std::nullopt;
}

// Returns false after it has printed why there is no baseline.
bool CompareWithBaseline(const config::Config& config, policy::SpendReport& report) {
  if (!config.baseline) {
    FailLedger("the configuration has no `baseline`; write for example `baseline: gpt-4.1@openai`");
    return false;
  }
  const std::optional<config::PriceRow> price = PriceOfTarget(config, *config.baseline);
  if (!price) {
    FailLedger(config::Concat("the baseline ", config.baseline->model, "@",
                              config.baseline->backend,
                              " has no price; write one under its backend, `models`"));
    return false;
  }
  AddBaseline(*price, report);
  return true;
}

// A total of 0 may be the result of a filter that is misspelt.
void TellUnknownFilters(const policy::SpendQuery& query, const policy::SpendReport& report) {
  for (std::size_t i = 0; i < query.filters.size(); ++i) {
    const policy::SpendFilter& filter = query.filters[i];
    const std::set<std::string>& seen = report.seen[i];
    if (seen.contains(filter.value)) continue;
    const std::string_view what = config::WordFor(policy::kSpendByWords, filter.by);
    std::vector<std::string> known;
    std::copy_if(seen.begin(), seen.end(), std::back_inserter(known),
                 [](const std::string& value) { return !value.empty(); });
    std::cerr << "headgate: nobody sent requests of " << what << " "
              << (filter.value.empty() ? "-" : filter.value) << " in this time"
              << (known.empty() ? "" : "; " + config::DidYouMean(filter.value, known)) << "\n";
  }
}

void PrintNotes(const LedgerQuestion& question, const policy::SpendReport& report) {
  if (report.rent > 0) {
    std::cout << "\nCost includes " << policy::RoundedUsd(report.rent)
              << " USD of rent of the slots that requests held. Idle rent belongs to no team and "
                 "is not in it.\n";
  }
  if (report.baseline) {
    const config::TargetReference& target = *question.config->baseline;
    std::cout << "\nAt baseline: the same tokens at standard prices of " << target.model << "@"
              << target.backend << ". It might have written more or less.\n";
  }
}

int PrintLedger(const LedgerOptions& options) {
  const std::optional<LedgerQuestion> question = Ask(options);
  if (!question) return 1;
  const policy::SpendQuery& query = question->query;
  absl::StatusOr<policy::SpendReport> report = ReadSpend(question->folder, query);
  if (!report.ok()) return FailLedger(std::string(report.status().message()));
  if (options.baseline && !CompareWithBaseline(*question->config, *report)) return 1;
  TellUnknownFilters(query, *report);
  if (options.json) {
    std::cout << ReportJson(*report);
  } else if (options.csv) {
    std::cout << ReportCsv(*report);
  } else {
    const auto shown = [&](std::int64_t hour) { return policy::HourText(query.zone.Shown(hour)); };
    const bool open = query.until == std::numeric_limits<std::int64_t>::max();
    std::cout << "Requests that began from " << shown(query.since) << " to "
              << (open ? "now" : shown(query.until)) << " (" << query.zone.name() << ")\n\n"
              << ReportTable(*report);
    PrintNotes(*question, *report);
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

void AddWhat(CLI::App& ledger, LedgerOptions& options) {
  ledger
      .add_option("--by", options.by,
                  "team, key, route, class, model, backend, target, hosting, billed_as, hour, "
                  "day, month; several with commas")
      ->delimiter(',')
      ->capture_default_str();
  ledger.add_option("--since", options.since,
                    "the first hour: 2026-11, 2026-11-29, 2026-11-29T13, today, yesterday, 7d or "
                    "12h ago (default: this month)");
  ledger.add_option("--until", options.until, "the first hour that is left out (default: now)");
  ledger.add_option("--zone", options.zone, "the time zone of hours, days and months")
      ->capture_default_str();
  for (std::size_t i = 0; i < kFilters.size(); ++i) {
    const std::string what(config::WordFor(policy::kSpendByWords, kFilters[i]));
    ledger.add_option("--" + what, options.filters[i],
                      "only requests of this " + what + "; - for those without");
  }
}

}  // namespace

std::optional<config::Config> ConfigWithLedger(const std::string& path) {
  config::LoadResult loaded =
      config::LoadFile(path, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) {
    FailLedger("the configuration cannot be used; `headgate ledger --ledger DIR` needs none");
    return std::nullopt;
  }
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
  ledger->add_option("--ledger", options->folder,
                     "the folder of the ledger, without a configuration");
  AddWhat(*ledger, *options);
  ledger->add_flag("--baseline", options->baseline,
                   "also what the same tokens would have cost at the configuration's `baseline`");
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

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "config/load.h"
#include "gateway/cli/budgets/budget_lines.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/key/daemon.h"
#include "policy/budgets/budget_table.h"
#include "policy/budgets/restore_budgets.h"

namespace headgate::gateway {
namespace {

using Lines = std::vector<BudgetLine>;

int FailBudgets(absl::string_view why) {
  std::cerr << "headgate budgets: " << why << "\n";
  return 1;
}

// Reads the file of the daemon; nullopt if none is named, or it cannot be used.
std::optional<config::Config> ConfigOf(const AtDaemon& daemon) {
  std::error_code ignored;
  if (daemon.config.empty() || !std::filesystem::exists(daemon.config, ignored)) {
    return std::nullopt;
  }
  config::LoadResult loaded = config::LoadFile(daemon.config, config::ProcessEnvironment(), nullptr,
                                               config::Secrets::kOptional);
  return std::move(loaded.config);
}

// The budgets of a configuration, with what its ledger says of them.
absl::StatusOr<Lines> LinesOfLedger(const config::Config& config, std::int64_t now) {
  const policy::BudgetTable table(config, {}, nullptr);
  Lines lines;
  for (const policy::BudgetTable::Entry& entry : table.entries()) {
    const absl::StatusOr<NanoUsd> spent =
        policy::SpentInLedger(LedgerFolder(config), entry.budget, entry.spend->At(now).bounds());
    if (!spent.ok()) return spent.status();
    lines.push_back(LineOf(entry.budget, *spent, now));
  }
  return lines;
}

// What the daemon says. What it leaves out is that of the configuration.
absl::StatusOr<Lines> LinesOfDaemon(const AtDaemon& daemon, const config::Config* config,
                                    std::int64_t now) {
  const absl::StatusOr<boost::json::object> status = AskDaemon(daemon, {"GET", "/status", {}});
  if (!status.ok()) return status.status();
  const auto* const entries = status->if_contains("budgets");
  if (entries == nullptr || !entries->is_array()) {
    return absl::UnavailableError("what answers there is not headgate's admin port");
  }
  Lines lines;
  for (const boost::json::value& entry : entries->as_array()) {
    if (!entry.is_object()) continue;
    BudgetLine said;
    ReadStatus(entry.as_object(), said);
    BudgetLine& line = lines.emplace_back(said);
    if (config == nullptr) continue;
    const auto same = [&](const config::Budget& budget) { return NameOf(budget) == said.budget; };
    const auto found = std::find_if(config->budgets.begin(), config->budgets.end(), same);
    if (found == config->budgets.end()) continue;
    line = LineOf(*found, said.spent, now);
    ReadStatus(entry.as_object(), line);
  }
  return lines;
}

absl::StatusOr<Lines> ReadBudgets(const AtDaemon& daemon, std::int64_t now) {
  const std::optional<config::Config> config = ConfigOf(daemon);
  absl::StatusOr<Lines> said = LinesOfDaemon(daemon, config ? &*config : nullptr, now);
  const bool nobody = absl::IsUnavailable(said.status());
  if (said.ok() || !nobody || !daemon.admin.empty() || !config || !config->ledger) return said;
  std::cerr << "headgate budgets: no daemon answers at the admin address of " << daemon.config
            << "; this is from the ledger\n";
  return LinesOfLedger(*config, now);
}

int PrintBudgets(const AtDaemon& daemon) {
  const std::int64_t now = absl::ToUnixMillis(absl::Now());
  const absl::StatusOr<Lines> lines = ReadBudgets(daemon, now);
  if (!lines.ok()) return FailBudgets(lines.status().message());
  if (daemon.json) {
    std::cout << boost::json::serialize(
                     boost::json::object{{"budgets", BudgetsToJson(*lines, now)}})
              << "\n";
    return 0;
  }
  std::cout << BudgetsText(*lines, now);
  if (lines->empty())
    std::cout << "There are no budgets; `budgets` of the configuration has them.\n";
  return 0;
}

}  // namespace

void AddBudgets(CLI::App& app, Command& chosen) {
  const auto daemon = std::make_shared<AtDaemon>();
  CLI::App* const budgets = app.add_subcommand(
      "budgets", "what is spent of each budget, from a running daemon or the ledger");
  budgets->add_option("--config", daemon->config,
                      "the configuration, for the daemon's admin address and the ledger (default: "
                      "headgate.yaml)");
  budgets->add_option("--admin", daemon->admin, "the admin address HOST:PORT of a running daemon");
  budgets->add_flag("--json", daemon->json, "print JSON, exact to the nano-dollar");
  budgets->callback(
      [&chosen, daemon] { chosen = [daemon] { return PrintBudgets(DaemonOf(*daemon)); }; });
}

}  // namespace headgate::gateway

#include "gateway/accounting/open_ledger.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/log/operator_log.h"
#include "gateway/log/signals.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

absl::Status Refused(const config::Config& config, const absl::Status& status) {
  const std::string_view path = config.ledger->folder.empty() ? "server.state" : "ledger.path";
  const std::string_view why(status.message().data(), status.message().size());
  const auto has = [why](std::string_view words) {
    return why.find(words) != std::string_view::npos;
  };
  const bool is_full = has("disk is full") || has("No space left") || has("Disk quota exceeded");
  return absl::InvalidArgumentError(
      config::Concat(path, ": ", why,
                     is_full ? "; make room on the file system of the folder"
                             : "; the user of headgate must own the folder and everything in it"));
}

// Reads what was spent this month. If the clock is ahead of the ledger, also the last month of the
// ledger: it may be set soon.
absl::StatusOr<policy::SpendSums> SpentBefore(const std::string& folder,
                                              std::optional<std::int64_t> last_day) {
  using enum policy::SpendBy;
  const std::int64_t now = policy::DayOf(WallClockMs());
  const std::int64_t today = std::min(now, last_day.value_or(now));
  const absl::StatusOr<policy::SpendReport> report = policy::ReadSpend(
      folder,
      {.by = {kDay, kTeam, kHosting}, .since = policy::MonthStart(today) * policy::kHoursPerDay});
  if (!report.ok()) return report.status();
  policy::SpendSums spent;
  const std::string_view own = config::WordFor(config::kHostings, config::Hosting::kSelfHosted);
  for (const policy::SpendRow& row : report->rows) {
    const std::optional<std::int64_t> day = policy::ParseDay(row.values[0]);
    const config::Hosting hosting =
        row.values[2] == own ? config::Hosting::kSelfHosted : config::Hosting::kPaidApi;
    if (day) spent.Add(*day, row.values[1], hosting, row.sums.cost);
  }
  return spent;
}

}  // namespace

void TellLedgerOperator(bool failing, std::string_view what, std::string_view detail) {
  if (failing) {
    OperatorLog::Error(what, detail);
  } else {
    OperatorLog::Info(what, detail);
  }
}

absl::StatusOr<std::unique_ptr<policy::LedgerWriter>> OpenLedger(const config::Config& config) {
  if (!config.ledger) return std::unique_ptr<policy::LedgerWriter>();
  const std::string folder = LedgerFolder(config);
  auto store = std::make_unique<policy::LedgerStore>(folder, TellLedgerOperator);
  if (absl::Status status = store->Open(); !status.ok()) return Refused(config, status);
  if (store->found_running() > 0) {
    OperatorLog::Info("the ledger has estimated what a gateway left running that did not end well",
                      config::Concat(store->found_running(), " requests in ", folder));
  }
  if (config.ledger->retention.hourly < policy::kLeastHourly) {
    OperatorLog::Info("the ledger keeps sums by hour for longer than ledger.retention.hourly says",
                      config::Concat("for ", policy::kLeastHourly,
                                     " days, because budgets and metrics of a month need them"));
  }
  absl::StatusOr<policy::SpendSums> spent = SpentBefore(folder, store->last_day());
  if (!spent.ok()) return Refused(config, spent.status());
  const SignalsBlocked in_its_thread;
  return std::make_unique<policy::LedgerWriter>(std::move(store), KeepingOf(config), WallClockMs,
                                                TellLedgerOperator, *std::move(spent));
}

policy::LedgerKeeping KeepingOf(const config::Config& config) {
  const config::LedgerRetention& retention = config.ledger->retention;
  return {.requests = retention.requests,
          .hourly = std::max(retention.hourly, policy::kLeastHourly)};
}

}  // namespace headgate::gateway

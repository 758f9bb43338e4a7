#include "policy/budgets/restore_budgets.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "config/base/text.h"
#include "policy/budgets/told_shares.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kPreparedMs = 600'000;

// In the order of SpendQuery::by.
enum Column : std::size_t { kTeam, kKey, kRoute, kModel, kBackend, kHosting, kDay };

// What a budget looks at in something that was spent.
struct SpendPlace {
  std::string_view team;
  std::string_view key;
  std::string_view route;
  std::string_view model;
  std::string_view backend;
  bool paid = false;
};

bool IsCounted(const config::Budget& budget, const SpendPlace& place) {
  const auto is = [](const std::string& wanted, std::string_view name) {
    return wanted.empty() || wanted == name;
  };
  const config::BudgetScope& scope = budget.scope;
  return (place.paid || budget.counts == config::BudgetCounts::kAll) &&
         is(scope.team, place.team) && is(scope.key, place.key) && is(scope.route, place.route) &&
         is(scope.model, place.model) && is(scope.backend, place.backend);
}

using SpentByDay = std::map<std::int64_t, NanoUsd>;  // by day since 1970, UTC

SpentByDay SpentOf(const config::Budget& budget, const SpendReport& report) {
  const std::string_view paid = config::WordFor(config::kHostings, config::Hosting::kPaidApi);
  SpentByDay days;
  for (const SpendRow& row : report.rows) {
    const SpendPlace place{.team = row.values[kTeam],
                           .key = row.values[kKey],
                           .route = row.values[kRoute],
                           .model = row.values[kModel],
                           .backend = row.values[kBackend],
                           .paid = row.values[kHosting] == paid};
    if (IsCounted(budget, place)) days[ParseDay(row.values[kDay]).value_or(0)] += row.sums.cost;
  }
  return days;
}

NanoUsd SpentOf(const config::Budget& budget, const LedgerRow& row) {
  NanoUsd spent = 0;
  for (const LedgerAttempt& attempt : row.attempts) {
    const std::string_view name = attempt.target.name;
    const std::size_t at = name.rfind('@');
    const SpendPlace place{
        .team = row.labels.team,
        .key = row.labels.key,
        .route = row.labels.route,
        .model = name.substr(0, at),
        .backend = at == std::string_view::npos ? std::string_view() : name.substr(at + 1),
        .paid = attempt.target.hosting == config::Hosting::kPaidApi};
    if (IsCounted(budget, place)) spent += attempt.cost;
  }
  return spent;
}

using Hours = std::pair<std::int64_t, std::int64_t>;  // the first, and the first behind

Hours HoursOf(const BudgetBounds& bounds) {
  return {HourOf(bounds.begin), HourOf(bounds.end + kMsPerHour - 1)};
}

absl::StatusOr<SpendReport> SpentWithin(const std::string& folder, const Hours& hours) {
  return ReadSpend(folder, {.by = {SpendBy::kTeam, SpendBy::kKey, SpendBy::kRoute, SpendBy::kModel,
                                   SpendBy::kBackend, SpendBy::kHosting, SpendBy::kDay},
                            .since = hours.first,
                            .until = hours.second});
}

NanoUsd SumOf(const SpentByDay& days) {
  return std::accumulate(days.begin(), days.end(), NanoUsd{0},
                         [](NanoUsd sum, const auto& day) { return sum + day.second; });
}

// Notes what was spent when each day began, from the first day on that has spent something.
void MarkDays(const SpentByDay& days, std::int64_t now, BudgetWindow& window) {
  if (days.empty()) return;
  NanoUsd spent = 0;
  window.marks.clear();
  for (std::int64_t day = days.begin()->first; day <= DayOf(now); ++day) {
    const std::int64_t begin = day * kHoursPerDay * kMsPerHour;
    if (window.bounds().Has(begin)) window.marks.push_back({.time = begin, .spent = spent});
    if (const auto found = days.find(day); found != days.end()) spent += found->second;
  }
}

}  // namespace

BudgetRestorer::BudgetRestorer(LedgerWriter& ledger, std::string folder, LedgerAlarm alarm)
    : ledger_(ledger), folder_(std::move(folder)), alarm_(std::move(alarm)) {}

absl::Status BudgetRestorer::PutInForce(const std::shared_ptr<const BudgetTable>& table,
                                        std::int64_t now, std::chrono::milliseconds longest) {
  if (table == in_force_) return absl::OkStatus();
  // Rows that are put from here on look for the new table, before its windows count rows.
  if (in_force_ != nullptr) in_force_->ReplaceBy(table);
  in_force_ = table;
  {
    const MutexLock lock(mutex_);
    problem_ = absl::OkStatus();
  }
  for (const BudgetTable::Entry& entry : table->entries()) {
    if (entry.spend->HasRestore()) continue;
    entry.spend->RestoreWith(
        [this, budget = Restored{entry.budget, entry.name}](
            const std::shared_ptr<BudgetWindow>& window) { Restore(budget, window); });
    entry.spend->At(now);
  }
  ledger_.ReadBehindRows([this](std::int64_t) { reports_.clear(); });
  const auto until = std::chrono::steady_clock::now() + longest;
  const MutexLock lock(mutex_);
  while (waiting_ > 0) {
    if (done_.wait_until(mutex_, until) == std::cv_status::timeout) break;
  }
  return problem_;
}

void BudgetRestorer::Restore(const Restored& budget, const std::shared_ptr<BudgetWindow>& window) {
  {
    const MutexLock lock(mutex_);
    ++waiting_;
  }
  window->AwaitRest();
  window->NoteRowsBefore(ledger_.ReadBehindRows(
      [this, budget, window](std::int64_t rows) { AddRest(budget, *window, rows); }));
}

const absl::StatusOr<SpendReport>& BudgetRestorer::ReportOf(const BudgetBounds& bounds,
                                                            std::int64_t rows) {
  if (read_behind_ != rows) reports_.clear();
  read_behind_ = rows;
  const Hours hours = HoursOf(bounds);
  auto known = reports_.find(hours);
  if (known == reports_.end()) known = reports_.emplace(hours, SpentWithin(folder_, hours)).first;
  return known->second;
}

void BudgetRestorer::AddRest(const Restored& budget, BudgetWindow& window, std::int64_t rows) {
  const absl::StatusOr<SpendReport>& report = ReportOf(window.bounds(), rows);
  const ToldShare told = FindTold(ReadTold(folder_), budget.name, window.bounds().begin);
  const SpentByDay days = report.ok() ? SpentOf(budget.budget, *report) : SpentByDay();
  MarkDays(days, ledger_.Now(), window);
  window.AddRest(SumOf(days), told);
  if (!report.ok()) {
    alarm_(true, "what a budget has spent before cannot be read",
           config::Concat(budget.name, ": ", std::string(report.status().message())));
  }
  const MutexLock lock(mutex_);
  --waiting_;
  problem_.Update(report.status());
  done_.notify_all();
}

void SettleUnderNewer(const BudgetTable& table, const LedgerRow& row, std::int64_t number) {
  const std::shared_ptr<const BudgetTable> newest = table.Newest();
  if (newest == nullptr) return;
  for (const BudgetTable::Entry& entry : newest->entries()) {
    if (table.Has(entry.spend)) continue;
    // A window that is made later finds the row in the ledger.
    BudgetWindow* const window = entry.spend->Known(row.started);
    if (window == nullptr || number < window->rows_before()) continue;
    window->Settle(0, SpentOf(entry.budget, row));
  }
}

absl::StatusOr<NanoUsd> SpentInLedger(const std::string& folder, const config::Budget& budget,
                                      const BudgetBounds& bounds) {
  const absl::StatusOr<SpendReport> report = SpentWithin(folder, HoursOf(bounds));
  if (!report.ok()) return report.status();
  return SumOf(SpentOf(budget, *report));
}

void PrepareWindows(const BudgetTable& table, std::int64_t now) {
  for (const BudgetTable::Entry& entry : table.entries()) {
    const std::int64_t end = entry.spend->At(now).bounds().end;
    if (end <= now + kPreparedMs) entry.spend->Prepare(end);
  }
}

}  // namespace headgate::policy

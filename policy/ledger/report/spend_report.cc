#include "policy/ledger/report/spend_report.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "config/supply.h"
#include "policy/ledger/day_tables.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/report/ledger_files.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

std::string ValueOf(SpendBy by, const LedgerLabels& labels, const LedgerTarget& target) {
  const std::size_t at = target.name.rfind('@');
  switch (by) {
    case SpendBy::kTeam:
      return std::string(labels.team);
    case SpendBy::kKey:
      return std::string(labels.key);
    case SpendBy::kRoute:
      return std::string(labels.route);
    case SpendBy::kClass:
      return std::string(labels.request_class);
    case SpendBy::kModel:
      return std::string(target.name.substr(0, at));
    case SpendBy::kBackend:
      return at == std::string_view::npos ? "" : std::string(target.name.substr(at + 1));
    case SpendBy::kTarget:
      return std::string(target.name);
    case SpendBy::kHosting:
      return std::string(config::WordFor(config::kHostings, target.hosting));
    case SpendBy::kBilledAs:
      return std::string(target.billed_as);
    case SpendBy::kHour:
    case SpendBy::kDay:
    case SpendBy::kMonth:
      break;
  }
  return {};
}

std::string TimeText(SpendBy by, std::int64_t hour) {
  if (by == SpendBy::kHour) return HourText(hour);
  return by == SpendBy::kDay ? DayText(DayOfHour(hour)) : MonthText(DayOfHour(hour));
}

bool IsTime(SpendBy by) {
  return by == SpendBy::kHour || by == SpendBy::kDay || by == SpendBy::kMonth;
}

// Adds up sums of several files, whose numbers for names differ.
class SpendTable {
 public:
  explicit SpendTable(const SpendQuery& query) : query_(query) {
    const auto has = [&query](SpendBy by) {
      return std::find(query.by.begin(), query.by.end(), by) != query.by.end();
    };
    step_ = has(SpendBy::kHour)    ? SpendBy::kHour
            : has(SpendBy::kDay)   ? SpendBy::kDay
            : has(SpendBy::kMonth) ? SpendBy::kMonth
                                   : std::optional<SpendBy>();
    seen_.resize(query.filters.size());
    shown_ = query.zone.Shown(hour_);
  }

  // The numbers of names that follow are those of another file.
  void BeginFile() { group_of_.clear(); }
  void Add(const LedgerNames& names, const SumKey& key, const LedgerSums& sums) {
    if (key.hour < query_.since || key.hour >= query_.until || !names.Has(key)) return;
    const std::optional<std::size_t> group = GroupOf(names, key);
    if (!group) return;
    table_[{FirstHour(key.hour), *group}].Add(sums);
    if (names.Target(key.target).hosting == config::Hosting::kSelfHosted) rent_ += sums.cost;
  }
  SpendReport Take() const;

 private:
  // The first shown hour of the hour, day or month.
  std::int64_t FirstHour(std::int64_t hour) {
    if (!step_) return 0;
    if (hour != hour_) {
      hour_ = hour;
      shown_ = query_.zone.Shown(hour);
    }
    if (*step_ == SpendBy::kHour) return shown_;
    const std::int64_t day = DayOfHour(shown_);
    return (*step_ == SpendBy::kDay ? day : MonthStart(day)) * kHoursPerDay;
  }
  // Returns nullopt if a filter leaves it out.
  std::optional<std::size_t> GroupOf(const LedgerNames& names, const SumKey& key);
  bool Passes(const LedgerLabels& labels, const LedgerTarget& target);

  const SpendQuery& query_;
  std::optional<SpendBy> step_;  // the finest time that is asked for
  std::int64_t hour_ = 0;        // the last one that was asked for, and as what it is shown
  std::int64_t shown_ = 0;
  NanoUsd rent_ = 0;
  std::vector<std::set<std::string>> seen_;  // by filter
  absl::flat_hash_map<std::pair<std::int64_t, std::int64_t>, std::optional<std::size_t>> group_of_;
  absl::flat_hash_map<std::string, std::size_t> groups_;  // by all values
  std::vector<std::vector<std::string>> values_;          // of groups; empty for times
  absl::flat_hash_map<std::pair<std::int64_t, std::size_t>, LedgerSums> table_;
};

bool SpendTable::Passes(const LedgerLabels& labels, const LedgerTarget& target) {
  bool passes = true;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const std::string value = ValueOf(query_.filters[i].by, labels, target);
    passes = passes && value == query_.filters[i].value;
    seen_[i].insert(value);
  }
  return passes;
}

std::optional<std::size_t> SpendTable::GroupOf(const LedgerNames& names, const SumKey& key) {
  const auto [place, is_new] = group_of_.try_emplace({key.labels, key.target}, std::nullopt);
  if (!is_new) return place->second;
  const LedgerLabels& labels = names.Labels(key.labels);
  const LedgerTarget& target = names.Target(key.target);
  if (!Passes(labels, target)) return std::nullopt;
  std::vector<std::string> values;
  std::string all;
  for (const SpendBy by : query_.by) {
    values.push_back(ValueOf(by, labels, target));
    all.append(values.back()).append(1, '\0');
  }
  const auto [group, is_first] = groups_.try_emplace(all, values_.size());
  if (is_first) values_.push_back(std::move(values));
  place->second = group->second;
  return place->second;
}

SpendReport SpendTable::Take() const {
  SpendReport report{
      .by = query_.by, .rows = {}, .total = {}, .rent = rent_, .baseline = {}, .seen = seen_};
  for (const auto& [key, sums] : table_) {
    SpendRow row{.values = values_[key.second], .sums = sums, .baseline = {}};
    for (std::size_t i = 0; i < query_.by.size(); ++i) {
      if (IsTime(query_.by[i])) row.values[i] = TimeText(query_.by[i], key.first);
    }
    report.total.Add(sums);
    report.rows.push_back(std::move(row));
  }
  std::sort(report.rows.begin(), report.rows.end(),
            [](const SpendRow& a, const SpendRow& b) { return a.values < b.values; });
  return report;
}

// Adds what a file has, in one snapshot of it.
void AddFile(Sqlite& file, const SpendQuery& query, SpendTable& table) {
  LedgerNames names;
  names.Read(file);
  table.BeginFile();
  VisitSums(file, query.since, query.until,
            [&](const SumKey& key, const LedgerSums& sums) { table.Add(names, key, sums); });
  if (!HasRows(file)) return;
  SumTable uncovered;
  VisitRows(file, ReadFact(file, "covered"), [&](const StoredRow& row) {
    AddRequest(HourOf(row.started), row.labels, row.attempts, uncovered);
  });
  for (const auto& [key, sums] : uncovered) table.Add(names, key, sums);
}

}  // namespace

void AddBaseline(const config::PriceRow& price, SpendReport& report) {
  config::Prices prices;
  prices.standard = price;
  NanoUsd total = 0;
  for (SpendRow& row : report.rows) {
    row.baseline = CostOf(prices, row.sums.usage, ServiceTier::kStandard, /*unix_seconds=*/0);
    total += *row.baseline;
  }
  report.baseline = total;
}

absl::StatusOr<SpendReport> ReadSpend(const std::string& folder, const SpendQuery& query) {
  std::optional<SpendTable> table;
  const absl::Status status =
      ReadLedgerFiles(folder, {query.since, query.until},
                      {.begin = [&] { table.emplace(query); },
                       .read = [&](Sqlite& file) { AddFile(file, query, *table); }});
  if (!status.ok()) return status;
  return table->Take();
}

}  // namespace headgate::policy

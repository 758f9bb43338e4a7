#include "policy/ledger/report/spend_report.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "config/base/text.h"
#include "config/supply.h"
#include "policy/ledger/day_tables.h"
#include "policy/ledger/ledger_store.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

// A day may move to the archive while it is read; then all is read again.
constexpr int kMostReadings = 5;

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
  }

  // The numbers of names that follow are those of another file.
  void BeginFile() { group_of_.clear(); }
  void Add(const LedgerNames& names, const SumKey& key, const LedgerSums& sums) {
    if (key.hour < query_.since || key.hour >= query_.until || !names.Has(key)) return;
    table_[{FirstHour(key.hour), GroupOf(names, key)}].Add(sums);
  }
  SpendReport Take() const;

 private:
  std::int64_t FirstHour(std::int64_t hour) const {
    if (!step_) return 0;
    if (*step_ == SpendBy::kHour) return hour;
    const std::int64_t day = DayOfHour(hour);
    return (*step_ == SpendBy::kDay ? day : MonthStart(day)) * kHoursPerDay;
  }
  std::size_t GroupOf(const LedgerNames& names, const SumKey& key);

  const SpendQuery& query_;
  std::optional<SpendBy> step_;  // the finest time that is asked for
  absl::flat_hash_map<std::pair<std::int64_t, std::int64_t>, std::size_t> group_of_;
  absl::flat_hash_map<std::string, std::size_t> groups_;  // by all values
  std::vector<std::vector<std::string>> values_;          // of groups; empty for times
  absl::flat_hash_map<std::pair<std::int64_t, std::size_t>, LedgerSums> table_;
};

std::size_t SpendTable::GroupOf(const LedgerNames& names, const SumKey& key) {
  const auto [place, is_new] = group_of_.try_emplace({key.labels, key.target}, 0);
  if (!is_new) return place->second;
  std::vector<std::string> values;
  std::string all;
  for (const SpendBy by : query_.by) {
    values.push_back(ValueOf(by, names.Labels(key.labels), names.Target(key.target)));
    all.append(values.back()).append(1, '\0');
  }
  const auto [group, is_first] = groups_.try_emplace(all, values_.size());
  if (is_first) values_.push_back(std::move(values));
  place->second = group->second;
  return place->second;
}

SpendReport SpendTable::Take() const {
  SpendReport report{.by = query_.by, .rows = {}, .total = {}};
  for (const auto& [key, sums] : table_) {
    SpendRow row{.values = values_[key.second], .sums = sums};
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

using Identities = absl::flat_hash_set<std::int64_t>;

// Adds what a file has, in one snapshot of it.
void AddFile(Sqlite& file, const SpendQuery& query, SpendTable& table) {
  LedgerNames names;
  names.Read(file);
  table.BeginFile();
  VisitSums(file, query.since, query.until,
            [&](const SumKey& key, const LedgerSums& sums) { table.Add(names, key, sums); });
  if (file.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'requests'") == 0) return;
  SumTable uncovered;
  VisitRows(file, ReadFact(file, "covered"), [&](const StoredRow& row) {
    AddRequest(HourOf(row.started), row.labels, row.attempts, uncovered);
  });
  for (const auto& [key, sums] : uncovered) table.Add(names, key, sums);
}

absl::Status ReadProblem(const Sqlite& file, const std::string& path) {
  return absl::UnavailableError(config::Concat("cannot read ", path, ": ", file.ErrorText()));
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Reads the archive, and notes which days it has taken.
absl::Status AddArchive(const std::string& folder, const SpendQuery& query, SpendTable& table,
                        Identities& archived) {
  const std::string path = folder + "/archive.db";
  if (!Exists(path)) return absl::OkStatus();
  Sqlite file;
  file.OpenForReading(path);
  file.Run("BEGIN");
  {
    SqliteQuery identity(file, "SELECT identity FROM archived");
    while (identity.Next()) archived.insert(identity.Number(0));
  }
  AddFile(file, query, table);
  return file.failed() ? ReadProblem(file, path) : absl::OkStatus();
}

// Returns false if the file has moved to the archive meanwhile.
absl::StatusOr<bool> AddDay(const std::string& path, const SpendQuery& query, SpendTable& table,
                            const Identities& archived) {
  Sqlite file;
  file.OpenForReading(path);
  file.Run("BEGIN");
  // A file that was just made has no tables yet.
  if (file.Number("PRAGMA user_version") != 0 && !archived.contains(ReadFact(file, "identity"))) {
    AddFile(file, query, table);
  }
  if (!Exists(path)) return false;
  if (file.failed()) return ReadProblem(file, path);
  return true;
}

absl::StatusOr<bool> ReadAll(const std::string& folder, const SpendQuery& query,
                             SpendTable& table) {
  const std::vector<std::int64_t> days = LedgerDays(folder);
  Identities archived;
  if (absl::Status status = AddArchive(folder, query, table, archived); !status.ok()) {
    return status;
  }
  for (const std::int64_t day : days) {
    if ((day + 1) * kHoursPerDay <= query.since || day * kHoursPerDay >= query.until) continue;
    absl::StatusOr<bool> read = AddDay(DayFilePath(folder, day), query, table, archived);
    if (!read.ok() || !*read) return read;
  }
  return true;
}

}  // namespace

absl::StatusOr<SpendReport> ReadSpend(const std::string& folder, const SpendQuery& query) {
  for (int reading = 0; reading < kMostReadings; ++reading) {
    SpendTable table(query);
    absl::StatusOr<bool> whole = ReadAll(folder, query, table);
    if (!whole.ok()) return whole.status();
    if (*whole) return table.Take();
  }
  return absl::UnavailableError(
      config::Concat("the files in ", folder, " change all the time; try again"));
}

}  // namespace headgate::policy

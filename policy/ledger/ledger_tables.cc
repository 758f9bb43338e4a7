#include "policy/ledger/ledger_tables.h"

#include <string>

#include "config/base/text.h"

namespace headgate::policy {
namespace {

constexpr char kTables[] =
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS labels (id INTEGER PRIMARY KEY, key TEXT NOT NULL,"
    " team TEXT NOT NULL, route TEXT NOT NULL, class TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS targets (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " billed_as TEXT NOT NULL, hosting INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sums (hour INTEGER NOT NULL, labels INTEGER NOT NULL,"
    " target INTEGER NOT NULL, requests INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " input INTEGER NOT NULL, cached_input INTEGER NOT NULL, cache_write INTEGER NOT NULL,"
    " output INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost INTEGER NOT NULL,"
    " estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL,"
    " PRIMARY KEY (hour, labels, target)) WITHOUT ROWID;";

constexpr char kAdd[] =
    "INSERT INTO sums VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (hour, labels, target) DO UPDATE SET requests = requests + excluded.requests,"
    " attempts = attempts + excluded.attempts, input = input + excluded.input,"
    " cached_input = cached_input + excluded.cached_input,"
    " cache_write = cache_write + excluded.cache_write, output = output + excluded.output,"
    " reasoning = reasoning + excluded.reasoning, cost = cost + excluded.cost,"
    " estimated = estimated + excluded.estimated, unpriced = unpriced + excluded.unpriced";

config::Hosting HostingOf(std::int64_t number) {
  return number == static_cast<std::int64_t>(config::Hosting::kSelfHosted)
             ? config::Hosting::kSelfHosted
             : config::Hosting::kPaidApi;
}

}  // namespace

void MakeLedgerTables(Sqlite& database, const char* further_tables) {
  const std::int64_t version = database.Number("PRAGMA user_version");
  if (version == kLedgerVersion || database.failed()) return;
  if (version != 0) {
    database.Fail(config::Concat("it has version ", version, " instead of ", kLedgerVersion));
    return;
  }
  database.Run("BEGIN IMMEDIATE");
  database.Run(kTables);
  database.Run(further_tables);
  database.Run("INSERT OR IGNORE INTO facts VALUES ('identity', random())");
  database.Run(config::Concat("PRAGMA user_version=", kLedgerVersion).c_str());
  database.Run("COMMIT");
}

void LedgerNames::Read(Sqlite& database) {
  // Write keeps the order, so numbers have gaps only in a damaged file.
  SqliteQuery labels(database, "SELECT id, key, team, route, class FROM labels ORDER BY id");
  while (labels.Next() && labels.Number(0) == labels_.size() + 1) {
    IdOf(LedgerLabels{labels.Text(1), labels.Text(2), labels.Text(3), labels.Text(4)});
  }
  SqliteQuery targets(database, "SELECT id, name, billed_as, hosting FROM targets ORDER BY id");
  while (targets.Next() && targets.Number(0) == targets_.size() + 1) {
    IdOf(LedgerTarget{targets.Text(1), targets.Text(2), HostingOf(targets.Number(3))});
  }
  Written();
}

void LedgerNames::Write(Sqlite& database) {
  if (labels_in_file_ < labels_.size()) {
    SqliteQuery row(database, "INSERT OR REPLACE INTO labels VALUES (?,?,?,?,?)");
    for (std::int64_t id = labels_in_file_ + 1; id <= labels_.size(); ++id) {
      const LedgerLabels& labels = labels_.At(id);
      row.Restart().Bind(id).Bind(labels.key).Bind(labels.team);
      row.Bind(labels.route).Bind(labels.request_class).Next();
    }
  }
  if (targets_in_file_ < targets_.size()) {
    SqliteQuery row(database, "INSERT OR REPLACE INTO targets VALUES (?,?,?,?)");
    for (std::int64_t id = targets_in_file_ + 1; id <= targets_.size(); ++id) {
      const LedgerTarget& target = targets_.At(id);
      row.Restart().Bind(id).Bind(target.name).Bind(target.billed_as);
      row.Bind(static_cast<std::int64_t>(target.hosting)).Next();
    }
  }
}

void LedgerNames::CountInFile(Sqlite& database) {
  labels_in_file_ = database.Number("SELECT count(*) FROM labels");
  targets_in_file_ = database.Number("SELECT count(*) FROM targets");
}

void AddSums(const SumTable& sums, Sqlite& database) {
  if (sums.empty()) return;
  SqliteQuery row(database, kAdd);
  for (const auto& [key, sum] : sums) {
    row.Restart().Bind(key.hour).Bind(key.labels).Bind(key.target);
    row.Bind(sum.requests).Bind(sum.attempts);
    row.Bind(sum.usage.input).Bind(sum.usage.cached_input).Bind(sum.usage.cache_write);
    row.Bind(sum.usage.output).Bind(sum.usage.reasoning);
    row.Bind(sum.cost).Bind(sum.estimated).Bind(sum.unpriced).Next();
  }
}

void VisitSums(Sqlite& database, std::int64_t since, std::int64_t until,
               const std::function<void(const SumKey&, const LedgerSums&)>& visit) {
  SqliteQuery row(database, "SELECT * FROM sums WHERE hour >= ? AND hour < ?");
  row.Bind(since).Bind(until);
  while (row.Next()) {
    LedgerSums sums;
    sums.requests = row.Number(3);
    sums.attempts = row.Number(4);
    sums.usage = {.input = row.Number(5),
                  .cached_input = row.Number(6),
                  .cache_write = row.Number(7),
                  .output = row.Number(8),
                  .reasoning = row.Number(9)};
    sums.cost = row.Number(10);
    sums.estimated = row.Number(11);
    sums.unpriced = row.Number(12);
    visit({row.Number(0), row.Number(1), row.Number(2)}, sums);
  }
}

std::int64_t ReadFact(Sqlite& database, std::string_view name) {
  SqliteQuery row(database, "SELECT value FROM facts WHERE name = ?");
  return row.Bind(name).Next() ? row.Number(0) : 0;
}

void WriteFact(Sqlite& database, std::string_view name, std::int64_t value) {
  SqliteQuery(database, "INSERT OR REPLACE INTO facts VALUES (?, ?)").Bind(name).Bind(value).Next();
}

}  // namespace headgate::policy

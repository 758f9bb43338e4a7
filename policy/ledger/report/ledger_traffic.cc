#include "policy/ledger/report/ledger_traffic.h"

#include "policy/ledger/day_tables.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/values/calendar.h"
#include "policy/ledger/values/sums.h"

namespace headgate::policy {
namespace {

void Subtract(const LedgerSums& other, LedgerSums& from) {
  from.requests -= other.requests;
  from.usage.input -= other.usage.input;
  from.usage.cached_input -= other.usage.cached_input;
  from.usage.cache_write -= other.usage.cache_write;
  from.usage.output -= other.usage.output;
  from.usage.reasoning -= other.usage.reasoning;
  from.cost -= other.cost;
  from.unpriced -= other.unpriced;
}

// Reads the answers of rows, and adds to `in_sums` what the sums of the file have of these rows.
void ReadRows(Sqlite& file, const LedgerNames& names, const HourRange& hours,
              const AnswersReader& reader, SumTable& in_sums) {
  VisitRows(file, 0, [&](const StoredRow& row) {
    const std::int64_t hour = HourOf(row.started);
    AddRequest(hour, row.labels, row.attempts, in_sums);
    if (!hours.Has(hour) || !names.HasLabels(row.labels)) return;
    for (const PackedAttempt& attempt : row.attempts) {
      if (!names.HasTarget(attempt.target)) continue;
      if (!attempt.answered && attempt.cost == 0) continue;
      reader.read({.time = row.started,
                   .requests = attempt.answered ? 1 : 0,
                   .request_class = names.Labels(row.labels).request_class,
                   .target = names.Target(attempt.target).name,
                   .usage = attempt.answered ? attempt.usage : Usage{},
                   .cost = attempt.cost,
                   .unpriced = attempt.status == UsageStatus::kUnpriced ? 1 : 0});
    }
  });
  SumTable uncovered;
  VisitRows(file, ReadFact(file, "covered"), [&](const StoredRow& row) {
    AddRequest(HourOf(row.started), row.labels, row.attempts, uncovered);
  });
  for (const auto& [key, sums] : uncovered) Subtract(sums, in_sums[key]);
}

// Reads the rows of a file, and those of its sums that have more than the rows: of a day whose rows
// are no longer kept, or were damaged.
void ReadAnswers(Sqlite& file, const HourRange& hours, const AnswersReader& reader) {
  LedgerNames names;
  names.Read(file);
  SumTable in_sums;
  if (HasRows(file)) ReadRows(file, names, hours, reader, in_sums);
  VisitSums(file, hours.since, hours.until, [&](const SumKey& key, const LedgerSums& sums) {
    if (!names.Has(key)) return;
    LedgerSums rest = sums;
    if (const auto known = in_sums.find(key); known != in_sums.end()) {
      Subtract(known->second, rest);
    }
    const bool answered = rest.requests > 0;  // else at the most an attempt that failed
    if (!answered && rest.cost <= 0) return;
    reader.read({.time = key.hour * kMsPerHour,
                 .whole_hour = true,
                 .requests = answered ? rest.requests : 0,
                 .request_class = names.Labels(key.labels).request_class,
                 .target = names.Target(key.target).name,
                 .usage = answered ? rest.usage : Usage{},
                 .cost = rest.cost,
                 .unpriced = rest.unpriced});
  });
}

}  // namespace

absl::Status ReadLedgerTraffic(const std::string& folder, const HourRange& hours,
                               const AnswersReader& reader) {
  return ReadLedgerFiles(folder, hours, {.begin = reader.begin, .read = [&](Sqlite& file) {
                                           ReadAnswers(file, hours, reader);
                                         }});
}

}  // namespace headgate::policy

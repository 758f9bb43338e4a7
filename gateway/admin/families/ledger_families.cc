#include "gateway/admin/families/ledger_families.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "config/base/enum_words.h"
#include "gateway/metrics/family.h"

namespace headgate::gateway {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily OneLedgerSeries(std::string_view name, std::string_view help,
                                         MetricType type, double value) {
  FamilyBuilder family(name, help, type);
  family.Add(SeriesLabels(), value);
  return family.Take();
}

prometheus::MetricFamily SpendFamily(const policy::LedgerWriter& ledger) {
  FamilyBuilder spend("headgate_spend_usd",
                      "What was spent since the beginning of the day or the month (UTC), from the "
                      "ledger: it survives restarts. Requests count when they have ended.",
                      MetricType::Gauge);
  for (const auto& [key, amounts] : ledger.Spent()) {
    const std::string_view hosting = config::WordFor(config::kHostings, key.second);
    const std::string_view team = key.first.empty() ? "none" : std::string_view(key.first);
    for (const auto& [period, cost] :
         {std::pair("day", amounts.day), std::pair("month", amounts.month)}) {
      spend.Add({{"period", period}, {"team", team}, {"hosting", hosting}},
                static_cast<double>(cost) * 1e-9);
    }
  }
  return spend.Take();
}

}  // namespace

void AddLedgerFamilies(const policy::LedgerWriter& ledger, FamilySet::Families& families) {
  const policy::LedgerWriter::Figures figures = ledger.figures();
  FamilyBuilder rows("headgate_ledger_rows_total",
                     "Requests written to the ledger, by how sure their cost is.",
                     MetricType::Counter);
  for (std::size_t i = 1; i < figures.rows.size(); ++i) {  // none is written as reserved
    rows.Add({{"state", policy::kRowStateNames[i]}}, static_cast<double>(figures.rows[i]));
  }
  families.push_back(rows.Take());
  families.push_back(OneLedgerSeries("headgate_ledger_accepting",
                                     "0 while the ledger cannot be written: requests are refused.",
                                     MetricType::Gauge, figures.accepting ? 1 : 0));
  families.push_back(OneLedgerSeries("headgate_ledger_waiting_rows",
                                     "Requests that have ended and wait to be written.",
                                     MetricType::Gauge, static_cast<double>(figures.waiting)));
  families.push_back(OneLedgerSeries("headgate_ledger_commit_failures_total",
                                     "Commits that failed; they are tried again.",
                                     MetricType::Counter, static_cast<double>(figures.failures)));
  FamilyBuilder commits("headgate_ledger_commit_seconds", "Time of commits to the ledger.",
                        MetricType::Histogram);
  commits.AddHistogram({}, figures.commits, policy::LedgerWriter::kCommitBounds);
  families.push_back(commits.Take());
  families.push_back(SpendFamily(ledger));
}

boost::json::object LedgerJson(const policy::LedgerWriter& ledger) {
  const policy::LedgerWriter::Figures figures = ledger.figures();
  boost::json::object rows;
  for (std::size_t i = 1; i < figures.rows.size(); ++i) {
    rows[policy::kRowStateNames[i]] = figures.rows[i];
  }
  return {{"accepting", figures.accepting},
          {"waiting_rows", figures.waiting},
          {"rows", std::move(rows)},
          {"commit_failures", figures.failures}};
}

}  // namespace headgate::gateway

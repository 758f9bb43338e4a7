#include "gateway/admin/families/ledger_families.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

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

using Spender = std::pair<const policy::SpendSums::Key, policy::SpendSums::Amounts>;
constexpr std::array<std::string_view, 2> kPeriods = {"day", "month"};

void AddSpend(std::string_view team, config::Hosting hosting,
              const policy::SpendSums::Amounts& amounts, FamilyBuilder& family) {
  const std::string_view word = config::WordFor(config::kHostings, hosting);
  const std::array<NanoUsd, kPeriods.size()> sums = {amounts.day, amounts.month};
  for (std::size_t i = 0; i < kPeriods.size(); ++i) {
    family.Add({{"period", kPeriods[i]}, {"team", team}, {"hosting", word}},
               static_cast<double>(sums[i]) * 1e-9);
  }
}

}  // namespace

prometheus::MetricFamily SpendFamily(
    const std::map<policy::SpendSums::Key, policy::SpendSums::Amounts>& spent, SeriesCap& cap) {
  constexpr std::string_view kName = "headgate_spend_usd";
  FamilyBuilder family(kName,
                       "What was spent since the beginning of the day or the month (UTC), from the "
                       "ledger: it survives restarts. Requests count when they have ended.",
                       MetricType::Gauge);
  std::vector<const Spender*> spenders;
  spenders.reserve(spent.size());
  for (const Spender& spender : spent) spenders.push_back(&spender);
  std::stable_sort(spenders.begin(), spenders.end(), [](const Spender* a, const Spender* b) {
    return a->second.month > b->second.month;
  });
  const std::size_t shown = cap.Hold(kName, spenders.size() * kPeriods.size()) / kPeriods.size();
  std::map<config::Hosting, policy::SpendSums::Amounts> other;
  for (std::size_t i = 0; i < spenders.size(); ++i) {
    const auto& [team, hosting] = spenders[i]->first;
    const policy::SpendSums::Amounts& amounts = spenders[i]->second;
    if (i < shown) {
      AddSpend(team.empty() ? std::string_view("none") : team, hosting, amounts, family);
    } else {
      other[hosting].day += amounts.day;
      other[hosting].month += amounts.month;
    }
  }
  for (const auto& [hosting, amounts] : other) AddSpend("other", hosting, amounts, family);
  return family.Take();
}

void AddLedgerFamilies(const policy::LedgerWriter& ledger, SeriesCap& cap,
                       FamilySet::Families& families) {
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
  families.push_back(SpendFamily(ledger.Spent(), cap));
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

#include "gateway/cli/plan/plan_table.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_rows.h"
#include "gateway/cli/plan/plan_words.h"

namespace headgate::gateway {
namespace {

using Cells = std::vector<std::string>;

// Prints columns as wide as their longest cell. Columns in `right` are numbers, aligned right.
void PrintColumns(const std::vector<Cells>& rows, const std::vector<bool>& right,
                  std::ostream& out) {
  std::vector<std::size_t> widths(right.size());
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", right[i] ? space : "", row[i],
                      right[i] ? "" : space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

void PrintVolumes(const PlanReport& report, std::ostream& out) {
  std::vector<Cells> rows = {
      {"at other volumes", "tokens a month", "API", "self-hosted", "", "hybrid", "answer"}};
  std::vector<bool> right = {false, true, true, true, false, true, false};
  for (const VolumeRow& row : report.volumes) {
    rows.push_back({VolumeLabel(row), TokensText(row.tokens), MoneyText(row.costs.api),
                    MoneyText(row.costs.self_hosted), ReplicasAt(report, row),
                    row.costs.hybrid ? MoneyText(row.costs.hybrid->Total()) : "?", AnswerAt(row)});
    if (row.today) rows.back().insert(rows.back().begin() + 2, MoneyText(row.today->Total()));
  }
  if (report.today) {
    rows.front().insert(rows.front().begin() + 2, "as routed today");
    right.insert(right.begin() + 2, true);
  }
  PrintColumns(rows, right, out);
}

void PrintBills(const PlanReport& report, std::ostream& out) {
  std::vector<Cells> rows = {{"API bill", "a month", "per 1M", "self-hosting breaks even at"}};
  for (const TargetBill& bill : report.bills) {
    rows.push_back({bill.name, MoneyText(bill.bill), UnitPriceText(bill.blended),
                    BreakEvenText(report, bill)});
  }
  PrintColumns(rows, {false, true, true, false}, out);
}

void PrintFlips(const PlanReport& report, std::ostream& out) {
  std::vector<Cells> rows = {{"what would change the answer", "now", "lower", "higher"}};
  for (const policy::InputFlips& flips : report.flips) {
    FlipRow row = RowOf(report, flips);
    rows.push_back({std::move(row.input), std::move(row.now),
                    row.lower.empty() ? "-" : std::move(row.lower),
                    row.higher.empty() ? "-" : std::move(row.higher)});
  }
  PrintColumns(rows, {false, false, false, false}, out);
}

}  // namespace

void PrintPlan(const PlanReport& report, std::ostream& out) {
  out << Headline(report) << "\n" << Reason(report) << "\n";
  if (!IsUndecided(report)) out << SensitivitySentence(report) << "\n";
  for (const std::string& caution : report.question.cautions) out << "caution: " << caution << "\n";

  std::vector<Cells> costs = {{"", "a month", "per 1M", ""}};
  for (const CostRow& row : CostRows(report)) {
    costs.push_back(
        {absl::StrCat(row.chosen ? "* " : "  ", row.option), row.cost, row.per_million, row.how});
  }
  out << "\n";
  PrintColumns(costs, {false, true, true, false}, out);
  out << "\nCompared with " << report.question.plan.api.name << ": " << report.question.why_target
      << ".\n";
  for (const std::string& sentence : BreakEvenSentences(report)) out << sentence << "\n";
  for (const std::string& sentence : GrowthSentences(report)) out << sentence << "\n";
  out << "\n";
  PrintVolumes(report, out);
  out << "\n";
  PrintBills(report, out);
  out << "\n";
  if (!IsUndecided(report)) {
    PrintFlips(report, out);
    out << "\n";
  }
  std::vector<Cells> assumptions = {{"assumptions", "", "source"}};
  for (const Assumption& assumption : report.question.assumptions) {
    assumptions.push_back({assumption.input, assumption.value, assumption.source});
  }
  PrintColumns(assumptions, {false, false, false}, out);
}

}  // namespace headgate::gateway

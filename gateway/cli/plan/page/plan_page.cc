#include "gateway/cli/plan/page/plan_page.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/page/html_text.h"
#include "gateway/cli/plan/page/page_style.h"
#include "gateway/cli/plan/page/plan_charts.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_rows.h"
#include "gateway/cli/plan/plan_words.h"

namespace headgate::gateway {
namespace {

std::string Paragraph(const std::string& text) {
  return absl::StrCat("<p>", Escaped(text), "</p>\n");
}

std::string Heading(const std::string& text) {
  return absl::StrCat("<h2>", Escaped(text), "</h2>\n");
}

struct Column {
  const char* name;
  bool number = false;
};
struct PageRow {
  std::vector<std::string> cells;
  bool chosen = false;
};

std::string PageTable(const std::vector<Column>& columns, const std::vector<PageRow>& rows) {
  std::string out = "<div class=\"wide\"><table><thead><tr>";
  for (const Column& column : columns) {
    absl::StrAppend(&out, column.number ? "<th class=\"n\">" : "<th>", column.name, "</th>");
  }
  out += "</tr></thead><tbody>\n";
  for (const PageRow& row : rows) {
    out += row.chosen ? "<tr class=\"chosen\">" : "<tr>";
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      absl::StrAppend(&out, columns[i].number ? "<td class=\"n\">" : "<td>", Escaped(row.cells[i]),
                      "</td>");
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string Opening(const PlanReport& report) {
  std::string out = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>Self-host or API?</title>\n<style>",
      std::string(kPageStyle), "</style>\n</head>\n<body>\n<header>\n<h1>Self-host or API? ",
      Escaped(VolumeText(report.tokens)), "</h1>\n<p class=\"headline\">",
      Escaped(Headline(report)), "</p>\n", Paragraph(Reason(report)),
      IsUndecided(report) ? "" : Paragraph(SensitivitySentence(report)));
  for (const std::string& sentence : GrowthSentences(report)) out += Paragraph(sentence);
  for (const std::string& caution : report.question.cautions) {
    absl::StrAppend(&out, "<p class=\"caution\">Caution: ", Escaped(caution), "</p>\n");
  }
  return out + "</header>\n";
}

std::string Tiles(const PlanReport& report) {
  std::string out = "<ul class=\"tiles\">\n";
  for (const CostRow& row : CostRows(report)) {
    absl::StrAppend(&out, row.chosen ? "<li class=\"chosen\">" : "<li>", Escaped(row.option), "<b>",
                    row.cost, "</b><small>a month; ", row.per_million,
                    " per 1M tokens</small><small>", Escaped(row.how), "</small></li>\n");
  }
  return out + "</ul>\n";
}

std::string LineLegend(bool hybrid) {
  const auto entry = [](const char* style, const char* name) {
    return absl::StrFormat(
        "<li><svg viewBox=\"0 0 36 12\" aria-hidden=\"true\"><line class=\"curve %s\" x1=\"0\" "
        "x2=\"36\" y1=\"6\" y2=\"6\"/></svg>%s</li>",
        style, name);
  };
  return absl::StrCat("<ul class=\"legend\">", entry("api", "API"), entry("self", "self-hosted"),
                      hybrid ? entry("hybrid", "hybrid, at its best") : "", "</ul>\n");
}

std::string BarLegend() {
  const auto entry = [](const char* style, const char* name) {
    return absl::StrFormat(
        "<li><svg viewBox=\"0 0 36 12\" aria-hidden=\"true\"><rect class=\"bar %s\" width=\"36\" "
        "height=\"12\"/></svg>%s</li>",
        style, name);
  };
  return absl::StrCat("<ul class=\"legend\">", entry("self", "self-hosted"), entry("api", "API"),
                      "</ul>\n");
}

std::string Figure(const PlanChart& chart, bool hybrid) {
  return absl::StrCat(
      Heading(chart.title), chart.bars ? BarLegend() : LineLegend(hybrid), "<figure>", chart.svg,
      chart.note.empty() ? "" : absl::StrCat("<figcaption>", Escaped(chart.note), "</figcaption>"),
      "</figure>\n");
}

std::string Charts(const PlanReport& report) {
  const bool hybrid = report.costs.hybrid.has_value();
  std::string out = Figure(VolumeChart(report), hybrid);
  for (const std::string& sentence : BreakEvenSentences(report)) out += Paragraph(sentence);
  out += Paragraph(absl::StrCat("Compared with ", report.question.plan.api.name, ": ",
                                report.question.why_target, "."));
  if (const std::optional<PlanChart> growth = GrowthChart(report)) {
    out += Figure(*growth, hybrid);
  }
  if (const std::optional<PlanChart> day = AverageDayChart(report)) out += Figure(*day, hybrid);
  return out;
}

std::string VolumeTable(const PlanReport& report) {
  constexpr std::ptrdiff_t kToday = 2;  // the place of its column, if there is one
  std::vector<PageRow> rows;
  for (const VolumeRow& row : report.volumes) {
    std::vector<std::string>& cells = rows.emplace_back(PageRow{{}, row.percent == 100}).cells;
    cells = {VolumeLabel(row),
             TokensText(row.tokens),
             MoneyText(row.costs.api),
             MoneyText(row.costs.self_hosted),
             ReplicasAt(report, row),
             row.costs.hybrid ? MoneyText(row.costs.hybrid->Total()) : "not known",
             AnswerAt(row)};
    if (row.today) cells.insert(cells.begin() + kToday, MoneyText(row.today->Total()));
  }
  std::vector<Column> columns = {
      {"volume"},   {"tokens a month", true}, {"API", true}, {"self-hosted", true},
      {"replicas"}, {"hybrid", true},         {"answer"}};
  if (report.today) columns.insert(columns.begin() + kToday, {"as routed today", true});
  return Heading("At other volumes") + PageTable(columns, rows);
}

std::string BillTable(const PlanReport& report) {
  std::vector<PageRow> rows;
  for (const TargetBill& bill : report.bills) {
    rows.push_back({{bill.name, MoneyText(bill.bill), UnitPriceText(bill.blended),
                     BreakEvenText(report, bill)},
                    bill.name == report.question.plan.api.name});
  }
  return Heading("All of it from one API") + PageTable({{"target"},
                                                        {"a month", true},
                                                        {"per 1M tokens", true},
                                                        {"self-hosting breaks even at"}},
                                                       rows);
}

std::string FlipTable(const PlanReport& report) {
  std::vector<PageRow> rows;
  for (const policy::InputFlips& flips : report.flips) {
    const FlipRow row = RowOf(report, flips);
    rows.push_back({{row.input, row.now, row.lower.empty() ? "no change" : row.lower,
                     row.higher.empty() ? "no change" : row.higher}});
  }
  return Heading("What would change the answer") +
         "<p class=\"quiet\">One input at a time, from a hundredth to a hundred times its value; "
         "the "
         "most sensitive first.</p>\n" +
         PageTable({{"input"}, {"now"}, {"if lower"}, {"if higher"}}, rows);
}

std::string AssumptionTable(const PlanReport& report) {
  std::vector<PageRow> rows;
  for (const Assumption& assumption : report.question.assumptions) {
    rows.push_back({{assumption.input, assumption.value, assumption.source}});
  }
  return Heading("What this rests on") + PageTable({{"input"}, {"value"}, {"source"}}, rows) +
         "<p class=\"quiet\">Bills are tokens times standard list prices: no batch or volume "
         "discounts. Rent is paid for busy and for idle replicas; staff and network are not in it. "
         "A "
         "side is chosen if the other costs at least twice as much, a hybrid if it saves at least "
         "a "
         "tenth.</p>\n";
}

}  // namespace

std::string PlanPage(const PlanReport& report, std::string_view day) {
  return absl::StrCat(Opening(report), "<main>\n", Tiles(report), Charts(report),
                      VolumeTable(report), BillTable(report),
                      IsUndecided(report) ? std::string() : FlipTable(report),
                      AssumptionTable(report), "</main>\n<footer>headgate plan, ", Escaped(day),
                      "</footer>\n</body>\n</html>\n");
}

}  // namespace headgate::gateway

#include "policy/ledger/report/report_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

constexpr std::array<std::string_view, 10> kNumberNames = {
    "requests",           "attempts",         "input_tokens",     "cached_input_tokens",
    "cache_write_tokens", "output_tokens",    "reasoning_tokens", "cost_usd",
    "estimated_usd",      "unpriced_attempts"};
constexpr std::size_t kNumbers = kNumberNames.size();

// The numbers of a row, in the order of kNumberNames.
std::array<std::string, kNumbers> NumbersOf(const LedgerSums& sums) {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  return {text(sums.requests),          text(sums.attempts),
          text(sums.usage.input),       text(sums.usage.cached_input),
          text(sums.usage.cache_write), text(sums.usage.output),
          text(sums.usage.reasoning),   ExactUsd(sums.cost),
          ExactUsd(sums.estimated),     text(sums.unpriced)};
}

std::string WithCommas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

using Line = std::vector<std::string>;

Line TableLine(Line values, const LedgerSums& sums, const std::optional<NanoUsd>& baseline) {
  for (const std::int64_t number : {sums.requests, sums.usage.input, sums.usage.cached_input,
                                    sums.usage.output, sums.unpriced}) {
    values.push_back(WithCommas(number));
  }
  values.push_back(RoundedUsd(sums.estimated));
  values.push_back(RoundedUsd(sums.cost));
  if (baseline) {
    values.push_back(RoundedUsd(*baseline));
    values.push_back(RoundedUsd(*baseline - sums.cost));
  }
  return values;
}

// A spreadsheet takes a value that begins so for a formula, and would run what is in a log. With an
// apostrophe before it the value is text.
std::string CsvText(std::string_view name) {
  const bool is_formula = !name.empty() && std::string_view("=+-@").find(name.front()) != name.npos;
  const std::string text = config::Concat(is_formula ? "'" : "", name);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return config::Concat("\"", config::ReplaceAll(text, "\"", "\"\""), "\"");
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (config::IsControl(c)) {
      out += "\\u00";
      config::AppendHex(static_cast<unsigned char>(c), out);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string JsonNumbers(const LedgerSums& sums, const std::optional<NanoUsd>& baseline) {
  const std::array<std::string, kNumbers> numbers = NumbersOf(sums);
  std::string out;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    if (i > 0) out += ',';
    out += config::Concat("\"", kNumberNames[i], "\":", numbers[i]);
  }
  if (baseline) {
    out += config::Concat(",\"baseline_usd\":", ExactUsd(*baseline),
                          ",\"saved_usd\":", ExactUsd(*baseline - sums.cost));
  }
  return out;
}

std::string_view NameOf(SpendBy by) { return config::WordFor(kSpendByWords, by); }

}  // namespace

std::string ExactUsd(NanoUsd cost) {
  if (cost < 0) return "-" + ExactUsd(-cost);
  const std::string fraction = std::to_string(cost % kNanoPerUsd);
  return config::Concat(cost / kNanoPerUsd, ".", std::string(9 - fraction.size(), '0'), fraction);
}

std::string RoundedUsd(NanoUsd cost) {
  constexpr NanoUsd kStep = 100'000;  // 4 decimals
  const NanoUsd rounded = FloorDivide(cost + kStep / 2, kStep) * kStep;
  std::string text = ExactUsd(rounded);
  text.resize(text.size() - 5);
  return text;
}

std::string ReportTable(const SpendReport& report) {
  std::vector<Line> lines(1);
  for (const SpendBy by : report.by) lines[0].emplace_back(NameOf(by));
  const std::size_t names = report.by.size();
  for (const char* const name :
       {"requests", "input", "cached", "output", "unpriced", "estimated USD", "cost USD"}) {
    lines[0].emplace_back(name);
  }
  if (report.baseline) {
    lines[0].emplace_back("at baseline");
    lines[0].emplace_back("saved USD");
  }
  for (const SpendRow& row : report.rows) {
    Line values = row.values;
    for (std::string& value : values) {
      if (value.empty()) value = "-";
      std::replace_if(value.begin(), value.end(), config::IsControl, '?');
    }
    lines.push_back(TableLine(std::move(values), row.sums, row.baseline));
  }
  if (names > 0) {
    Line total(names);
    total[0] = "total";
    lines.push_back(TableLine(std::move(total), report.total, report.baseline));
  } else if (report.rows.empty()) {
    lines.push_back(TableLine({}, report.total, report.baseline));
  }
  std::vector<std::size_t> widths(lines[0].size());
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string out;
  for (const Line& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string room(widths[i] - line[i].size(), ' ');
      if (i > 0) text += "  ";
      text += i < names ? line[i] + room : room + line[i];
    }
    out += text + "\n";
  }
  return out;
}

std::string ReportCsv(const SpendReport& report) {
  std::string out;
  for (const SpendBy by : report.by) out += config::Concat(NameOf(by), ",");
  for (std::size_t i = 0; i < kNumbers; ++i) {
    out += config::Concat(i > 0 ? "," : "", kNumberNames[i]);
  }
  out += report.baseline ? ",baseline_usd,saved_usd\r\n" : "\r\n";
  for (const SpendRow& row : report.rows) {
    for (const std::string& value : row.values) out += CsvText(value) + ",";
    const std::array<std::string, kNumbers> numbers = NumbersOf(row.sums);
    for (std::size_t i = 0; i < kNumbers; ++i) {
      out += config::Concat(i > 0 ? "," : "", numbers[i]);
    }
    if (row.baseline) {
      out += config::Concat(",", ExactUsd(*row.baseline), ",",
                            ExactUsd(*row.baseline - row.sums.cost));
    }
    out += "\r\n";
  }
  return out;
}

std::string ReportJson(const SpendReport& report) {
  std::string out = "{\"rows\":[";
  for (const SpendRow& row : report.rows) {
    if (&row != &report.rows.front()) out += ',';
    out += '{';
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      out += config::Concat("\"", NameOf(report.by[i]), "\":", JsonText(row.values[i]), ",");
    }
    out += JsonNumbers(row.sums, row.baseline) + "}";
  }
  out += config::Concat("],\"total\":{", JsonNumbers(report.total, report.baseline),
                        ",\"rent_usd\":", ExactUsd(report.rent), "}}\n");
  return out;
}

}  // namespace headgate::policy

#include "policy/ledger/report/invoice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

using Cells = std::vector<std::string>;

// Takes one line of RFC 4180 from the beginning of `text`: quotes may hold separators and line
// breaks.
Cells TakeCells(std::string_view& text, char separator) {
  Cells cells(1);
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      cells.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == separator) {
      cells.emplace_back();
    } else if (!quoted && c == '\n') {
      break;
    } else if (quoted || c != '\r') {
      cells.back() += c;
    }
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return cells;
}

// The columns of an export, by what they mean.
struct Columns {
  std::string_view day;
  std::string_view model;
  std::string_view requests;              // empty: there is none
  std::array<std::string_view, 4> input;  // their sum is all input; empty: none
  std::string_view cached;
  std::array<std::string_view, 2> cache_write;
  std::string_view output;
};

constexpr Columns kOpenAiColumns = {.day = "start_time",
                                    .model = "model",
                                    .requests = "num_model_requests",
                                    .input = {"input_tokens"},
                                    .cached = "input_cached_tokens",
                                    .cache_write = {},
                                    .output = "output_tokens"};
constexpr Columns kAnthropicColumns = {
    .day = "usage_date_utc",
    .model = "model_version",
    .requests = {},
    .input = {"usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m",
              "usage_input_tokens_cache_write_1h", "usage_input_tokens_cache_read"},
    .cached = "usage_input_tokens_cache_read",
    .cache_write = {"usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h"},
    .output = "usage_output_tokens"};

// Reads the cells of one line by the names of their columns.
class LineReader {
 public:
  LineReader(const Cells& names, const Cells& cells) : names_(names), cells_(cells) {}

  std::string_view Text(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto at = static_cast<std::size_t>(found - names_.begin());
    return name.empty() || at >= cells_.size() ? std::string_view() : cells_[at];
  }
  // An empty cell is 0.
  std::int64_t Count(std::string_view name) {
    const std::string_view text = config::Trim(Text(name));
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (!text.empty() && (error != std::errc() || end != text.data() + text.size() || count < 0)) {
      wrong_ = config::Concat(name, " is not a number");
    }
    return count;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Cells& names_;
  const Cells& cells_;
  std::string wrong_;
};

// Reads 2026-11-29, a time of that day, or seconds since 1970.
std::optional<std::int64_t> DayOfCell(std::string_view text) {
  text = config::Trim(text);
  constexpr std::size_t kDateLength = 10;
  if (const std::optional<std::int64_t> day = ParseDay(text.substr(0, kDateLength))) return day;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return DayOf(seconds * 1000);
}

InvoiceLine ReadLine(const Columns& columns, LineReader& reader) {
  InvoiceLine line;
  line.model = WithoutDate(config::Trim(reader.Text(columns.model)));
  if (!columns.requests.empty()) line.requests = reader.Count(columns.requests);
  for (const std::string_view name : columns.input) line.usage.input += reader.Count(name);
  for (const std::string_view name : columns.cache_write) {
    line.usage.cache_write += reader.Count(name);
  }
  line.usage.cached_input = reader.Count(columns.cached);
  line.usage.output = reader.Count(columns.output);
  return line;
}

using LineKey = std::pair<std::int64_t, std::string>;  // day, model

void AddLine(const InvoiceLine& line, std::map<LineKey, InvoiceLine>& lines) {
  const auto [place, is_new] = lines.try_emplace({line.day, line.model}, line);
  if (is_new) return;
  InvoiceLine& sum = place->second;
  if (sum.requests && line.requests) *sum.requests += *line.requests;
  sum.usage += line.usage;
}

absl::Status WrongLine(int number, std::string_view why) {
  return absl::InvalidArgumentError(config::Concat("line ", number, ": ", why));
}

bool HasColumn(const Cells& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Returns the columns that these names are of; null: they are of none.
const Columns* ColumnsOf(const Cells& names) {
  for (const Columns* const columns : {&kOpenAiColumns, &kAnthropicColumns}) {
    if (HasColumn(names, columns->day) && HasColumn(names, columns->model) &&
        HasColumn(names, columns->output)) {
      return columns;
    }
  }
  return nullptr;
}

void NoteMissing(const Cells& names, const Columns& columns, Invoice& invoice) {
  std::vector<std::string_view> usual(columns.input.begin(), columns.input.end());
  usual.insert(usual.end(), {columns.cached, columns.requests});
  std::set<std::string_view> missing;
  for (const std::string_view name : usual) {
    if (!name.empty() && !HasColumn(names, name)) missing.insert(name);
  }
  invoice.has_cached = !missing.contains(columns.cached);
  invoice.missing.assign(missing.begin(), missing.end());
}

void AppendDifference(std::string_view what, std::int64_t billed, std::int64_t booked,
                      std::string& out) {
  if (billed == booked) return;
  if (!out.empty()) out += ", ";
  out += config::Concat(what, ": ", billed, " billed, ", booked, " booked");
}

std::string DifferenceOf(const ReconciledLine& line, bool on_bill, bool in_ledger) {
  if (!in_ledger) return "only on the bill: these requests did not pass this gateway";
  if (!on_bill) return "only in the ledger: the bill has nothing of this model on this day";
  std::string text;
  if (line.billed.requests) {
    AppendDifference("requests", *line.billed.requests, line.booked.attempts, text);
  }
  AppendDifference("input tokens", line.billed.usage.input, line.booked.usage.input, text);
  AppendDifference("cached input tokens", line.billed.usage.cached_input,
                   line.booked.usage.cached_input, text);
  AppendDifference("output tokens", line.billed.usage.output, line.booked.usage.output, text);
  return text;
}

}  // namespace

std::string_view WithoutDate(std::string_view model) {
  const auto ends_with = [model](std::string_view form) {
    if (model.size() <= form.size()) return false;
    const std::string_view end = model.substr(model.size() - form.size());
    return std::equal(end.begin(), end.end(), form.begin(),
                      [](char c, char f) { return f == '0' ? config::IsDigit(c) : c == f; });
  };
  for (const std::string_view form : {"-0000-00-00", "-00000000"}) {
    if (ends_with(form)) return model.substr(0, model.size() - form.size());
  }
  return model;
}

absl::StatusOr<Invoice> ReadInvoice(std::string_view csv) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (csv.starts_with(kByteOrderMark)) csv.remove_prefix(kByteOrderMark.size());
  std::string_view rest = csv;
  char separator = ',';
  if (ColumnsOf(TakeCells(rest, separator)) == nullptr) separator = ';';
  const Cells names = TakeCells(csv, separator);
  const Columns* const columns = ColumnsOf(names);
  if (columns == nullptr) {
    return WrongLine(1,
                     "these are not the columns of a usage export; OpenAI's has start_time, model "
                     "and output_tokens, Anthropic's has usage_date_utc, model_version and "
                     "usage_output_tokens, separated by commas");
  }
  Invoice invoice;
  NoteMissing(names, *columns, invoice);
  std::map<LineKey, InvoiceLine> lines;
  for (int number = 2; !csv.empty(); ++number) {
    const Cells cells = TakeCells(csv, separator);
    if (cells.size() == 1 && cells[0].empty()) continue;
    LineReader reader(names, cells);
    InvoiceLine line = ReadLine(*columns, reader);
    const std::optional<std::int64_t> day = DayOfCell(reader.Text(columns->day));
    if (!day) return WrongLine(number, config::Concat(columns->day, " is not a day"));
    if (!reader.wrong().empty()) return WrongLine(number, reader.wrong());
    line.day = *day;
    if (!HasColumn(names, columns->requests)) line.requests.reset();
    if (!line.model.empty()) AddLine(line, lines);
  }
  invoice.lines.reserve(lines.size());
  for (auto& [key, line] : lines) invoice.lines.push_back(std::move(line));
  return invoice;
}

std::vector<ReconciledLine> CompareWithInvoice(const Invoice& billed, const SpendReport& booked,
                                               std::string_view backend) {
  struct Sides {
    const InvoiceLine* billed = nullptr;
    LedgerSums booked;
    bool in_ledger = false;
  };
  std::map<LineKey, Sides> days;
  for (const InvoiceLine& line : billed.lines) days[{line.day, line.model}].billed = &line;
  for (const SpendRow& row : booked.rows) {
    if (row.values[1] != backend) continue;
    const std::string model(WithoutDate(row.values[2]));
    Sides& sides = days[{ParseDay(row.values[0]).value_or(0), model}];
    sides.booked.Add(row.sums);
    sides.in_ledger = true;
  }
  std::vector<ReconciledLine> lines;
  for (const auto& [key, sides] : days) {
    ReconciledLine& line = lines.emplace_back();
    line.day = key.first;
    line.model = key.second;
    if (sides.billed != nullptr) line.billed = *sides.billed;
    line.booked = sides.booked;
    if (!billed.has_cached) {
      line.billed.usage.cached_input =
          std::min(line.booked.usage.cached_input, line.billed.usage.input);
    }
    line.difference = DifferenceOf(line, sides.billed != nullptr, sides.in_ledger);
  }
  return lines;
}

void AddValues(
    const std::function<std::optional<config::PriceRow>(const std::string& model)>& price_of,
    std::vector<ReconciledLine>& lines) {
  for (ReconciledLine& line : lines) {
    const std::optional<config::PriceRow> price = price_of(line.model);
    if (!price) continue;
    config::Prices prices;
    prices.standard = *price;
    const auto value = [&prices](const Usage& usage) {
      return CostOf(prices, usage, ServiceTier::kStandard, /*unix_seconds=*/0);
    };
    line.billed_value = value(line.billed.usage);
    line.value_of_difference = *line.billed_value - value(line.booked.usage);
  }
}

}  // namespace headgate::policy

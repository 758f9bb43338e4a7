#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "gateway/cli/ledger/commands.h"
#include "gateway/cli/ledger/list_price.h"
#include "policy/ledger/report/invoice.h"
#include "policy/ledger/report/report_text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

using policy::ReconciledLine;

boost::json::value JsonUsd(const std::optional<NanoUsd>& amount) {
  if (!amount) return nullptr;
  return boost::json::value(policy::ExactUsd(*amount));
}

void PrintReconciledJson(const std::vector<ReconciledLine>& lines) {
  boost::json::array rows;
  for (const ReconciledLine& line : lines) {
    rows.push_back({{"day", policy::DayText(line.day)},
                    {"model", line.model},
                    {"billed_input_tokens", line.billed.usage.input},
                    {"booked_input_tokens", line.booked.usage.input},
                    {"billed_output_tokens", line.billed.usage.output},
                    {"booked_output_tokens", line.booked.usage.output},
                    {"billed_usd_at_our_prices", JsonUsd(line.billed_value)},
                    {"booked_usd", policy::ExactUsd(line.booked.cost)},
                    {"booked_estimated_usd", policy::ExactUsd(line.booked.estimated)},
                    {"difference_usd", JsonUsd(line.value_of_difference)},
                    {"difference", line.difference}});
  }
  std::cout << boost::json::serialize(boost::json::object{{"rows", std::move(rows)}}) << "\n";
}

std::string UsdText(const std::optional<NanoUsd>& amount) {
  return amount ? policy::RoundedUsd(*amount) : "no price";
}

std::string DifferenceText(const ReconciledLine& line) {
  std::string text = line.difference.empty() ? "none" : line.difference;
  if (line.booked.estimated > 0) {
    text += config::Concat(" (", policy::ExactUsd(line.booked.estimated),
                           " USD of what is booked are estimates)");
  }
  return text;
}

void PrintReconciledRow(const std::string& day, const ReconciledLine& line,
                        const std::string& difference) {
  std::cout << absl::StrFormat("%-10s  %-24s %13d %13d %12d %12d %11s %11s %12s  %s\n", day,
                               line.model, line.billed.usage.input, line.booked.usage.input,
                               line.billed.usage.output, line.booked.usage.output,
                               UsdText(line.billed_value), policy::RoundedUsd(line.booked.cost),
                               UsdText(line.value_of_difference), difference);
}

// The sum of lines. Those without a price are left out of its values.
ReconciledLine TotalOf(const std::vector<ReconciledLine>& lines) {
  ReconciledLine total;
  total.billed_value = 0;
  total.value_of_difference = 0;
  for (const ReconciledLine& line : lines) {
    total.billed.usage += line.billed.usage;
    total.booked.Add(line.booked);
    *total.billed_value += line.billed_value.value_or(0);
    *total.value_of_difference += line.value_of_difference.value_or(0);
  }
  return total;
}

void PrintReconciled(const std::vector<ReconciledLine>& lines) {
  std::cout << absl::StrFormat("%-10s  %-24s %13s %13s %12s %12s %11s %11s %12s  %s\n", "day",
                               "model", "input billed", "booked", "output bill.", "booked",
                               "billed USD", "booked USD", "differ. USD", "difference");
  std::size_t different = 0;
  for (const ReconciledLine& line : lines) {
    if (!line.difference.empty()) ++different;
    PrintReconciledRow(policy::DayText(line.day), line, DifferenceText(line));
  }
  PrintReconciledRow("total", TotalOf(lines), "");
  std::cout << "\n"
            << lines.size() << (lines.size() == 1 ? " line, " : " lines, ") << different
            << " of them different. Billed USD are the billed tokens at our standard prices, and "
               "differ. USD is what they are worth more than the booked tokens.\n";
}

// Returns the backend that the bill is of; null after it has printed why there is none.
const config::Backend* BilledBackend(const config::Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const config::Backend& backend : config.backends) {
    const bool paid = backend.hosting == config::Hosting::kPaidApi;
    if (backend.name == name && paid) return &backend;
    if (backend.name == name) {
      FailLedger(config::Concat("backend ", name,
                                " is self-hosted: its cost is rent, and no provider bills its "
                                "tokens; write a backend with `hosting: paid_api`"));
      return nullptr;
    }
    if (paid) names.push_back(backend.name);
  }
  FailLedger(config::Concat("no backend is called ", name, "; ", config::DidYouMean(name, names)));
  return nullptr;
}

absl::StatusOr<policy::Invoice> ReadInvoiceFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        config::Concat("cannot read ", path, " (", std::strerror(errno), ")"));
  }
  const std::string csv{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<policy::Invoice> invoice = policy::ReadInvoice(csv);
  if (!invoice.ok()) {
    return absl::InvalidArgumentError(
        config::Concat(path, ", ", std::string(invoice.status().message())));
  }
  if (invoice->lines.empty()) return absl::InvalidArgumentError(path + " has no lines");
  for (const std::string& name : invoice->missing) {
    const bool is_cached = name.find("cache") != std::string::npos;
    const bool is_input = name.find("input_tokens") != std::string::npos;
    std::cerr << "headgate: " << path << " has no column " << name
              << (is_cached  ? "; it is taken as booked\n"
                  : is_input ? "; it counts as 0\n"
                             : "; it is not compared\n");
  }
  return invoice;
}

}  // namespace

int Reconcile(const ReconcileOptions& options) {
  const std::optional<config::Config> config = ConfigWithLedger(options.config);
  if (!config) return 1;
  const config::Backend* const backend = BilledBackend(*config, options.backend);
  if (backend == nullptr) return 1;
  const absl::StatusOr<policy::Invoice> billed = ReadInvoiceFile(options.invoice);
  if (!billed.ok()) return FailLedger(std::string(billed.status().message()));
  using enum policy::SpendBy;
  const auto [first, last] =
      std::minmax_element(billed->lines.begin(), billed->lines.end(),
                          [](const auto& a, const auto& b) { return a.day < b.day; });
  const auto booked =
      policy::ReadSpend(LedgerFolder(*config), {.by = {kDay, kBackend, kBilledAs},
                                                .since = first->day * policy::kHoursPerDay,
                                                .until = (last->day + 1) * policy::kHoursPerDay});
  if (!booked.ok()) return FailLedger(std::string(booked.status().message()));
  std::vector<ReconciledLine> lines = CompareWithInvoice(*billed, *booked, options.backend);
  policy::AddValues(
      [&](const std::string& model) { return PriceOfBilled(*config, *backend, model); }, lines);
  if (options.json) {
    PrintReconciledJson(lines);
  } else {
    PrintReconciled(lines);
  }
  const bool agree = std::all_of(lines.begin(), lines.end(), [](const ReconciledLine& line) {
    return line.difference.empty();
  });
  return agree ? 0 : 1;
}

}  // namespace headgate::gateway

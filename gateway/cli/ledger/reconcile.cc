#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "config/base/text.h"
#include "gateway/cli/ledger/commands.h"
#include "policy/ledger/report/invoice.h"
#include "policy/ledger/report/report_text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

using policy::ReconciledLine;

void PrintReconciledJson(const std::vector<ReconciledLine>& lines) {
  boost::json::array rows;
  for (const ReconciledLine& line : lines) {
    rows.push_back({{"day", policy::DayText(line.day)},
                    {"model", line.model},
                    {"billed_input_tokens", line.billed.usage.input},
                    {"booked_input_tokens", line.booked.usage.input},
                    {"billed_output_tokens", line.billed.usage.output},
                    {"booked_output_tokens", line.booked.usage.output},
                    {"booked_usd", policy::ExactUsd(line.booked.cost)},
                    {"booked_estimated_usd", policy::ExactUsd(line.booked.estimated)},
                    {"difference", line.difference}});
  }
  std::cout << boost::json::serialize(boost::json::object{{"rows", std::move(rows)}}) << "\n";
}

void PrintReconciled(const std::vector<ReconciledLine>& lines) {
  std::cout << absl::StrFormat("%-10s  %-28s %14s %14s %13s %13s %14s  %s\n", "day", "model",
                               "input billed", "booked", "output billed", "booked", "booked USD",
                               "difference");
  std::size_t different = 0;
  for (const ReconciledLine& line : lines) {
    std::string difference = line.difference.empty() ? "none" : line.difference;
    if (!line.difference.empty()) ++different;
    if (line.booked.estimated > 0) {
      difference += config::Concat(" (", policy::ExactUsd(line.booked.estimated),
                                   " USD of it are estimates)");
    }
    std::cout << absl::StrFormat(
        "%-10s  %-28s %14d %14d %13d %13d %14s  %s\n", policy::DayText(line.day), line.model,
        line.billed.usage.input, line.booked.usage.input, line.billed.usage.output,
        line.booked.usage.output, policy::ExactUsd(line.booked.cost), difference);
  }
  std::cout << "\n"
            << lines.size() << (lines.size() == 1 ? " line, " : " lines, ") << different
            << " of them different\n";
}

}  // namespace

int Reconcile(const ReconcileOptions& options) {
  const std::optional<config::Config> config = ConfigWithLedger(options.config);
  if (!config) return 1;
  const auto known = [&](const config::Backend& backend) {
    return backend.name == options.backend;
  };
  if (std::none_of(config->backends.begin(), config->backends.end(), known)) {
    return FailLedger(config::Concat("no backend is called ", options.backend));
  }
  std::ifstream file(options.invoice, std::ios::binary);
  if (!file) return FailLedger("cannot read " + options.invoice);
  const std::string csv{std::istreambuf_iterator<char>(file), {}};
  const auto billed = policy::ReadInvoice(csv);
  if (!billed.ok()) {
    return FailLedger(options.invoice + ", " + std::string(billed.status().message()));
  }
  if (billed->empty()) return FailLedger(options.invoice + " has no lines");
  using enum policy::SpendBy;
  const auto [first, last] = std::minmax_element(
      billed->begin(), billed->end(), [](const auto& a, const auto& b) { return a.day < b.day; });
  const auto booked =
      policy::ReadSpend(LedgerFolder(*config), {.by = {kDay, kBackend, kBilledAs},
                                                .since = first->day * policy::kHoursPerDay,
                                                .until = (last->day + 1) * policy::kHoursPerDay});
  if (!booked.ok()) return FailLedger(std::string(booked.status().message()));
  const std::vector<ReconciledLine> lines = CompareWithInvoice(*billed, *booked, options.backend);
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

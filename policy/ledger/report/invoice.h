#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/prices.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/sums.h"
#include "policy/money/cost.h"

namespace headgate::policy {

// A provider's usage export beside our books. All functions are pure.

// What a provider says of one day (UTC) and model. Tokens are counted as in Usage: input has the
// cached tokens and those written to the cache.
struct InvoiceLine {
  std::int64_t day = 0;
  std::string model;                     // without the date of its snapshot
  std::optional<std::int64_t> requests;  // Anthropic's export has none
  Usage usage;
};

// Returns a model's name without the date of a snapshot at its end: gpt-4.1-2025-04-14 and
// claude-opus-4-20250514 are gpt-4.1 and claude-opus-4.
std::string_view WithoutDate(std::string_view model);

struct Invoice {
  std::vector<InvoiceLine> lines;
  bool has_cached = true;            // false: cached input is not known, and 0 in the lines
  std::vector<std::string> missing;  // columns that such an export usually has
};

// Reads a usage export: OpenAI's (start_time, model, input_tokens, input_cached_tokens,
// output_tokens, num_model_requests) or Anthropic's (usage_date_utc, model_version,
// usage_input_tokens_no_cache, …). Columns may come in any order, and others are ignored (both as
// of 2026-11). They are separated by commas, or by semicolons as spreadsheets of some languages
// write them. Adds up the lines of one day and model. kInvalidArgument says what is wrong, and
// where.
absl::StatusOr<Invoice> ReadInvoice(std::string_view csv);

struct ReconciledLine {
  std::int64_t day = 0;
  std::string model;
  InvoiceLine billed;
  LedgerSums booked;
  std::string difference;  // in words; empty: they agree
  // At standard prices: the billed tokens, and what they are worth more than the booked ones.
  // Absent: there is no price.
  std::optional<NanoUsd> billed_value;
  std::optional<NanoUsd> value_of_difference;
};

// Compares by day and model. `booked` is by kDay, kBackend and kBilledAs; other backends than
// `backend` are left out. If the invoice does not know cached input, it is taken as booked.
std::vector<ReconciledLine> CompareWithInvoice(const Invoice& billed, const SpendReport& booked,
                                               std::string_view backend);

// Fills in the values of the lines. `price_of` is asked for a model as InvoiceLine has it.
void AddValues(
    const std::function<std::optional<config::PriceRow>(const std::string& model)>& price_of,
    std::vector<ReconciledLine>& lines);

}  // namespace headgate::policy

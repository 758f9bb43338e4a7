#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
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

// Reads a usage export: OpenAI's (start_time, model, input_tokens, input_cached_tokens,
// output_tokens, num_model_requests) or Anthropic's (usage_date_utc, model_version,
// usage_input_tokens_no_cache, …). Columns may come in any order, and others are ignored (both as
// of 2026-11). Adds up the lines of one day and model. kInvalidArgument says what is wrong, and
// where.
absl::StatusOr<std::vector<InvoiceLine>> ReadInvoice(std::string_view csv);

struct ReconciledLine {
  std::int64_t day = 0;
  std::string model;
  InvoiceLine billed;
  LedgerSums booked;
  std::string difference;  // in words; empty: they agree
};

// Compares by day and model. `booked` is by kDay, kBackend and kBilledAs; other backends than
// `backend` are left out.
std::vector<ReconciledLine> CompareWithInvoice(const std::vector<InvoiceLine>& billed,
                                               const SpendReport& booked, std::string_view backend);

}  // namespace headgate::policy

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "policy/ledger/report/ledger_files.h"
#include "policy/money/cost.h"

namespace headgate::policy {

// What the ledger has of answers, for a plan of the traffic to come.

// One answer that a client got, or an attempt that cost something and brought none. If the rows of
// its day are no longer kept, all answers of one hour, class and target together; their tokens then
// include those of failed attempts at that target.
struct LedgerAnswers {
  std::int64_t time = 0;      // when the request began, or the hour, in milliseconds since 1970
  bool whole_hour = false;    // all of an hour
  std::int64_t requests = 1;  // more than 1 only of a whole hour; 0: no answer
  std::string_view request_class;
  std::string_view target;  // "model@backend"
  Usage usage;              // tokens of answers
  NanoUsd cost = 0;
  std::int64_t unpriced = 0;  // attempts whose price is not known: their cost is not in `cost`
};

// Who reads the answers. `begin`: see LedgerReader. Views in `answers` hold during the call.
struct AnswersReader {
  std::function<void()> begin;
  std::function<void(const LedgerAnswers& answers)> read;
};

// Reads all answers of requests that began in `hours`, in no order. Errors: see ReadLedgerFiles.
absl::Status ReadLedgerTraffic(const std::string& folder, const HourRange& hours,
                               const AnswersReader& reader);

}  // namespace headgate::policy

#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/base/enum_words.h"
#include "policy/ledger/values/sums.h"

namespace headgate::policy {

// What was spent, by whatever is asked for. Reads the files of the ledger, also while a daemon
// writes them: it sees whole commits, and each request once. Sums by hour are read where they are
// up to date, so a month of ten million requests takes under two seconds.

enum class SpendBy : std::uint8_t {
  kTeam,
  kKey,
  kRoute,
  kClass,
  kModel,  // of the catalogue
  kBackend,
  kTarget,  // model@backend
  kHosting,
  kBilledAs,  // the model's name at the backend
  kHour,      // UTC, like the two below
  kDay,
  kMonth,
};
inline constexpr std::array kSpendByWords = {
    config::EnumWord<SpendBy>{"team", SpendBy::kTeam},
    config::EnumWord<SpendBy>{"key", SpendBy::kKey},
    config::EnumWord<SpendBy>{"route", SpendBy::kRoute},
    config::EnumWord<SpendBy>{"class", SpendBy::kClass},
    config::EnumWord<SpendBy>{"model", SpendBy::kModel},
    config::EnumWord<SpendBy>{"backend", SpendBy::kBackend},
    config::EnumWord<SpendBy>{"target", SpendBy::kTarget},
    config::EnumWord<SpendBy>{"hosting", SpendBy::kHosting},
    config::EnumWord<SpendBy>{"billed_as", SpendBy::kBilledAs},
    config::EnumWord<SpendBy>{"hour", SpendBy::kHour},
    config::EnumWord<SpendBy>{"day", SpendBy::kDay},
    config::EnumWord<SpendBy>{"month", SpendBy::kMonth}};

struct SpendQuery {
  std::vector<SpendBy> by;
  // Requests that began in [since, until): hours since 1970.
  std::int64_t since = 0;
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
};

struct SpendRow {
  std::vector<std::string> values;  // parallel to SpendQuery::by
  LedgerSums sums;
};

struct SpendReport {
  std::vector<SpendBy> by;
  std::vector<SpendRow> rows;  // by their values
  LedgerSums total;
};

// Reads the ledger in `folder`. Unavailable if a file cannot be read; its message says which, and
// why. A folder without files gives an empty report.
absl::StatusOr<SpendReport> ReadSpend(const std::string& folder, const SpendQuery& query);

}  // namespace headgate::policy

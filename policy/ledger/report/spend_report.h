#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/base/enum_words.h"
#include "config/prices.h"
#include "policy/ledger/values/local_hours.h"
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
  kHour,      // of SpendQuery::zone, like the two below
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

// Only what has this value counts. Times cannot be filtered by value.
struct SpendFilter {
  SpendBy by = SpendBy::kTeam;
  std::string value;  // empty: requests that have none, as those without a key
};

struct SpendQuery {
  std::vector<SpendBy> by;
  // Requests that began in [since, until): hours since 1970.
  std::int64_t since = 0;
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
  std::vector<SpendFilter> filters = {};  // all of them hold
  LocalHours zone = {};
};

struct SpendRow {
  std::vector<std::string> values;  // parallel to SpendQuery::by
  LedgerSums sums;
  std::optional<NanoUsd> baseline = {};  // see AddBaseline
};

struct SpendReport {
  std::vector<SpendBy> by;
  std::vector<SpendRow> rows;  // by their values
  LedgerSums total;
  NanoUsd rent = 0;  // the part of the total's cost that is rent of self-hosted targets
  std::optional<NanoUsd> baseline = {};
  // For each filter, the values that there are in these hours.
  std::vector<std::set<std::string>> seen = {};
};

// Adds what the tokens of each row would cost at standard prices, one rounding a row: those of
// another target, as if it had written as much. Input that was cached counts as cached. The total
// is the sum of the rows. Pure.
void AddBaseline(const config::PriceRow& price, SpendReport& report);

// Reads the ledger in `folder`. Errors: see ReadLedgerFiles. A folder without files gives an empty
// report.
absl::StatusOr<SpendReport> ReadSpend(const std::string& folder, const SpendQuery& query);

}  // namespace headgate::policy

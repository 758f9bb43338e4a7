#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/day_file.h"
#include "policy/ledger/values/calendar.h"
#include "policy/ledger/values/ledger_row.h"
#include "tests/policy/overwrite_table.h"
#include "tests/support/temporary_folder.h"

namespace headgate::policy {

// 2026-11-29, 13:00 UTC, in milliseconds since 1970.
inline constexpr std::int64_t kNoon = 1'795'957'200'000;
inline constexpr std::int64_t kMsPerDay = kMsPerHour * kHoursPerDay;

inline constexpr LedgerTarget kPaid{"gpt-4.1@openai", "gpt-4.1", config::Hosting::kPaidApi};
inline constexpr LedgerTarget kOwn{"qwen@gpu", "Qwen/Qwen2.5", config::Hosting::kSelfHosted};

inline LedgerAttempt AttemptAt(const LedgerTarget& target, NanoUsd cost) {
  return {.target = target,
          .usage = {.input = 100, .output = 10},
          .status = UsageStatus::kExact,
          .tier = ServiceTier::kStandard,
          .answered = true,
          .cost = cost};
}

// A request of team `search` that cost `cost` at kPaid.
inline LedgerRow RowOf(LedgerId id, NanoUsd cost, RowState state = RowState::kSettled,
                       std::int64_t started = kNoon) {
  LedgerRow row;
  row.id = id;
  row.started = started;
  row.request[11] = static_cast<unsigned char>(id);
  row.labels = {"search-prod", "search", "general", "code"};
  row.state = state;
  row.attempts.push_back(AttemptAt(kPaid, cost));
  return row;
}

// Collects what the operator is told: "- what: detail" for a failure, "+ what: detail" else.
class ToldOperator {
 public:
  LedgerAlarm Alarm() {
    return [this](bool failing, std::string_view what, std::string_view detail) {
      lines.push_back(std::string(failing ? "- " : "+ ") + std::string(what) + ": " +
                      std::string(detail));
    };
  }
  std::vector<std::string> lines;
};

}  // namespace headgate::policy

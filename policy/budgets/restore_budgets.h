#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/base/mutex.h"
#include "policy/budgets/budget_table.h"
#include "policy/ledger/ledger_writer.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/ledger_row.h"

namespace headgate::policy {

// Gives budgets what the ledger has of a day or month that they begin to count: at a start, at a
// reload, and when the clock was set. A window counts its own calls from its first moment; the rest
// comes from the ledger, in the ledger's thread. Each request is counted once:
//
// * its row was put before the window was made: the ledger has it;
// * its call reserved in the window: it is settled there;
// * it began under a table that had no such budget, and its row was put later: SettleUnderNewer.
//
// The ledger adds up hours of UTC: where a day begins or ends within one, all of that hour counts.
// Also restores what the operator was told (told_shares.h). Thread-safe, but PutInForce.
class BudgetRestorer {
 public:
  // `ledger` writes the files in `folder`. `alarm` is told of what cannot be read; the window then
  // goes on with what it has. This outlives all tables that it has put in force, and the ledger's
  // thread.
  BudgetRestorer(LedgerWriter& ledger, std::string folder, LedgerAlarm alarm);

  // Puts `table` in force in the place of the one before, and restores the windows of its new
  // budgets at `now` (milliseconds since 1970). Called before requests use the table, by one
  // thread. Waits until that is done, but not longer than `longest`: what is missing then comes
  // later. Returns what could not be read.
  absl::Status PutInForce(const std::shared_ptr<const BudgetTable>& table, std::int64_t now,
                          std::chrono::milliseconds longest) EXCLUDES_LOCK(mutex_);

 private:
  struct Restored {
    config::Budget budget;
    std::string name;
  };

  void Restore(const Restored& budget, const std::shared_ptr<BudgetWindow>& window)
      EXCLUDES_LOCK(mutex_);
  // In the ledger's thread.
  void AddRest(const Restored& budget, BudgetWindow& window, std::int64_t rows)
      EXCLUDES_LOCK(mutex_);
  const absl::StatusOr<SpendReport>& ReportOf(const BudgetBounds& bounds, std::int64_t rows);

  LedgerWriter& ledger_;
  const std::string folder_;
  const LedgerAlarm alarm_;
  std::shared_ptr<const BudgetTable> in_force_;  // of the thread that reloads

  // Used by the ledger's thread only: what was read behind so many rows, by the first and last
  // hour.
  std::int64_t read_behind_ = -1;
  std::map<std::pair<std::int64_t, std::int64_t>, absl::StatusOr<SpendReport>> reports_;

  Mutex mutex_;
  std::condition_variable_any done_;
  int waiting_ GUARDED_BY(mutex_) = 0;  // windows
  absl::Status problem_ GUARDED_BY(mutex_);
};

// Adds what a request cost that ended under `table` to budgets that are in force instead, and that
// `table` does not have. `number`: of its row, as the ledger has returned it. Called once, when the
// row was put. Thread-safe.
void SettleUnderNewer(const BudgetTable& table, const LedgerRow& row, std::int64_t number);

// Returns what the ledger in `folder` has of a budget in a day or month, for commands that run
// beside the daemon. Reads the disk; an error's message names the file.
absl::StatusOr<NanoUsd> SpentInLedger(const std::string& folder, const config::Budget& budget,
                                      const BudgetBounds& bounds);

// Makes the windows that begin within ten minutes of `now`, so that the first requests of a day do
// not wait for what the ledger has of it. For one thread.
void PrepareWindows(const BudgetTable& table, std::int64_t now);

}  // namespace headgate::policy

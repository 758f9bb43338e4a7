#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Opens the ledger that `config` asks for; null if it asks for none. An error's message is "path:
// problem; fix". The operator's log is told what a dead process left, and of later failures.
absl::StatusOr<std::unique_ptr<policy::LedgerWriter>> OpenLedger(const config::Config& config);

// Tells the operator's log what the ledger says of itself. Thread-safe.
void TellLedgerOperator(bool failing, std::string_view what, std::string_view detail);

// Returns how long it keeps what it has: sums by hour for at least policy::kLeastHourly days,
// whatever `config` says. REQUIRES: config.ledger.
policy::LedgerKeeping KeepingOf(const config::Config& config);

}  // namespace headgate::gateway

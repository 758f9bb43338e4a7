#pragma once

#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/http/answer.h"
#include "policy/ledger/ledger_writer.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

// Returns a refusal while the ledger cannot write down what a request costs. `ledger`: null if
// there is none. Token counts, for which nobody charges, are never refused.
std::optional<ClientError> RefusedByLedger(routing::Endpoint endpoint,
                                           const policy::LedgerWriter* ledger,
                                           RequestAccount& account);

// Tells the ledger that an attempt of the request begins: what has ended so far, and what the
// running attempts are expected to cost. If the process dies, that is what is booked. Gives the
// account its place in the ledger. Token counts are not booked.
void ReserveInLedger(RequestAccount& account, policy::LedgerWriter& ledger);

// Hands a request that has ended to the ledger, if it has a place there, and to budgets that have
// come into force since it began.
void SettleInLedger(const RequestAccount& account, policy::LedgerWriter& ledger);

}  // namespace headgate::gateway

#pragma once

#include <boost/json/object.hpp>

#include "gateway/metrics/registry.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Appends what the ledger has written, whether it can write, and what was spent today and this
// month (UTC).
void AddLedgerFamilies(const policy::LedgerWriter& ledger, FamilySet::Families& families);

// The same without the money, for /status.
boost::json::object LedgerJson(const policy::LedgerWriter& ledger);

}  // namespace headgate::gateway

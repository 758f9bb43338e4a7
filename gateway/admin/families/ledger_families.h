#pragma once

#include <boost/json/object.hpp>
#include <map>

#include "gateway/metrics/registry.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Appends what the ledger has written, whether it can write, and what was spent today and this
// month (UTC).
void AddLedgerFamilies(const policy::LedgerWriter& ledger, SeriesCap& cap,
                       FamilySet::Families& families);

// Returns `headgate_spend_usd`. Teams of older configurations are in the ledger too, so the family
// takes its room from the cap on series. Beyond it the teams that spent least this month are added
// up as team `other`, which the cap does not count.
prometheus::MetricFamily SpendFamily(
    const std::map<policy::SpendSums::Key, policy::SpendSums::Amounts>& spent, SeriesCap& cap);

// The same without the money, for /status.
boost::json::object LedgerJson(const policy::LedgerWriter& ledger);

}  // namespace headgate::gateway

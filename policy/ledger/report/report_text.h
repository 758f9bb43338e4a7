#pragma once

#include <string>

#include "config/base/money.h"
#include "policy/ledger/report/spend_report.h"

namespace headgate::policy {

// A report as text. Money is in US dollars, exact to the nano-dollar in CSV and JSON. All functions
// are pure.

// Exact: 9 decimals, with a minus sign below 0.
std::string ExactUsd(NanoUsd cost);

// 4 decimals, rounded half up.
std::string RoundedUsd(NanoUsd cost);

// Columns for people, with a line for the total. Money is rounded. With a
// baseline, two columns more: what the tokens would have cost there, and how much less was paid.
std::string ReportTable(const SpendReport& report);
// RFC 4180, with a line of names.
std::string ReportCsv(const SpendReport& report);
// {"rows":[{"team":"search",…,"requests":1,…,"cost_usd":0.001}],"total":{…}}
std::string ReportJson(const SpendReport& report);

}  // namespace headgate::policy

#pragma once

#include <optional>
#include <string_view>

#include "config/config.h"
#include "policy/ledger/values/ledger_row.h"

namespace headgate::gateway {

// Returns what `text`, a line of the access log, says of a request, as a row of the ledger; nullopt
// if the request was never sent to a backend. `config` says which targets are self-hosted, and what
// a model is called on its backend's bill. The log has tokens for the answer alone, so that
// attempts that failed have their cost without tokens. `readable` is false if the line is no such
// line. Pure.
std::optional<policy::LedgerRow> RowOfLogLine(std::string_view text, const config::Config& config,
                                              bool& readable);

}  // namespace headgate::gateway

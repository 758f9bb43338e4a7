#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/parsed.h"
#include "config/config.h"
#include "policy/ledger/values/ledger_row.h"

namespace headgate::gateway {

// What a line of the access log says of a request.
struct LoggedRow {
  bool is_line = false;  // of an access log
  // Empty also if the request was never sent to a backend.
  std::optional<policy::LedgerRow> row;
  std::string problem;  // why the ledger does not take it; empty: none
};

// Reads `text`. `config` says which targets are self-hosted, what a model is called on its
// backend's bill, and whether requests are booked before they wait. The log has tokens for the
// answer alone, so that attempts that failed have their cost without tokens. A line is not taken if
// a cost cannot be represented exactly, if it is not from 2020 to a day behind `now` (milliseconds
// since 1970), or if a name has a control character. Pure.
LoggedRow RowOfLogLine(std::string_view text, const config::Config& config, std::int64_t now);

// Reads a cost as JSON has it, also with an exponent, which other programs write when they pass a
// log on: 2e-05 is 20,000 nano-dollars, exactly. `token` is the text of the value.
config::Parsed<NanoUsd> ParseLoggedUsd(std::string_view token);

}  // namespace headgate::gateway

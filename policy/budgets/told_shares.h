#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// What the operator was told of budgets, in the file `told_budgets` beside the ledger, so that a
// restart does not tell it again. A line for each budget has the beginning of its day or month, the
// limit, the share and the name, and `refuses` if that was told. If the file is lost, the operator
// is told once more. For one thread.

struct ToldLine {
  std::int64_t begin = 0;  // of the day or month, in milliseconds since 1970
  ToldShare told;
  std::string budget;  // config::NameOf
};

// Reads the file in `folder`. Leaves out lines that are damaged. Returns nothing if there is no
// file.
std::vector<ToldLine> ReadTold(const std::string& folder);

// Returns what `lines` have of a budget in the window that begins at `begin`.
ToldShare FindTold(const std::vector<ToldLine>& lines, std::string_view budget, std::int64_t begin);

// Puts `line` in the place of the line of the same budget. Replaces the file at once or not at all.
absl::Status NoteTold(const std::string& folder, const ToldLine& line);

}  // namespace headgate::policy

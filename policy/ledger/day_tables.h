#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/values/ledger_row.h"
#include "policy/ledger/values/packed_row.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// The tables that only the file of a day has: requests that have ended, and chunks of those that
// run. Errors stay in the database.

extern const char kDayTables[];

// A request as a file has it: names are numbers.
struct StoredRow {
  LedgerId id = 0;
  std::int64_t started = 0;  // milliseconds since 1970
  std::array<unsigned char, 12> request{};
  std::int64_t labels = 0;
  RowState state = RowState::kReserved;
  NanoUsd reserved = 0;
  std::vector<PackedAttempt> attempts;

  NanoUsd Cost() const;
};

// Writes a request that has ended as row `sequence`. `insert` was made with kInsertRow, and
// `scratch` keeps its bytes.
extern const char kInsertRow[];
void InsertRow(const StoredRow& row, std::int64_t sequence, SqliteQuery& insert,
               std::string& scratch);

// Calls visit for all rows behind row `after`, in their order. Leaves out rows that are damaged.
void VisitRows(Sqlite& database, std::int64_t after,
               const std::function<void(const StoredRow& row)>& visit);

// Writes a running request as a part of a chunk in the place of what `packed` has.
void PackRunning(const StoredRow& row, std::string& packed);

// Returns the requests of all chunks that have no row.
std::vector<StoredRow> ReadRunning(Sqlite& database);

}  // namespace headgate::policy

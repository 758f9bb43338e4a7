#include "policy/ledger/day_tables.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

namespace headgate::policy {
namespace {

std::string_view BytesOf(const std::array<unsigned char, 12>& request) {
  return {reinterpret_cast<const char*>(request.data()), request.size()};
}

bool TakeRequest(std::string_view& bytes, std::array<unsigned char, 12>& request) {
  if (bytes.size() < request.size()) return false;
  std::memcpy(request.data(), bytes.data(), request.size());
  bytes.remove_prefix(request.size());
  return true;
}

bool TakeRunning(std::string_view& bytes, StoredRow& row) {
  return TakeVarint(bytes, row.id) && TakeVarint(bytes, row.started) &&
         TakeRequest(bytes, row.request) && TakeVarint(bytes, row.labels) &&
         TakeVarint(bytes, row.reserved) && TakeAttempts(bytes, row.attempts);
}

void AppendAttempts(const StoredRow& row, std::string& out) {
  BeginAttempts(row.attempts.size(), out);
  for (const PackedAttempt& attempt : row.attempts) AppendAttempt(attempt, out);
}

}  // namespace

const char kDayTables[] =
    "CREATE TABLE IF NOT EXISTS requests (sequence INTEGER PRIMARY KEY, id INTEGER NOT NULL,"
    " started INTEGER NOT NULL, request BLOB NOT NULL, labels INTEGER NOT NULL,"
    " state INTEGER NOT NULL, cost INTEGER NOT NULL, attempts BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS running (chunk INTEGER PRIMARY KEY, after INTEGER NOT NULL,"
    " requests BLOB NOT NULL);";

const char kInsertRow[] = "INSERT OR REPLACE INTO requests VALUES (?,?,?,?,?,?,?,?)";

NanoUsd StoredRow::Cost() const {
  NanoUsd total = 0;
  for (const PackedAttempt& attempt : attempts) total += attempt.cost;
  return total;
}

void InsertRow(const StoredRow& row, std::int64_t sequence, SqliteQuery& insert,
               std::string& scratch) {
  scratch.clear();
  AppendAttempts(row, scratch);
  insert.Restart().Bind(sequence).Bind(row.id).Bind(row.started).BindBytes(BytesOf(row.request));
  insert.Bind(row.labels).Bind(static_cast<std::int64_t>(row.state)).Bind(row.Cost());
  insert.BindBytes(scratch).Next();
}

void VisitRows(Sqlite& database, std::int64_t after,
               const std::function<void(const StoredRow& row)>& visit) {
  SqliteQuery query(database,
                    "SELECT id, started, request, labels, state, attempts FROM requests"
                    " WHERE sequence > ?");
  query.Bind(after);
  StoredRow row;
  while (query.Next()) {
    row.id = query.Number(0);
    row.started = query.Number(1);
    std::string_view request = query.Bytes(2);
    row.labels = query.Number(3);
    row.state = static_cast<RowState>(query.Number(4));
    std::string_view attempts = query.Bytes(5);
    if (TakeRequest(request, row.request) && TakeAttempts(attempts, row.attempts)) visit(row);
  }
}

void PackRunning(const StoredRow& row, std::string& packed) {
  packed.clear();
  AppendVarints(std::array{row.id, row.started}, packed);
  packed += BytesOf(row.request);
  AppendVarints(std::array{row.labels, row.reserved}, packed);
  AppendAttempts(row, packed);
}

std::vector<StoredRow> ReadRunning(Sqlite& database) {
  std::map<LedgerId, StoredRow> running;  // a later chunk knows more
  std::int64_t after = std::numeric_limits<std::int64_t>::max();
  {
    SqliteQuery chunks(database, "SELECT after, requests FROM running ORDER BY chunk");
    while (chunks.Next()) {
      after = std::min(after, chunks.Number(0));
      std::string_view bytes = chunks.Bytes(1);
      StoredRow row;
      while (!bytes.empty() && TakeRunning(bytes, row)) running.insert_or_assign(row.id, row);
    }
  }
  SqliteQuery ended(database, "SELECT id FROM requests WHERE sequence > ?");
  ended.Bind(after);
  while (ended.Next()) running.erase(ended.Number(0));
  std::vector<StoredRow> left;
  left.reserve(running.size());
  for (auto& [id, row] : running) left.push_back(std::move(row));
  return left;
}

}  // namespace headgate::policy

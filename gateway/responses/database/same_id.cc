#include "gateway/responses/database/same_id.h"

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

// Of the id of a response whose own id a later one took: the id, this, and a number.
constexpr std::string_view kAsideBegin = "\x1f";
constexpr std::string_view kAsideEnd = "\x20";  // behind all of them

}  // namespace

std::string SetEarlierAside(policy::Sqlite& database, const StoredResponse& response) {
  std::int64_t sequence = 0;
  bool is_past = response.previous == response.id;
  {
    policy::SqliteQuery earlier(
        database,
        "SELECT sequence, conversation <> '' OR EXISTS (SELECT 1 FROM responses AS"
        " next WHERE next.owner = earlier.owner AND next.previous = earlier.id)"
        " FROM responses AS earlier WHERE owner = ? AND id = ?");
    if (!earlier.Bind(response.owner).Bind(response.id).Next()) return response.previous;
    sequence = earlier.Number(0);
    is_past |= earlier.Number(1) != 0;
  }
  if (!is_past) {
    policy::SqliteQuery(database, "DELETE FROM responses WHERE sequence = ?").Bind(sequence).Next();
    return response.previous;
  }
  const std::string aside = config::Concat(response.id, kAsideBegin, sequence);
  policy::SqliteQuery(database, "UPDATE responses SET id = ? WHERE sequence = ?")
      .Bind(aside)
      .Bind(sequence)
      .Next();
  policy::SqliteQuery(database,
                      "UPDATE responses SET previous = ? WHERE owner = ? AND previous = ?")
      .Bind(aside)
      .Bind(response.owner)
      .Bind(response.id)
      .Next();
  return response.previous == response.id ? aside : response.previous;
}

bool DeleteWithEarlier(policy::Sqlite& database, std::string_view owner, std::string_view id,
                       std::int64_t since) {
  const std::string aside = config::Concat(id, kAsideBegin);
  const std::string end = config::Concat(id, kAsideEnd);
  policy::SqliteQuery row(
      database,
      "DELETE FROM responses WHERE owner = ? AND (id = ? OR (id >= ? AND id < ?))"
      " AND used > ? RETURNING sequence");
  const bool deleted = row.Bind(owner).Bind(id).Bind(aside).Bind(end).Bind(since).Next();
  while (row.Next()) {
  }
  return deleted;
}

}  // namespace headgate::gateway

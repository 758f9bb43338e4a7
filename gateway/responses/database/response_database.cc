#include "gateway/responses/database/response_database.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/base/text.h"
#include "gateway/responses/database/item_lookup.h"
#include "gateway/responses/database/same_id.h"
#include "gateway/responses/database/stored_items.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kExpiredAtOnce = 256;
constexpr int kLargestShare = 4;  // a response may have a quarter of the bytes
constexpr int kRenewedShare = 8;  // a use is written down after an eighth of the time
constexpr std::size_t kMostReferences = 10000;

std::size_t SizeOf(const StoredResponse& response) {
  std::size_t size = response.object.size();
  for (const StoredItem& item : response.input) size += item.id.size() + item.json.size();
  return size;
}

absl::Status TooLong() {
  return absl::ResourceExhaustedError("The conversation is too long; begin a new one.");
}

absl::Status NoResponse(std::string_view id) {
  return absl::NotFoundError(config::Concat("Response with id '", id, "' not found."));
}

}  // namespace

ResponseDatabase::ResponseDatabase(const std::string& folder, const StoreBounds& bounds,
                                   Report report)
    : file_(folder, std::move(report)), database_(file_.database()), bounds_(bounds) {
  file_.Open();
}

std::size_t ResponseDatabase::UsedBytes() {
  if (!file_.Open()) return 0;
  const std::size_t bytes = file_.BytesInUse();
  return file_.Finish().ok() ? bytes : 0;
}

absl::Status ResponseDatabase::Put(const StoredResponse& response, std::int64_t now) {
  if (SizeOf(response) > bounds_.max_bytes / kLargestShare) {
    return absl::ResourceExhaustedError("The response is too large to be stored.");
  }
  if (!file_.Open()) return file_.Unavailable();
  database_.Run("BEGIN IMMEDIATE");
  Insert(response, now);
  database_.Run("COMMIT");
  return file_.Finish(/*stored=*/true);
}

void ResponseDatabase::Insert(const StoredResponse& response, std::int64_t now) {
  const std::string previous = SetEarlierAside(database_, response);
  policy::SqliteQuery(database_,
                      "INSERT INTO responses"
                      " (owner, id, used, created, previous, conversation, object)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(response.owner)
      .Bind(response.id)
      .Bind(now)
      .Bind(response.created)
      .Bind(previous)
      .Bind(response.conversation)
      .Bind(response.object)
      .Next();
  const std::int64_t sequence = database_.Number("SELECT last_insert_rowid()");
  InsertItems(response, sequence);
  Evict(sequence);
}

void ResponseDatabase::InsertItems(const StoredResponse& response, std::int64_t sequence) {
  std::int64_t place = 0;
  for (const StoredItem& item : response.input) {
    policy::SqliteQuery(
        database_, "INSERT INTO items (response, place, owner, id, item) VALUES (?, ?, ?, ?, ?)")
        .Bind(sequence)
        .Bind(place++)
        .Bind(response.owner)
        .Bind(item.id)
        .Bind(item.json)
        .Next();
  }
  for (const StoredItem& item : OutputItemsOf(response.object)) {
    if (item.id.empty()) continue;
    policy::SqliteQuery(database_,
                        "INSERT OR IGNORE INTO outputs (owner, id, response) VALUES (?, ?, ?)")
        .Bind(response.owner)
        .Bind(item.id)
        .Bind(sequence)
        .Next();
  }
}

// Removes the least recently used responses but for `kept` until the rest fits.
void ResponseDatabase::Evict(std::int64_t kept) {
  while (!database_.failed() && file_.BytesInUse() > bounds_.max_bytes) {
    policy::SqliteQuery oldest(
        database_,
        "DELETE FROM responses WHERE sequence = (SELECT sequence FROM responses"
        " WHERE sequence <> ? ORDER BY used, sequence LIMIT 1)"
        " RETURNING sequence");
    if (!oldest.Bind(kept).Next()) break;
  }
}

std::int64_t ResponseDatabase::Find(std::string_view owner, std::string_view id, std::int64_t now) {
  policy::SqliteQuery found(
      database_, "SELECT sequence FROM responses WHERE owner = ? AND id = ? AND used > ?");
  found.Bind(owner).Bind(id).Bind(now - bounds_.keep);
  return found.Next() ? found.Number(0) : 0;
}

absl::StatusOr<std::string> ResponseDatabase::Get(std::string_view owner, std::string_view id,
                                                  std::int64_t now) {
  if (!file_.Open()) return file_.Unavailable();
  bool is_there = false;
  std::string object;
  {
    policy::SqliteQuery found(
        database_, "SELECT object FROM responses WHERE owner = ? AND id = ? AND used > ?");
    found.Bind(owner).Bind(id).Bind(now - bounds_.keep);
    is_there = found.Next();
    if (is_there) object = found.Text(0);
  }
  if (absl::Status status = file_.Finish(); !status.ok()) return status;
  if (!is_there) return NoResponse(id);
  return object;
}

absl::StatusOr<ItemPage> ResponseDatabase::InputItems(std::string_view owner, std::string_view id,
                                                      const PageQuery& query, std::int64_t now) {
  if (!file_.Open()) return file_.Unavailable();
  ItemPage page;
  const std::int64_t response = Find(owner, id, now);
  std::int64_t start = query.ascending ? -1 : INT64_MAX;
  bool start_found = query.after.empty();
  if (response != 0 && !start_found) {
    // A file may have an id twice. The last one in the order of the pages never goes back.
    policy::SqliteQuery place(
        database_, query.ascending ? "SELECT place FROM items WHERE response = ? AND id = ?"
                                     " ORDER BY place DESC LIMIT 1"
                                   : "SELECT place FROM items WHERE response = ? AND id = ?"
                                     " ORDER BY place LIMIT 1");
    start_found = place.Bind(response).Bind(query.after).Next();
    if (start_found) start = place.Number(0);
  }
  if (response != 0 && start_found) {
    policy::SqliteQuery rows(
        database_, query.ascending ? "SELECT id, item FROM items WHERE response = ? AND place > ?"
                                     " ORDER BY place LIMIT ?"
                                   : "SELECT id, item FROM items WHERE response = ? AND place < ?"
                                     " ORDER BY place DESC LIMIT ?");
    const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, PageQuery::kMostItems));
    rows.Bind(response).Bind(start).Bind(static_cast<std::int64_t>(limit + 1));
    while (rows.Next()) {
      if ((page.has_more = page.items.size() == limit)) break;
      page.items.push_back({std::string(rows.Text(0)), std::string(rows.Text(1))});
    }
  }
  if (absl::Status status = file_.Finish(); !status.ok()) return status;
  if (response == 0) return NoResponse(id);
  if (!start_found) {
    return absl::InvalidArgumentError(
        config::Concat("Item with id '", query.after, "' not found in this response."));
  }
  return page;
}

absl::Status ResponseDatabase::Delete(std::string_view owner, std::string_view id,
                                      std::int64_t now) {
  if (!file_.Open()) return file_.Unavailable();
  const bool deleted = DeleteWithEarlier(database_, owner, id, now - bounds_.keep);
  if (absl::Status status = file_.Finish(); !status.ok()) return status;
  return deleted ? absl::OkStatus() : NoResponse(id);
}

// Adds a link behind the others, of the row (sequence, used, object). Returns false if that is too
// much.
bool ResponseDatabase::AddLink(const policy::SqliteQuery& row, Links& links) {
  links.list.push_back({row.Number(0), row.Number(1), std::string(row.Text(2))});
  links.bytes += links.list.back().object.size();
  return links.list.size() <= bounds_.history_depth && links.bytes <= bounds_.history_bytes;
}

// Adds the responses of a conversation that came before `sequence`, the latest first.
absl::Status ResponseDatabase::AddConversation(std::string_view owner,
                                               std::string_view conversation, std::int64_t sequence,
                                               std::int64_t now, Links& links) {
  policy::SqliteQuery rows(
      database_,
      "SELECT sequence, used, object FROM responses WHERE owner = ?"
      " AND conversation = ? AND conversation <> '' AND used > ? AND sequence < ?"
      " ORDER BY sequence DESC");
  rows.Bind(owner).Bind(conversation).Bind(now - bounds_.keep).Bind(sequence);
  while (rows.Next()) {
    if (!AddLink(rows, links)) return TooLong();
  }
  return absl::OkStatus();
}

// Adds the response and those before it, the latest first.
absl::Status ResponseDatabase::AddChain(std::string_view owner, std::string id, std::int64_t now,
                                        Links& links) {
  while (!id.empty()) {
    policy::SqliteQuery found(database_,
                              "SELECT sequence, used, object, previous, conversation FROM responses"
                              " WHERE owner = ? AND id = ? AND used > ?");
    found.Bind(owner).Bind(id).Bind(now - bounds_.keep);
    if (!found.Next()) {
      if (database_.failed()) break;
      return absl::NotFoundError(config::Concat("Previous response with id '", id, "' not found."));
    }
    if (!AddLink(found, links)) return TooLong();
    // What a conversation was before this response is its past too.
    if (const std::string conversation(found.Text(4)); !conversation.empty()) {
      return AddConversation(owner, conversation, found.Number(0), now, links);
    }
    id = found.Text(3);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ResponseDatabase::History(std::string_view owner,
                                                                   std::string_view id,
                                                                   std::int64_t now) {
  if (!file_.Open()) return file_.Unavailable();
  Links links;
  const absl::Status status = AddChain(owner, std::string(id), now, links);
  if (!status.ok()) return status;
  return ItemsOf(links, now);
}

absl::StatusOr<std::vector<std::string>> ResponseDatabase::ConversationHistory(
    std::string_view owner, std::string_view conversation, std::int64_t now) {
  if (!file_.Open()) return file_.Unavailable();
  Links links;
  const absl::Status status = AddConversation(owner, conversation, INT64_MAX, now, links);
  if (!status.ok()) return status;
  return ItemsOf(links, now);
}

// Returns the items of the responses, the earliest first.
absl::StatusOr<std::vector<std::string>> ResponseDatabase::ItemsOf(const Links& links,
                                                                   std::int64_t now) {
  std::vector<std::string> items;
  std::size_t bytes = 0;
  for (auto next = links.list.rbegin(); next != links.list.rend(); ++next) {
    const Link& link = *next;
    policy::SqliteQuery rows(database_, "SELECT item FROM items WHERE response = ? ORDER BY place");
    rows.Bind(link.sequence);
    while (bytes <= bounds_.history_bytes && rows.Next()) {
      bytes += items.emplace_back(rows.Text(0)).size();
    }
    for (std::string& item : OutputAsInput(link.object)) {
      bytes += items.emplace_back(std::move(item)).size();
    }
    if (bytes > bounds_.history_bytes) return TooLong();
  }
  if (absl::Status status = file_.Finish(); !status.ok()) return status;
  Renew(links.list, now);
  return items;
}

absl::StatusOr<std::vector<std::string>> ResponseDatabase::ItemsById(
    std::string_view owner, const std::vector<std::string>& ids, std::int64_t now) {
  if (ids.size() > kMostReferences) return TooLong();
  if (!file_.Open()) return file_.Unavailable();
  ItemLookup lookup(database_, owner, now - bounds_.keep);
  std::vector<std::string> items;
  std::size_t bytes = 0;
  for (const std::string& id : ids) {
    std::optional<std::string> item = lookup.Find(id);
    if (!item) {
      if (database_.failed()) break;
      return absl::NotFoundError(config::Concat("Item with id '", id, "' not found."));
    }
    bytes += items.emplace_back(*std::move(item)).size();
    if (std::max(bytes, lookup.bytes_read()) > bounds_.history_bytes) return TooLong();
  }
  if (absl::Status status = file_.Finish(); !status.ok()) return status;
  std::vector<Link> links;
  for (const auto& [sequence, used] : lookup.used()) links.push_back({sequence, used, {}});
  Renew(links, now);
  return items;
}

// A conversation that goes on must not lose its beginning. A use is written down only if the last
// one that was is some time ago, so that a read is seldom a write too.
void ResponseDatabase::Renew(const std::vector<Link>& links, std::int64_t now) {
  const std::int64_t recent = now - bounds_.keep / kRenewedShare;
  const bool none = std::none_of(links.begin(), links.end(),
                                 [recent](const Link& link) { return link.used <= recent; });
  if (none) return;
  database_.Run("BEGIN IMMEDIATE");
  for (const Link& link : links) {
    if (link.used > recent) continue;
    policy::SqliteQuery(database_, "UPDATE responses SET used = ? WHERE sequence = ?")
        .Bind(now)
        .Bind(link.sequence)
        .Next();
  }
  database_.Run("COMMIT");
  file_.Finish().IgnoreError();  // what was read is good, also on a disk that is full
}

bool ResponseDatabase::Expire(std::int64_t now) {
  if (!file_.Open()) return false;
  policy::SqliteQuery(database_,
                      "DELETE FROM responses WHERE sequence IN (SELECT sequence FROM responses"
                      " WHERE used <= ? ORDER BY used LIMIT ?)")
      .Bind(now - bounds_.keep)
      .Bind(kExpiredAtOnce)
      .Next();
  const std::int64_t removed = database_.Number("SELECT changes()");
  // A limit that was lowered, and one answer more than the limit, leave a file that is too long.
  const std::int64_t size =
      database_.Number("PRAGMA page_count") * database_.Number("PRAGMA page_size");
  if (size > static_cast<std::int64_t>(bounds_.max_bytes)) {
    database_.Run("PRAGMA incremental_vacuum(1024)");
  }
  return file_.Finish().ok() && removed == kExpiredAtOnce;
}

}  // namespace headgate::gateway

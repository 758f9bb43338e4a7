#include "gateway/responses/database/item_lookup.h"

#include "gateway/responses/database/stored_items.h"

namespace headgate::gateway {

std::optional<std::string> ItemLookup::Find(std::string_view id) {
  std::optional<std::string> item = FindOutput(id);
  if (!item) item = FindInput(id);
  return item;
}

std::optional<std::string> ItemLookup::FindOutput(std::string_view id) {
  policy::SqliteQuery found(
      database_,
      "SELECT sequence, used FROM outputs JOIN responses ON sequence = response"
      " WHERE outputs.owner = ? AND outputs.id = ? AND used > ?"
      " ORDER BY response DESC LIMIT 1");
  if (!found.Bind(owner_).Bind(id).Bind(since_).Next()) return std::nullopt;
  const std::int64_t sequence = found.Number(0);
  for (const StoredItem& item : OutputsOf(sequence)) {
    if (item.id != id) continue;
    used_[sequence] = found.Number(1);
    return ItemAsInput(item.json);
  }
  return std::nullopt;
}

std::optional<std::string> ItemLookup::FindInput(std::string_view id) {
  policy::SqliteQuery found(
      database_,
      "SELECT sequence, used, item FROM items JOIN responses ON sequence = response"
      " WHERE items.owner = ? AND items.id = ? AND used > ?"
      " ORDER BY response DESC LIMIT 1");
  if (!found.Bind(owner_).Bind(id).Bind(since_).Next()) return std::nullopt;
  used_[found.Number(0)] = found.Number(1);
  return ItemAsInput(found.Text(2));
}

const std::vector<StoredItem>& ItemLookup::OutputsOf(std::int64_t sequence) {
  const auto [place, is_new] = outputs_.try_emplace(sequence);
  if (is_new) {
    policy::SqliteQuery row(database_, "SELECT object FROM responses WHERE sequence = ?");
    if (row.Bind(sequence).Next()) {
      bytes_read_ += row.Text(0).size();
      place->second = OutputItemsOf(row.Text(0));
    }
  }
  return place->second;
}

}  // namespace headgate::gateway

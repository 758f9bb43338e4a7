#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/responses/database/stored_response.h"
#include "policy/store/sqlite.h"

namespace headgate::gateway {

// Finds items of one owner's responses by their ids, for one request. A response that several items
// come from is read once. Errors stay in the database. Thread-compatible.
class ItemLookup {
 public:
  // Responses that were not used after `since` have expired. The arguments outlive the lookup.
  ItemLookup(policy::Sqlite& database, std::string_view owner, std::int64_t since)
      : database_(database), owner_(owner), since_(since) {}
  ItemLookup(const ItemLookup&) = delete;
  ItemLookup& operator=(const ItemLookup&) = delete;

  // Returns the item as ItemAsInput gives it, which may be empty. nullopt if the owner has none of
  // that id, or after an error.
  std::optional<std::string> Find(std::string_view id);

  // The responses that items were found in, by sequence, with the time of their last use.
  const std::map<std::int64_t, std::int64_t>& used() const { return used_; }
  // The bytes of the responses that were read, which it holds.
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  std::optional<std::string> FindOutput(std::string_view id);
  std::optional<std::string> FindInput(std::string_view id);
  const std::vector<StoredItem>& OutputsOf(std::int64_t sequence);

  policy::Sqlite& database_;
  const std::string_view owner_;
  const std::int64_t since_;
  std::map<std::int64_t, std::int64_t> used_;
  std::map<std::int64_t, std::vector<StoredItem>> outputs_;  // by sequence
  std::size_t bytes_read_ = 0;
};

}  // namespace headgate::gateway

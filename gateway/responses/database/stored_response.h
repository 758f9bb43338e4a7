#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate::gateway {

// What the store of responses takes and gives. Owner: the name of the client's key, empty under
// `auth: none`. No owner sees what another one has. Times are milliseconds since 1970. Values.

struct StoredItem {
  std::string id;
  std::string json;  // one object; its own id in it may be absent or another one
};

struct StoredResponse {
  std::string owner;
  std::string id;
  std::int64_t created = 0;
  std::string object;  // the response object as the client got it
  std::vector<StoredItem> input;
  std::string previous;      // previous_response_id; empty: none
  std::string conversation;  // empty: none
};

// A page of input items, as OpenAI's clients ask for it.
struct PageQuery {
  static constexpr int kMostItems = 100;
  int limit = 20;  // 1..kMostItems
  bool ascending = false;
  std::string after = {};  // id of the last item of the page before; empty: from the start
};

struct ItemPage {
  std::vector<StoredItem> items;
  bool has_more = false;
};

// What the store has done since the start.
struct StoreFigures {
  std::int64_t stored = 0;
  // Not stored: too much waited, too large, or the file could not be written.
  std::int64_t lost_busy = 0;
  std::int64_t lost_too_large = 0;
  std::int64_t lost_disk = 0;
  // Questions of clients, by what they found.
  std::int64_t found = 0;
  std::int64_t not_found = 0;
  std::int64_t failed = 0;
  std::size_t bytes = 0;  // of the file that are in use now
};

struct StoreBounds {
  std::int64_t keep = 0;      // milliseconds after the last use
  std::size_t max_bytes = 0;  // of the file, without its log of at most a few MiB
  std::size_t history_depth = 1000;
  std::size_t history_bytes = 32u << 20;
};

}  // namespace headgate::gateway

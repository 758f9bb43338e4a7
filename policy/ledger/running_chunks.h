#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/ledger/values/ledger_row.h"

namespace headgate::policy {

// Which running requests a file has, and where. A row for each request that begins, and a statement
// when it ends, would double the work of the ledger. So all requests that a commit finds running
// are packed into one row, a chunk, which is deleted when none of them runs any more. Which
// requests of a chunk have ended follows from the rows of ended requests. A request that runs for
// long would keep many chunks: the oldest chunk's requests move to the newest chunk. Knows nothing
// of SQLite. Thread-compatible.
class RunningChunks {
 public:
  static constexpr std::size_t kMostChunks = 500;

  struct Entry {
    LedgerId id = 0;
    std::string packed;
  };
  // What one commit changes in the file.
  struct Change {
    std::int64_t number = 0;            // of the new chunk
    std::vector<Entry> entries;         // of the new chunk; empty: there is none
    std::vector<std::int64_t> emptied;  // numbers of chunks to delete
  };

  bool Has(LedgerId id) const { return chunk_of_.contains(id); }
  // Returns the number of the next chunk.
  std::int64_t next() const { return next_; }
  std::size_t size() const { return chunk_of_.size(); }

  // Returns what a commit has to change in which the requests `ended` end, and `begun` begin or are
  // known better. Changes nothing.
  Change Plan(std::span<const LedgerId> ended, std::vector<Entry> begun) const;
  // The change is in the file.
  void Apply(std::span<const LedgerId> ended, Change change);

  // Returns one chunk with everything that runs, for a new file, and forgets the others.
  Change Rewrite();

 private:
  struct Chunk {
    std::vector<Entry> entries;
    std::size_t running = 0;  // entries that run, and are in no later chunk
  };
  void Leave(LedgerId id);

  std::map<std::int64_t, Chunk> chunks_;  // by number
  absl::flat_hash_map<LedgerId, std::int64_t> chunk_of_;
  std::int64_t next_ = 1;
};

}  // namespace headgate::policy

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "config/base/mutex.h"
#include "gateway/metrics/labels.h"

namespace headgate::gateway {

// Of one gateway, unless another number is given.
inline constexpr std::size_t kMostSeries = 10'000;

// What the cells of one FamilySet (registry.h) have in common, in all shards. There is one object
// for each kind of set, and its address identifies the kind.
struct CellShape {
  std::size_t series;        // that one cell may become
  std::uint32_t configured;  // bit i: the label at position i of a key is a ConfiguredLabel

  bool IsConfigured(int position) const { return (configured >> position & 1) != 0; }
  // Returns whether `key` has one of these labels (by LabelId).
  bool HasOneOf(const std::vector<bool>& labels, std::uint64_t key) const;
  // Returns `key` with every configured label replaced by `other`.
  std::uint64_t Folded(std::uint64_t key) const;
};

// One hard cap on the series of all cells in all shards together, so that no configuration can grow
// a scrape without bound. A cell counts as all the series that it may become, even if they are 0
// and left out. The series with the label `other` are not counted. Thread-safe.
class SeriesCap {
 public:
  explicit SeriesCap(std::size_t most) : most_(most) {}
  // Returns the key itself, or the folded key when the cap is reached. `shape` outlives the cap.
  std::uint64_t Admit(const CellShape& shape, std::uint64_t key) EXCLUDES_LOCK(mutex_);
  // Sets how many series a family has that belong to no cell, because a scrape makes them. Returns
  // how many of the `wanted` series it may show; the family adds the rest up as `other`. What the
  // family held before counts as room. `family` is its name.
  std::size_t Hold(std::string_view family, std::size_t wanted) EXCLUDES_LOCK(mutex_);
  // Makes room: cells that have one of these labels (by LabelId) are no longer counted.
  void Forget(const std::vector<bool>& labels) EXCLUDES_LOCK(mutex_);
  std::int64_t folded() const { return folded_.load(std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::int64_t> folded_{0};
  Mutex mutex_;
  absl::flat_hash_set<std::pair<const CellShape*, std::uint64_t>> seen_ GUARDED_BY(mutex_);
  struct Held {
    std::size_t shown = 0;
    std::size_t folded = 0;  // the most at any time, so that each is counted once
  };
  std::map<std::string, Held, std::less<>> held_ GUARDED_BY(mutex_);
  std::size_t series_ GUARDED_BY(mutex_) = 0;
};

}  // namespace headgate::gateway

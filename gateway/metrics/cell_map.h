#pragma once

#include <cstdint>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "config/base/mutex.h"

namespace headgate::gateway {

// Cells by packed label ids. A cell is created at its first use and never moves. At() and EraseIf()
// are for the one writer. The writer takes the mutex only to create and to erase, and keeps no
// reference past an EraseIf(). ForEach() is for the scrape.
template <typename Cell>
class CellMap {
 public:
  // `admit(key)` is called once per new cell, and may return another key to use instead.
  template <typename Admit>
  Cell& At(std::uint64_t key, Admit&& admit) {
    if (const auto found = index_.find(key); found != index_.end()) return *found->second;
    return Create(key, admit(key));
  }

  // Erases the cells whose key, or the key that was admitted instead, is `gone`.
  template <typename Gone>
  void EraseIf(Gone&& gone) EXCLUDES_LOCK(mutex_) {
    // erase() of a flat_hash_map leaves the iteration valid.
    for (auto entry = index_.begin(); entry != index_.end();) {
      const auto here = entry++;
      if (gone(here->first)) index_.erase(here);
    }
    MutexLock lock(mutex_);
    cells_.remove_if([&gone](const auto& cell) { return gone(cell.first); });
  }

  template <typename Visitor>
  void ForEach(Visitor&& visit) const EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    for (const auto& [key, cell] : cells_) visit(key, cell);
  }

 private:
  Cell& Create(std::uint64_t key, std::uint64_t admitted) EXCLUDES_LOCK(mutex_) {
    Cell* cell = nullptr;
    if (const auto known = index_.find(admitted); known != index_.end()) {
      cell = known->second;
    } else {
      MutexLock lock(mutex_);
      cell = &cells_
                  .emplace_back(std::piecewise_construct, std::forward_as_tuple(admitted),
                                std::forward_as_tuple())
                  .second;
    }
    index_[admitted] = cell;
    if (key != admitted) index_[key] = cell;
    return *cell;
  }

  // Only the writer uses it, never the scrape.
  absl::flat_hash_map<std::uint64_t, Cell*> index_;

  mutable Mutex mutex_;
  std::list<std::pair<std::uint64_t, Cell>> cells_ GUARDED_BY(mutex_);
};

}  // namespace headgate::gateway

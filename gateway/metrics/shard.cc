#include "gateway/metrics/shard.h"

namespace headgate::gateway {

std::uint64_t SeriesCap::Admit(int map, std::uint64_t key) {
  MutexLock lock(mutex_);
  if (seen_.contains({map, key})) return key;
  if (seen_.size() < most_) {
    seen_.insert({map, key});
    return key;
  }
  folded_.fetch_add(1, std::memory_order_relaxed);
  // A fallback's reason is fixed by the code and no name, so it stays what it is.
  if (map == 5) return PackLabels(LabelTable::kOther, LabelAt(key, 1));
  return PackLabels(LabelTable::kOther, LabelTable::kOther, LabelTable::kOther);
}

}  // namespace headgate::gateway

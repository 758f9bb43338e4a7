#include "gateway/metrics/series_cap.h"

#include <algorithm>

namespace headgate::gateway {

bool CellShape::HasOneOf(const std::vector<bool>& labels, std::uint64_t key) const {
  for (int i = 0; i < kMostLabels; ++i) {
    const LabelId id = LabelAt(key, i);
    if (IsConfigured(i) && id < labels.size() && labels[id]) return true;
  }
  return false;
}

std::uint64_t CellShape::Folded(std::uint64_t key) const {
  const auto at = [this, key](int position) {
    return IsConfigured(position) ? LabelTable::kOther : LabelAt(key, position);
  };
  return PackLabels(at(0), at(1), at(2), at(3));
}

std::uint64_t SeriesCap::Admit(const CellShape& shape, std::uint64_t key) {
  MutexLock lock(mutex_);
  if (seen_.contains({&shape, key})) return key;
  if (series_ + shape.series <= most_) {
    seen_.insert({&shape, key});
    series_ += shape.series;
    return key;
  }
  folded_.fetch_add(1, std::memory_order_relaxed);
  return shape.Folded(key);
}

std::size_t SeriesCap::Hold(std::string_view family, std::size_t wanted) {
  MutexLock lock(mutex_);
  auto found = held_.find(family);
  if (found == held_.end()) found = held_.emplace(std::string(family), Held()).first;
  Held& held = found->second;
  series_ -= held.shown;
  held.shown = std::min(wanted, most_ - series_);
  series_ += held.shown;
  const std::size_t folded = wanted - held.shown;
  if (folded > held.folded) {
    folded_.fetch_add(static_cast<std::int64_t>(folded - held.folded), std::memory_order_relaxed);
    held.folded = folded;
  }
  return held.shown;
}

void SeriesCap::Forget(const std::vector<bool>& labels) {
  MutexLock lock(mutex_);
  for (auto cell = seen_.begin(); cell != seen_.end();) {
    const auto here = cell++;
    const auto& [shape, key] = *here;
    if (!shape->HasOneOf(labels, key)) continue;
    series_ -= shape->series;
    seen_.erase(here);
  }
}

}  // namespace headgate::gateway

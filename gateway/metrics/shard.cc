#include "gateway/metrics/shard.h"

namespace headgate::gateway {
namespace {

// The maps whose second label is an AttemptResult or a Reason, which no reload removes.
constexpr int kFallbacks = 5;
constexpr int kClassified = 6;
// By map: the series of a cell.
constexpr std::array<std::size_t, 7> kSeriesOf = {
    RouteCell::kSeries, LatencyCell::kSeries,  TargetCell::kSeries,    BaselineCell::kSeries,
    TeamCell::kSeries,  FallbackCell::kSeries, ClassifiedCell::kSeries};
constexpr bool HasReason(int map) { return map == kFallbacks || map == kClassified; }

bool HasLabelOf(int map, std::uint64_t key, const std::vector<bool>& labels) {
  const int positions = HasReason(map) ? 1 : 4;
  for (int i = 0; i < positions; ++i) {
    const LabelId id = LabelAt(key, i);
    if (id < labels.size() && labels[id]) return true;
  }
  return false;
}

}  // namespace

std::uint64_t SeriesCap::Admit(int map, std::uint64_t key) {
  MutexLock lock(mutex_);
  if (seen_.contains({map, key})) return key;
  const std::size_t more = kSeriesOf[static_cast<std::size_t>(map)];
  if (series_ + more <= most_) {
    seen_.insert({map, key});
    series_ += more;
    return key;
  }
  folded_.fetch_add(1, std::memory_order_relaxed);
  // The reason of a fallback or a class is fixed by the code and no name, so it stays what it is.
  if (HasReason(map)) return PackLabels(LabelTable::kOther, LabelAt(key, 1));
  return PackLabels(LabelTable::kOther, LabelTable::kOther, LabelTable::kOther);
}

void SeriesCap::Forget(const std::vector<bool>& labels) {
  MutexLock lock(mutex_);
  for (auto series = seen_.begin(); series != seen_.end();) {
    const auto here = series++;
    if (!HasLabelOf(here->first, here->second, labels)) continue;
    series_ -= kSeriesOf[static_cast<std::size_t>(here->first)];
    seen_.erase(here);
  }
}

std::size_t SeriesCap::series() const {
  MutexLock lock(mutex_);
  return series_;
}

template <typename Cell>
void MetricShard::Forget(int map, const std::vector<bool>& labels, CellMap<Cell>& cells) {
  cells.EraseIf([&](std::uint64_t key) { return HasLabelOf(map, key, labels); });
}

void MetricShard::Forget(const std::vector<bool>& labels) {
  Forget(0, labels, routes_);
  Forget(1, labels, latencies_);
  Forget(2, labels, targets_);
  Forget(3, labels, baselines_);
  Forget(4, labels, teams_);
  Forget(kFallbacks, labels, fallbacks_);
  Forget(kClassified, labels, classified_);
}

}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <thread>

#include "gateway/metrics/labels.h"
#include "gateway/metrics/shard.h"

namespace headgate::gateway {
namespace {

TEST(LabelTable, a_name_keeps_its_number) {
  LabelTable labels;
  EXPECT_EQ(labels.Intern("none"), LabelTable::kNone);
  EXPECT_EQ(labels.Intern("other"), LabelTable::kOther);
  const LabelId code = labels.Intern("code");
  EXPECT_EQ(labels.Intern("code"), code);
  EXPECT_EQ(labels.Name(code), "code");
}

TEST(LabelTable, packed_labels_come_apart_again) {
  const std::uint64_t key = PackLabels(1, 65535, 300, 7);
  EXPECT_EQ(LabelAt(key, 0), 1);
  EXPECT_EQ(LabelAt(key, 1), 65535);
  EXPECT_EQ(LabelAt(key, 2), 300);
  EXPECT_EQ(LabelAt(key, 3), 7);
}

TEST(SeriesCap, folds_what_is_too_many_into_other_and_counts_it) {
  SeriesCap cap(2);
  MetricShard shard(cap);
  shard.Route(10, 2, 3).cost.Add(1);
  shard.Route(11, 2, 3).cost.Add(1);
  RouteCell& third = shard.Route(12, 2, 3);
  RouteCell& fourth = shard.Route(13, 2, 3);
  EXPECT_EQ(&third, &fourth);
  EXPECT_EQ(&shard.Route(12, 2, 3), &third);
  EXPECT_EQ(cap.folded(), 2);
  MetricShard second(cap);
  second.Route(10, 2, 3).cost.Add(1);  // known already: no new series
  EXPECT_EQ(cap.folded(), 2);
}

TEST(DurationHistogram, bounds_are_inclusive) {
  DurationHistogram<kDurationBounds> histogram;
  histogram.Observe(std::chrono::milliseconds(10));
  histogram.Observe(std::chrono::milliseconds(11));
  histogram.Observe(std::chrono::hours(1));
  DurationHistogram<kDurationBounds>::Totals totals;
  histogram.AddTo(totals);
  EXPECT_EQ(totals.counts.front(), 1);
  EXPECT_EQ(totals.counts[1], 1);
  EXPECT_EQ(totals.counts.back(), 1);
}

// For ThreadSanitizer: a scrape reads while the worker creates cells and counts.
TEST(CellMap, can_be_read_while_it_grows) {
  SeriesCap cap(100000);
  MetricShard shard(cap);
  CellMap<TeamCell> map;
  std::thread writer([&map] {
    for (std::uint64_t key = 0; key < 5000; ++key) {
      map.At(key, [](std::uint64_t k) { return k; }).cost.Add(1);
    }
  });
  std::int64_t seen = 0;
  while (seen < 5000) {
    seen = 0;
    map.ForEach([&seen](std::uint64_t, const TeamCell& cell) { seen += cell.cost.Get(); });
  }
  writer.join();
  EXPECT_EQ(seen, 5000);
}

}  // namespace
}  // namespace headgate::gateway

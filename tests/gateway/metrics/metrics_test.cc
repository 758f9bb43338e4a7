#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

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

using RequestCell = decltype(MetricShard::requests)::CellType;
using TeamCell = decltype(MetricShard::teams)::CellType;
using FallbackCell = decltype(MetricShard::fallbacks)::CellType;

TEST(SeriesCap, folds_what_is_too_many_into_other_and_counts_it) {
  SeriesCap cap(2 * RequestCell::kSeries);
  MetricShard shard(cap);
  shard.requests.Cell(10, 2, 3);
  shard.requests.Cell(11, 2, 3);
  RequestCell& third = shard.requests.Cell(12, 2, 3);
  RequestCell& fourth = shard.requests.Cell(13, 2, 3);
  EXPECT_EQ(&third, &fourth);
  EXPECT_EQ(&shard.requests.Cell(12, 2, 3), &third);
  EXPECT_EQ(cap.folded(), 2);
  MetricShard second(cap);
  second.requests.Cell(10, 2, 3);  // not a new series
  EXPECT_EQ(cap.folded(), 2);
}

TEST(SeriesCap, the_same_labels_of_different_families_are_different_series) {
  SeriesCap cap(TeamCell::kSeries);
  MetricShard shard(cap);
  shard.teams.Cell(10, 2);
  EXPECT_EQ(cap.folded(), 0);
  shard.baseline_costs.Cell(10, 2);
  EXPECT_EQ(cap.folded(), 1);
}

TEST(SeriesCap, holds_room_for_a_family_that_has_no_cells) {
  constexpr std::size_t kMost = 10;
  SeriesCap cap(kMost + TeamCell::kSeries);
  MetricShard shard(cap);
  shard.teams.Cell(10, 2);
  EXPECT_EQ(cap.Hold("spend", 4), 4u);
  EXPECT_EQ(cap.Hold("budgets", 3), 3u);
  EXPECT_EQ(cap.Hold("spend", 12), 7u);  // what it has counts as its own
  EXPECT_EQ(cap.folded(), 5);
  EXPECT_EQ(cap.Hold("spend", 13), 7u);
  EXPECT_EQ(cap.folded(), 6) << "each series is counted once, not at each scrape";
  EXPECT_EQ(cap.Hold("spend", 13), 7u);
  EXPECT_EQ(cap.folded(), 6);
  shard.teams.Cell(11, 2);
  EXPECT_EQ(cap.folded(), 7);
  EXPECT_EQ(cap.Hold("spend", 2), 2u);  // gives room back
  shard.baseline_costs.Cell(11, 2);
  EXPECT_EQ(cap.folded(), 7);
  EXPECT_EQ(cap.Hold("spend", 13), 6u);
}

using std::chrono::hours;
using std::chrono::minutes;

constexpr LabelTable::Clock::time_point kStart{hours(1000)};

TEST(LabelTable, a_removed_name_goes_after_an_hour_and_once_an_hour) {
  LabelTable labels;
  const LabelId stays = labels.Intern("stays");
  const LabelId goes = labels.Intern("goes");
  labels.SetUsed({stays}, kStart);
  labels.SetUsed({stays}, kStart + minutes(30));  // `goes` is removed since the first call
  EXPECT_TRUE(labels.Expired(kStart + minutes(59)).empty());
  const std::vector<bool> expired = labels.Expired(kStart + minutes(60));
  ASSERT_GT(expired.size(), goes);
  EXPECT_TRUE(expired[goes]);
  for (const LabelId id : {LabelTable::kNone, LabelTable::kOther, stays}) EXPECT_FALSE(expired[id]);
  EXPECT_TRUE(labels.Expired(kStart + minutes(61)).empty());
  EXPECT_FALSE(labels.Expired(kStart + minutes(120)).empty());
}

TEST(LabelTable, a_name_that_comes_back_is_not_removed) {
  LabelTable labels;
  const LabelId name = labels.Intern("name");
  labels.SetUsed({}, kStart);
  EXPECT_EQ(labels.Intern("name"), name);
  labels.SetUsed({name}, kStart + minutes(59));
  EXPECT_TRUE(labels.Expired(kStart + hours(5)).empty());
}

// For ThreadSanitizer: a reload interns while the scrape looks names up.
TEST(LabelTable, can_be_read_while_it_grows) {
  LabelTable labels;
  std::thread reload([&labels] {
    std::vector<LabelId> used;
    for (int i = 0; i < 2000; ++i) {
      used.assign(1, labels.Intern("name-" + std::to_string(i)));
      labels.SetUsed(used, kStart + hours(i));
    }
  });
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(labels.Name(LabelTable::kOther), "other");
    labels.Expired(kStart + hours(i));
  }
  reload.join();
  EXPECT_EQ(labels.Name(labels.Intern("name-1999")), "name-1999");
}

TEST(MetricShard, forgets_the_series_of_a_label_in_every_place_and_makes_room) {
  SeriesCap cap(2 * RequestCell::kSeries + TeamCell::kSeries + FallbackCell::kSeries);
  MetricShard shard(cap);
  constexpr LabelId kGone = 12;
  shard.requests.Cell(kGone, 2, 3).Of<CostTotal>().Add(7);
  shard.requests.Cell(10, 2, kGone).Of<CostTotal>().Add(7);
  shard.teams.Cell(10, 2).Of<TeamCostTotal>().Add(5);
  // The second number of a fallback is a reason, not a label.
  shard.fallbacks.Cell(10, static_cast<backends::AttemptResult>(kGone)).Add(3);
  shard.teams.Cell(kGone, 2).Of<TeamCostTotal>().Add(1);  // folded into `other`
  ASSERT_EQ(cap.folded(), 1);
  std::vector<bool> expired(kGone + 1);
  expired[kGone] = true;
  cap.Forget(expired);
  shard.Forget(expired);
  EXPECT_EQ(shard.teams.Cell(10, 2).Of<TeamCostTotal>().Get(), 5);
  EXPECT_EQ(shard.fallbacks.Cell(10, static_cast<backends::AttemptResult>(kGone)).Get(), 3);
  // The cells are new, and the cap has room for them.
  EXPECT_EQ(shard.requests.Cell(kGone, 2, 3).Of<CostTotal>().Get(), 0);
  EXPECT_EQ(shard.requests.Cell(10, 2, kGone).Of<CostTotal>().Get(), 0);
  EXPECT_EQ(cap.folded(), 1);
}

TEST(DurationHistogram, bounds_are_inclusive) {
  DurationHistogram<kDurationBounds> histogram;
  histogram.Observe(std::chrono::milliseconds(16));
  histogram.Observe(std::chrono::milliseconds(17));
  histogram.Observe(std::chrono::hours(1));
  DurationHistogram<kDurationBounds>::Totals totals;
  histogram.AddTo(totals);
  EXPECT_EQ(totals.counts.front(), 1);
  EXPECT_EQ(totals.counts[1], 1);
  EXPECT_EQ(totals.counts.back(), 1);
}

// For ThreadSanitizer: a scrape reads while the worker creates cells and counts.
TEST(CellMap, can_be_read_while_it_grows) {
  CellMap<Counter> map;
  std::thread writer([&map] {
    for (std::uint64_t key = 0; key < 5000; ++key) {
      map.At(key, [](std::uint64_t k) { return k; }).Add(1);
    }
  });
  std::int64_t seen = 0;
  while (seen < 5000) {
    seen = 0;
    map.ForEach([&seen](std::uint64_t, const Counter& cell) { seen += cell.Get(); });
    // A scrape without pauses would hold the lock so often that the worker never creates a cell.
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  writer.join();
  EXPECT_EQ(seen, 5000);
}

}  // namespace
}  // namespace headgate::gateway

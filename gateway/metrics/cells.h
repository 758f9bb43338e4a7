#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "config/base/money.h"
#include "gateway/metrics/family.h"

namespace headgate::gateway {

// What workers count in. A cell has a part for the worker, who is its only writer, and a part for
// the scrape, which reads at any time:
//   kType      the type of a family of such cells
//   kSeries    how many series a cell may become
//   Totals     the sum of cells with the same labels; a new sum is 0
//   AddTo()    adds the cell to a sum
//   Write<F>() writes a sum as series of the family F that have `labels`, which it leaves
//              unchanged
// Cells are read and written without a lock and without a locked instruction.

// One number.
class Tally {
 public:
  void Add(std::int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::int64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// One number that is one series. `kPerUnit` counted units make one shown unit.
template <prometheus::MetricType kMetricType, std::int64_t kPerUnit = 1>
class NumberCell : public Tally {
 public:
  static constexpr prometheus::MetricType kType = kMetricType;
  static constexpr std::size_t kSeries = 1;
  using Totals = std::int64_t;

  void AddTo(Totals& total) const { total += Get(); }
  template <typename Family>
  static void Write(Totals total, SeriesLabels& labels, FamilyBuilder& family) {
    family.Add(labels, static_cast<double>(total) / static_cast<double>(kPerUnit));
  }
};

using Counter = NumberCell<prometheus::MetricType::Counter>;
using Gauge = NumberCell<prometheus::MetricType::Gauge>;
// Counts nano-dollars and shows dollars: only the shown value is a floating-point number.
using UsdCounter = NumberCell<prometheus::MetricType::Counter, kNanoPerUsd>;
// Counts nanoseconds and shows seconds.
using SecondsCounter = NumberCell<prometheus::MetricType::Counter, 1'000'000'000>;

// A histogram over durations with the given upper bounds in seconds (ascending). Its sum is kept
// in nanoseconds.
template <const auto& kBounds>
class DurationHistogram {
 public:
  static constexpr prometheus::MetricType kType = prometheus::MetricType::Histogram;
  static constexpr std::size_t kBucketCount = std::size(kBounds) + 1;
  static constexpr std::size_t kSeries = kBucketCount + 2;  // and its sum and count

  void Observe(std::chrono::nanoseconds duration) {
    const double seconds = static_cast<double>(duration.count()) * 1e-9;
    const auto bound = std::lower_bound(std::begin(kBounds), std::end(kBounds), seconds);
    const auto bucket = static_cast<std::size_t>(bound - std::begin(kBounds));
    counts_[bucket].Add(1);
    sum_ns_.Add(duration.count());
  }

  struct Totals {
    std::array<std::int64_t, kBucketCount> counts{};
    std::int64_t sum_ns = 0;
  };
  void AddTo(Totals& totals) const {
    for (std::size_t i = 0; i < kBucketCount; ++i) totals.counts[i] += counts_[i].Get();
    totals.sum_ns += sum_ns_.Get();
  }
  template <typename Family>
  static void Write(const Totals& totals, SeriesLabels& labels, FamilyBuilder& family) {
    family.AddHistogram(labels, totals, kBounds);
  }

 private:
  std::array<Tally, kBucketCount> counts_;
  Tally sum_ns_;
};

// One cell for each value of a FixedLabel (labels.h). A family that has a function
//   static bool ShowsZero(Label::Value)
// leaves out the numbers that are 0 if the function returns false.
template <typename Label, typename Cell>
class Per {
 public:
  using Value = typename Label::Value;
  static constexpr prometheus::MetricType kType = Cell::kType;
  static constexpr std::size_t kSeries = Label::kCount * Cell::kSeries;
  using Totals = std::array<typename Cell::Totals, Label::kCount>;

  Cell& operator[](Value value) { return cells_[static_cast<std::size_t>(value)]; }
  Cell& operator[](std::size_t value) { return cells_[value]; }
  const Cell& operator[](Value value) const { return cells_[static_cast<std::size_t>(value)]; }

  void AddTo(Totals& totals) const {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i].AddTo(totals[i]);
  }
  template <typename Family>
  static void Write(const Totals& totals, SeriesLabels& labels, FamilyBuilder& family) {
    for (std::size_t i = 0; i < totals.size(); ++i) {
      const auto value = static_cast<Value>(i);
      if constexpr (requires { Family::ShowsZero(value); }) {
        if (totals[i] == 0 && !Family::ShowsZero(value)) continue;
      }
      labels.push_back({std::string(Label::kName), std::string(Label::Text(value))});
      Cell::template Write<Family>(totals[i], labels, family);
      labels.pop_back();
    }
  }

 private:
  std::array<Cell, Label::kCount> cells_;
};

}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <random>
#include <vector>

#include "gateway/metrics/labels.h"
#include "gateway/metrics/shard.h"

namespace headgate::gateway {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;

constexpr double kFine = 1.3;
constexpr double kCoarse = 1.6;

// The bounds must be fine between `from` and `to`.
template <typename Bounds>
void ExpectSteps(const Bounds& bounds, double from, double to, double fine_step = kFine,
                 double coarse_step = kCoarse) {
  for (std::size_t i = 1; i < std::size(bounds); ++i) {
    const bool fine = bounds[i - 1] >= from && bounds[i] <= to;
    const double step = bounds[i] / bounds[i - 1];
    EXPECT_GT(step, 1) << bounds[i];
    EXPECT_LE(step, (fine ? fine_step : coarse_step) + 1e-9) << bounds[i];
  }
}

TEST(Histograms, bounds_are_near_enough) {
  ExpectSteps(kDurationBounds, 0.6, 27.8);
  ExpectSteps(kFirstTokenBounds, 0.1, 6);
  ExpectSteps(kPerTokenBounds, 0.00359, 0.1);
  ExpectSteps(kOverheadBounds, 0.00001, 0.01);
  constexpr double kRough = 10;
  ExpectSteps(kQueueWaitBounds, 0.1, 63, kCoarse, kRough);
}

// Computes a quantile as Prometheus' histogram_quantile does: linear inside the bucket.
template <const auto& kBounds>
double Quantile(const DurationHistogram<kBounds>& histogram, double quantile) {
  typename DurationHistogram<kBounds>::Totals totals;
  histogram.AddTo(totals);
  double count = 0;
  for (const std::int64_t here : totals.counts) count += static_cast<double>(here);
  double below = 0;
  for (std::size_t i = 0; i < std::size(kBounds); ++i) {
    const auto here = static_cast<double>(totals.counts[i]);
    if (below + here >= quantile * count) {
      const double lower = i == 0 ? 0 : kBounds[i - 1];
      return lower + (kBounds[i] - lower) * (quantile * count - below) / here;
    }
    below += here;
  }
  return kBounds.back();
}

// Equal observations are the worst case: all lie at the same end of a bucket.
TEST(Histograms, a_p95_of_equal_latencies_is_never_30_percent_off_where_it_is_judged) {
  for (double seconds = 0.1001; seconds < 6; seconds *= 1.01) {
    DurationHistogram<kFirstTokenBounds> histogram;
    for (int i = 0; i < 1000; ++i) {
      histogram.Observe(duration_cast<nanoseconds>(duration<double>(seconds)));
    }
    EXPECT_NEAR(Quantile(histogram, 0.95) / seconds, 1, 0.3) << seconds;
  }
}

// Realistic latencies: log-normal, with a small and a large spread.
TEST(Histograms, a_p95_of_spread_latencies_is_never_30_percent_off) {
  std::mt19937_64 random(1);
  for (const double spread : {0.2, 0.4, 0.8}) {
    for (double median = 0.05; median < 12; median *= 1.15) {
      std::lognormal_distribution<double> distribution(std::log(median), spread);
      DurationHistogram<kDurationBounds> histogram;
      std::vector<double> all(4000);
      for (double& seconds : all) {
        seconds = distribution(random);
        histogram.Observe(duration_cast<nanoseconds>(duration<double>(seconds)));
      }
      const auto p95 = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 95 / 100);
      std::nth_element(all.begin(), p95, all.end());
      EXPECT_NEAR(Quantile(histogram, 0.95) / *p95, 1, 0.3) << median << " " << spread;
    }
  }
}

// 19 targets that each serve six classes, 12 routes and 20 teams: no series is folded. Four of the
// targets are self-hosted; six routes spill from them.
TEST(Histograms, a_realistic_installation_stays_under_the_cap_on_series) {
  constexpr LabelId kTargets = 19;
  constexpr LabelId kClasses = 6;
  constexpr LabelId kRoutes = 12;
  constexpr LabelId kTeams = 20;
  SeriesCap cap(kMostSeries);
  MetricShard shard(cap);
  for (LabelId target = 0; target < kTargets; ++target) {
    shard.targets.Cell(100 + target);
    for (LabelId one_class = 0; one_class < kClasses; ++one_class) {
      shard.latencies.Cell(200 + one_class, 100 + target);
      // A pair of class and target belongs to one route.
      const auto route = static_cast<LabelId>((target * kClasses + one_class) % kRoutes);
      shard.requests.Cell(300 + route, 200 + one_class, 100 + target);
    }
  }
  for (LabelId one_class = 0; one_class < kClasses; ++one_class) {
    for (LabelId route = 0; route < kRoutes; ++route) {
      shard.baseline_costs.Cell(300 + route, 200 + one_class);
    }
    for (LabelId team = 0; team < kTeams; ++team) shard.teams.Cell(400 + team, 200 + one_class);
    shard.queue_waits.Cell(200 + one_class);
  }
  for (LabelId team = 0; team < kTeams; ++team) shard.team_slots.Cell(400 + team);
  constexpr LabelId kSelfHosted = 4;
  for (LabelId route = 0; route < kRoutes / 2; ++route) {
    shard.spilled.Cell(300 + route, 100 + route % kSelfHosted);
    shard.spilled_costs.Cell(300 + route);
    shard.moved_aside.Cell(100 + route % kSelfHosted);
  }
  constexpr std::size_t kSpendSeries = 4;  // of a team: day and month, paid and self-hosted
  cap.Hold("headgate_spend_usd", kTeams * kSpendSeries);
  EXPECT_EQ(cap.folded(), 0);
}

}  // namespace
}  // namespace headgate::gateway

#include "backends/scheduler/wait_forecast.h"

#include <gtest/gtest.h>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1000h};

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

WaitForecast::View FullPool(TimePoint now) {
  WaitForecast::View view;
  view.now = now;
  view.service = {5s, 5s, 5s};
  view.mean_service = 5s;
  view.serving = 50;
  return view;
}

// A grant every 200 ms. Before each, `critical` latency-critical requests arrive.
TimePoint Learn(WaitForecast& forecast, int critical = 0) {
  TimePoint now = kBegin;
  forecast.Begins(now);
  for (int i = 0; i < 1000; ++i) {
    for (int k = 0; k < critical; ++k) {
      if (i % 2 == 0) forecast.Arrived(Band::kLatencyCritical, now);
    }
    now += 200ms;
    forecast.Granted(now, 50);
  }
  return now;
}

TEST(WaitForecastTest, BeforeItHasSeenGrantsItKnowsSlotsAndServiceTimes) {
  const WaitForecast forecast;
  const WaitForecast::View view = FullPool(kBegin);
  EXPECT_EQ(forecast.GrantInterval(view), 100ms);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 0, view)), 0.1 * 2 / 3, 1e-6);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 10, view)), 0.1 * (10 + 2.0 / 3), 1e-6);
}

TEST(WaitForecastTest, ThenItUsesTheRateOfGrants) {
  WaitForecast forecast;
  const WaitForecast::View view = FullPool(Learn(forecast));
  EXPECT_NEAR(Seconds(forecast.GrantInterval(view)), 0.2, 1e-6);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 10, view)), 0.2 * (10 + 2.0 / 3), 1e-3);
}

TEST(WaitForecastTest, HigherBandsGoFirstAndOvertake) {
  WaitForecast forecast;
  WaitForecast::View view = FullPool(Learn(forecast, /*critical=*/1));  // half of the grants
  view.waiting = {4, 0, 0};
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kLatencyCritical, 4, view)), 0.2 * (4 + 2.0 / 3),
              1e-3);
  // Half of the grants: a coefficient of variation of 3, so the median has no third left.
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 6, view)), 0.4 * (10 + 1.0 / 3), 0.05);
}

TEST(WaitForecastTest, WaitersThatLeaveDoNotOvertake) {
  WaitForecast forecast;
  TimePoint now = Learn(forecast, 1);
  for (int i = 0; i < 1000; ++i) {
    forecast.Arrived(Band::kLatencyCritical, now);
    forecast.Left(Band::kLatencyCritical);
    now += 200ms;
    forecast.Granted(now, 50);
  }
  const WaitForecast::View view = FullPool(now);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 10, view)), 0.2 * (10 + 2.0 / 3), 0.05);
}

TEST(WaitForecastTest, BatchWaitsAtMostForItsFloor) {
  WaitForecast forecast;
  WaitForecast::View view = FullPool(Learn(forecast, /*critical=*/2));  // all of the grants
  view.batch_floor = 5;                                                 // a grant a second
  view.running_batch = 5;
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kBatch, 9, view)), 9 + 2.0 / 3, 1e-3);
  // Three slots are missing to the floor: batch gets the next three, whoever waits.
  view.running_batch = 2;
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kBatch, 2, view)), 0.2 * (2 + 2.0 / 3), 1e-3);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kBatch, 4, view)), 0.6 + 1 + 2.0 / 3, 1e-3);
  view.batch_floor = 0;
  EXPECT_GT(forecast.Predict(Band::kBatch, 1, view), 10s) << "next to nothing is left for batch";
}

TEST(WaitForecastTest, TheFloorOfBatchIsTakenFromOthersWhileBatchWaitsAtIt) {
  WaitForecast forecast;
  WaitForecast::View view = FullPool(Learn(forecast));
  view.batch_floor = 5;
  view.running_batch = 5;
  const Duration alone = forecast.Predict(Band::kNormal, 10, view);
  view.waiting = {0, 0, 3};
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 10, view)), Seconds(alone) * 5 / 4, 0.05);
  view.running_batch = 9;
  EXPECT_EQ(forecast.Predict(Band::kNormal, 10, view), alone) << "batch is above its floor";
}

TEST(WaitForecastTest, TimeWithoutWaitersDoesNotCount) {
  WaitForecast forecast;
  TimePoint now = Learn(forecast);
  forecast.Ends(now);
  now += 1h;
  forecast.Granted(now, 50);
  forecast.Arrived(Band::kLatencyCritical, now);
  forecast.Left(Band::kLatencyCritical);
  EXPECT_NEAR(Seconds(forecast.GrantInterval(FullPool(now))), 0.2, 1e-6);
  forecast.Begins(now);
  forecast.Begins(now + 1s);
  EXPECT_NEAR(Seconds(forecast.GrantInterval(FullPool(now))), 0.2, 1e-6);
}

// What a rush of higher bands has taught holds for as long as it says that a newcomer would wait.
// After that it is refuted: nobody waits.
TEST(WaitForecastTest, ARushDoesNotTurnRequestsAwayFromAnEmptyLine) {
  WaitForecast forecast;
  const TimePoint now = Learn(forecast, /*critical=*/2);  // all of the grants
  forecast.Ends(now);
  EXPECT_GT(forecast.Predict(Band::kNormal, 0, FullPool(now + 100ms)), 2s);
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 0, FullPool(now + 10s))), 0.1 * 2 / 3, 1e-6);
}

// After a rush somebody of a lower band always waits, so that the line is never empty for long. The
// band whose rush it was took half of the grants, and comes no more.
TEST(WaitForecastTest, ABandFromWhichNobodyComesOvertakesLessAndLess) {
  WaitForecast forecast;
  TimePoint now = Learn(forecast, /*critical=*/1);
  const auto after = [&](int grants) {
    for (int i = 0; i < grants; ++i) {
      now += 200ms;
      forecast.Granted(now, 50);
    }
    return Seconds(forecast.Predict(Band::kNormal, 10, FullPool(now)));
  };
  EXPECT_NEAR(after(0), 0.4 * (10 + 1.0 / 3), 0.05);
  EXPECT_GT(after(4), 3.9) << "two of its intervals are nothing unusual";
  EXPECT_LT(after(26), 2.5) << "at most one in two seconds";
  EXPECT_NEAR(after(600), 0.2 * (10 + 2.0 / 3), 0.1);
}

// A slot is held for ten seconds between two grants. Ten slots instead of fifty give one each
// second, after the forty requests that run beyond them.
TEST(WaitForecastTest, SlotsThatAReloadTookAwayCountAtOnce) {
  WaitForecast forecast;
  WaitForecast::View view = FullPool(Learn(forecast));
  view.serving = 10;
  EXPECT_NEAR(Seconds(forecast.GrantInterval(view)), 1, 1e-6);
  view.excess = 40;
  EXPECT_NEAR(Seconds(forecast.Predict(Band::kNormal, 3, view)), 43 + 2.0 / 3, 1e-3);
}

TEST(WaitForecastTest, AStandstillMakesTheForecastLonger) {
  WaitForecast forecast;
  const TimePoint now = Learn(forecast);
  EXPECT_EQ(forecast.GrantInterval(FullPool(now + 1s)), forecast.GrantInterval(FullPool(now)));
  EXPECT_NEAR(Seconds(forecast.GrantInterval(FullPool(now + 80s))), 10, 1e-3);
}

}  // namespace
}  // namespace headgate::backends

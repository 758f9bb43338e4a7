// What the queue promises, in virtual time: latencies by band, the floor of batch, batch moved
// aside, fairness between teams, deadlines, and forecasts.

#include "tests/backends/scheduler/simulated_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr int kPoolSlots = 48;
constexpr double kCapacity = kPoolSlots / 5.0;  // requests a second, at 5 s each

bool IsCritical(const SimulatedRequest& request) { return request.band == Band::kLatencyCritical; }
bool IsAny(const SimulatedRequest&) { return true; }

// 30 % latency-critical, the rest batch, at 120 % of the pool.
std::vector<SimulatedRequest> TwoClasses(Duration length, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<SimulatedRequest> requests;
  AppendTraffic({.per_second = 1.2 * 0.3 * kCapacity, .length = length},
                {.band = Band::kLatencyCritical, .target = 500ms, .lead = 200ms}, random, requests);
  AppendTraffic({.per_second = 1.2 * 0.7 * kCapacity, .length = length},
                {.band = Band::kBatch, .target = 1h}, random, requests);
  return requests;
}

void ExpectAllServed(const std::vector<SimulatedRequest>& requests) {
  EXPECT_TRUE(std::all_of(requests.begin(), requests.end(), [](const SimulatedRequest& request) {
    return request.done && !request.turned_away;
  }));
}

struct Overload {
  std::vector<double> first_come;  // waits in seconds, sorted
  std::vector<double> critical;
  int moved_aside = 0;
};

Overload RunOverload(Duration length, bool preempt, std::int64_t slot_tokens, std::uint64_t seed) {
  std::vector<SimulatedRequest> requests = TwoClasses(length, seed);
  if (slot_tokens > 0) {
    std::mt19937_64 random(seed + 1000);
    DrawTokens(random, requests);
  }
  SimulatedPool::Settings settings;
  settings.slot_tokens = slot_tokens;
  std::vector<SimulatedRequest> first_come = FirstComeFirstServed(requests);
  SimulatedPool(settings).Run(first_come);
  settings.queue.preempt = preempt;
  SimulatedPool pool(settings);
  pool.Run(requests);
  ExpectAllServed(requests);
  ExpectAllServed(first_come);
  Overload overload{SortedWaits(first_come, IsAny), SortedWaits(requests, IsCritical)};
  for (const SimulatedRequest& request : requests) {
    EXPECT_LE(request.moved_aside, 2);
    overload.moved_aside += request.moved_aside;
  }
  return overload;
}

// Sixty seconds have noise of their own, so that several runs are taken together.
Overload RunSeveral(Duration length, std::int64_t slot_tokens, int runs) {
  Overload all;
  for (int run = 0; run < runs; ++run) {
    Overload one =
        RunOverload(length, /*preempt=*/false, slot_tokens, static_cast<std::uint64_t>(run));
    all.first_come.insert(all.first_come.end(), one.first_come.begin(), one.first_come.end());
    all.critical.insert(all.critical.end(), one.critical.begin(), one.critical.end());
  }
  std::sort(all.first_come.begin(), all.first_come.end());
  std::sort(all.critical.begin(), all.critical.end());
  return all;
}

// One run of 60 s varies by a third, and eight by a tenth. Prompts of 200 to 50,000 tokens fill the
// room of 400,000 tokens with 44 requests, so that the same load is 130 % of the pool: over 60 s
// latency-critical requests then wait 4.4 % of first come, first served (5.3 % if nobody passes a
// long prompt, 4.7 % if eight of each band may).
TEST(SimulatedPoolTest, LatencyCriticalWorkWaitsATwentiethOfFirstComeFirstServed) {
  struct Case {
    Duration length;
    std::int64_t slot_tokens;
    int runs;
    double most;
  };
  for (const Case& a_case : {Case{60s, 0, 200, 0.05}, Case{600s, 0, 10, 0.01},
                             Case{60s, 400'000, 200, 0.05}, Case{600s, 400'000, 10, 0.01}}) {
    const Overload run = RunSeveral(a_case.length, a_case.slot_tokens, a_case.runs);
    const double first_come = Quantile(run.first_come, 0.95);
    const double critical = Quantile(run.critical, 0.95);
    std::printf("%d s, %6d tokens: p95 %.3f s of first come %.3f s (%.1f %%)\n",
                static_cast<int>(a_case.length / 1s), static_cast<int>(a_case.slot_tokens),
                critical, first_come, 100 * critical / first_come);
    EXPECT_LE(critical, a_case.most * first_come)
        << a_case.length / 1s << " " << a_case.slot_tokens;
  }
}

// With tokens a run now and then has a few seconds in which latency-critical requests want more
// room than the pool has beside batch that was moved aside twice. So four of five runs of 60 s are
// within 300 ms; if a request could be moved any number of times, 98 % were.
TEST(SimulatedPoolTest, WithPreemptionLatencyCriticalWorkHardlyWaits) {
  struct Case {
    Duration length;
    std::int64_t slot_tokens;
    int runs;
    double least;  // part of the runs whose 99th percentile is 300 ms or less
  };
  for (const Case& a_case :
       {Case{60s, 0, 200, 0.95}, Case{600s, 0, 10, 1}, Case{60s, 400'000, 200, 0.75}}) {
    int within = 0;
    for (int run = 0; run < a_case.runs; ++run) {
      const Overload one = RunOverload(a_case.length, /*preempt=*/true, a_case.slot_tokens,
                                       static_cast<std::uint64_t>(run));
      EXPECT_GT(one.moved_aside, 0);
      within += Quantile(one.critical, 0.99) <= 0.3 ? 1 : 0;
    }
    const double part = static_cast<double>(within) / a_case.runs;
    std::printf("%d s, %6d tokens, preempt: p99 within 300 ms in %.1f %% of the runs\n",
                static_cast<int>(a_case.length / 1s), static_cast<int>(a_case.slot_tokens),
                100 * part);
    EXPECT_GE(part, a_case.least);
  }
}

TEST(SimulatedPoolTest, BatchHasItsFloorHoweverMuchElseWaits) {
  for (const bool preempt : {false, true}) {
    std::mt19937_64 random(3);
    std::vector<SimulatedRequest> requests;
    AppendTraffic({.per_second = 1.5 * kCapacity, .length = 600s},
                  {.band = Band::kLatencyCritical, .target = 500ms}, random, requests);
    AppendTraffic({.per_second = 0.3 * kCapacity, .length = 600s},
                  {.band = Band::kBatch, .target = 1h}, random, requests);
    SimulatedPool::Settings settings;
    settings.queue.preempt = preempt;
    SimulatedPool pool(settings);
    pool.Run(requests, TimePoint(600s));
    // Its floor is 10 % of 48 slots, rounded up: 5. A batch request that ends leaves its slot empty
    // of batch until the next slot becomes free, after about 100 ms.
    EXPECT_GE(pool.mean_running_batch_while_waiting(), 4.8);
    EXPECT_LE(pool.mean_running_batch_while_waiting(), 5.3);
  }
}

// --- fairness ------------------------------------------------------------------------------------

// Mean time in seconds from the arrival to the end, of the team's requests.
double MeanTurnaround(const std::vector<SimulatedRequest>& requests, const std::string& team) {
  std::vector<double> times;
  for (const SimulatedRequest& request : requests) {
    if (request.team != team || !request.done) continue;
    times.push_back(std::chrono::duration<double>(request.wait + request.service).count());
  }
  return Mean(times);
}

std::vector<SimulatedRequest> LightTeams(std::mt19937_64& random, int teams) {
  std::vector<SimulatedRequest> requests;
  for (int i = 1; i <= teams; ++i) {
    AppendTraffic({.per_second = 0.02 * kCapacity, .length = 2000s},
                  {.team = "light" + std::to_string(i)}, random, requests);
  }
  return requests;
}

TEST(SimulatedPoolTest, AHeavyTeamDoesNotSlowTheOthersDown) {
  // The heavy team sends 50 times as much as each of the others, which is more than the pool serves
  // (104 % with them).
  std::mt19937_64 random(5);
  std::vector<SimulatedRequest> alone = LightTeams(random, 2);
  std::vector<SimulatedRequest> together = alone;
  AppendTraffic({.per_second = 50 * 0.02 * kCapacity, .length = 2000s}, {.team = "heavy"}, random,
                together);
  std::vector<SimulatedRequest> first_come = FirstComeFirstServed(together);
  SimulatedPool({}).Run(alone);
  SimulatedPool({}).Run(together, TimePoint(2000s));
  for (const std::string team : {"light1", "light2"}) {
    const auto of_team = [&](const SimulatedRequest& request) { return request.team == team; };
    EXPECT_LE(MeanTurnaround(together, team), 1.2 * MeanTurnaround(alone, team));
    // A busy pool frees a slot every 104 ms. That is what a request of a team alone would wait.
    EXPECT_LE(Mean(SortedWaits(together, of_team)), 1.2 * 0.104);
  }
  const auto of_heavy = [](const SimulatedRequest& request) { return request.team == "heavy"; };
  EXPECT_GT(Mean(SortedWaits(together, of_heavy)), 2);
}

TEST(SimulatedPoolTest, SharesDivideTheSlotTime) {
  std::mt19937_64 random(6);
  std::vector<SimulatedRequest> requests;
  const auto add = [&](const char* team, int share, Duration service) {
    const double seconds = std::chrono::duration<double>(service).count();
    AppendTraffic(
        {.per_second = 0.9 * kPoolSlots / seconds, .length = 1000s, .mean_service = service},
        {.team = team, .share = share}, random, requests);
  };
  add("large", 3, 5s);
  add("short", 1, 2s);  // its requests are shorter, and it gets more of them
  add("long", 1, 10s);
  SimulatedPool({}).Run(requests, TimePoint(1000s));
  std::map<std::string, double> slot_time;
  double all = 0;
  for (const SimulatedRequest& request : requests) {
    const double seconds = std::chrono::duration<double>(request.slot_time).count();
    slot_time[request.team] += seconds;
    all += seconds;
  }
  EXPECT_NEAR(slot_time["large"] / all, 0.6, 0.6 * 0.05);
  EXPECT_NEAR(slot_time["short"] / all, 0.2, 0.2 * 0.05);
  EXPECT_NEAR(slot_time["long"] / all, 0.2, 0.2 * 0.05);
}

// --- deadlines -----------------------------------------------------------------------------------

double PartInTime(const std::vector<SimulatedRequest>& requests, Duration target) {
  int wanted = 0;
  int in_time = 0;
  for (const SimulatedRequest& request : requests) {
    if (request.share != 2) continue;  // the mark of a request with x-slo-ttft-ms
    ++wanted;
    in_time += request.wait + request.lead <= target ? 1 : 0;
  }
  return static_cast<double>(in_time) / wanted;
}

TEST(SimulatedPoolTest, DeadlinesAreMetAtNinetyPercentLoad) {
  // A fifth of the requests wants its first token after 1.4 s, of which a target needs 0.2 s.
  constexpr int kSlots = 16;
  constexpr double kPerSecond = 0.9 * kSlots / 5.0;
  std::mt19937_64 random(7);
  std::vector<SimulatedRequest> requests;
  AppendTraffic({.per_second = 0.8 * kPerSecond, .length = 20'000s}, {.target = 30s}, random,
                requests);
  AppendTraffic({.per_second = 0.2 * kPerSecond, .length = 20'000s},
                {.share = 2, .target = 1400ms, .lead = 200ms}, random, requests);
  SimulatedPool::Settings settings;
  settings.slots = kSlots;
  std::vector<SimulatedRequest> first_come = FirstComeFirstServed(requests);
  SimulatedPool(settings).Run(first_come);
  SimulatedPool(settings).Run(requests);
  EXPECT_LT(PartInTime(first_come, 1400ms), 0.70);
  EXPECT_GE(PartInTime(requests, 1400ms), 0.95);
}

// --- forecasts -----------------------------------------------------------------------------------

// Returns the median of |predicted - real| / real over the requests that waited, after the first
// 200. The shortest waits count as `shortest`.
double MedianError(const std::vector<SimulatedRequest>& requests, Duration shortest) {
  std::vector<double> errors;
  for (std::size_t i = 200; i < requests.size(); ++i) {
    const SimulatedRequest& request = requests[i];
    if (!request.waited) continue;
    const std::chrono::duration<double> error = request.predicted - request.wait;
    errors.push_back(std::abs(error / std::max(request.wait, shortest)));
  }
  std::sort(errors.begin(), errors.end());
  return Quantile(errors, 0.5);
}

std::vector<SimulatedRequest> RunMixed(double load, double critical, Duration length) {
  std::mt19937_64 random(8);
  std::vector<SimulatedRequest> requests;
  const double per_second = load * kCapacity;
  AppendTraffic({.per_second = (1 - critical) * per_second, .length = length}, {}, random,
                requests);
  if (critical > 0) {
    AppendTraffic({.per_second = critical * per_second, .length = length},
                  {.band = Band::kLatencyCritical, .target = 500ms}, random, requests);
  }
  std::sort(requests.begin(), requests.end(),
            [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  SimulatedPool({}).Run(requests);
  return requests;
}

TEST(SimulatedPoolTest, ForecastsAreRightWithinThirtyPercent) {
  struct Case {
    const char* name;
    double load;
    double critical;  // part of the requests
    Duration length;
    Duration shortest;
  };
  // At 90 % with two bands most waiters wait for one to three releases. Such a wait is exponential
  // or nearly so: even the true median is wrong by 63 % in half of the cases. There the error
  // counts in relation to 500 ms at least, which is the shortest target of a class.
  for (const Case& a_case :
       {Case{"overload", 1.2, 0, 600s, 1ns}, Case{"overload, two bands", 1.2, 0.3, 600s, 1ns},
        Case{"90 %", 0.9, 0, 10'000s, 1ns}, Case{"90 %, two bands", 0.9, 0.3, 10'000s, 500ms}}) {
    const std::vector<SimulatedRequest> requests =
        RunMixed(a_case.load, a_case.critical, a_case.length);
    EXPECT_LE(MedianError(requests, a_case.shortest), 0.30) << a_case.name;
  }
}

TEST(SimulatedPoolTest, ForecastsOfTheLowerBandKnowThatItIsOvertaken) {
  // Without the arrivals of the higher band the forecast would be a quarter too short.
  std::vector<SimulatedRequest> requests = RunMixed(0.9, 0.3, 10'000s);
  std::erase_if(requests, IsCritical);
  EXPECT_LE(MedianError(requests, 1ns), 0.35);
  std::vector<double> ratios;
  for (const SimulatedRequest& request : requests) {
    if (!request.waited) continue;
    ratios.push_back(std::chrono::duration<double>(request.predicted) / request.wait);
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_NEAR(Quantile(ratios, 0.5), 1, 0.06);
}

}  // namespace
}  // namespace headgate::backends

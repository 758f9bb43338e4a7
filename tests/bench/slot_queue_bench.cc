// What a slot costs: one that is free, and one that goes to the first of many waiters.
#include <benchmark/benchmark.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000h};
constexpr std::int64_t kTokens = 1000;

void BM_TakeAndReturn(benchmark::State& state) {
  SlotCount count(48, 400'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(count.TryTake(kTokens));
    benchmark::DoNotOptimize(count.Return(kTokens));
  }
}
BENCHMARK(BM_TakeAndReturn);

// All that the queue sees of a request that need not wait.
void BM_RequestThatNeedNotWait(benchmark::State& state) {
  const auto count = std::make_shared<SlotCount>(48, 400'000);
  const auto queue = SlotQueue::Make({count}, {});
  for (auto _ : state) {
    benchmark::DoNotOptimize(!count->contended() && count->HasRoom(kTokens));
    benchmark::DoNotOptimize(count->TryTake(kTokens));
    queue->Started(Band::kNormal);
    queue->Released({.team = "search", .held = 5s});
    benchmark::DoNotOptimize(count->Return(kTokens));
  }
}
BENCHMARK(BM_RequestThatNeedNotWait);

class BenchTaker : public SlotTaker {
 public:
  BenchTaker(SlotCount& replica, std::vector<BenchTaker*>& woken)
      : replica_(replica), woken_(woken) {}
  Try TryTake(TimePoint, ReservedSlots& reserved) override {
    if (!reserved.Has(replica_) && replica_.TryGrant(kTokens)) return Try::kTaken;
    reserved.Add(replica_);
    return Try::kNoRoom;
  }
  void Wake(Why) override { woken_.push_back(this); }

  SlotDemand demand;  // that it joined with

 private:
  SlotCount& replica_;
  std::vector<BenchTaker*>& woken_;
};

// A release with so many waiters: the slot is returned and granted to the head, which joins again
// at the end. The argument is the number of waiters. They are of three bands and ten teams.
void BM_ReleaseWithWaiters(benchmark::State& state) {
  const auto count = std::make_shared<SlotCount>(48, 0);
  const auto queue =
      SlotQueue::Make({count}, {.limit = 100'000, .batch_floor = 100'000, .preempt = true});
  std::vector<BenchTaker*> woken;
  std::deque<BenchTaker> takers;
  std::vector<std::string> teams;
  teams.reserve(10);
  for (int i = 0; i < 10; ++i) teams.push_back("team" + std::to_string(i));
  TimePoint now = kStart;
  std::size_t next = 0;
  const auto join = [&](BenchTaker& taker) {
    ++next;
    taker.demand = {.band = kAllBands[next % kBands],
                    .team = teams[next * 7 % teams.size()],
                    .share = static_cast<int>(next % 3) + 1,
                    .deadline = now + std::chrono::milliseconds(next * 7919 % 5000)};
    queue->Join(taker, taker.demand, now);
  };
  std::deque<SlotUse> held;  // slots, the one that was taken first comes first
  while (count->TryTake(kTokens)) {
    queue->Started(Band::kNormal);
    held.push_back({.band = Band::kNormal, .team = teams[0], .held = 5s});
  }
  for (std::int64_t i = 0; i < state.range(0); ++i) join(takers.emplace_back(*count, woken));
  for (auto _ : state) {
    now += 100ms;
    queue->Released(held.front());
    if (count->Return(kTokens)) count->KickQueue(now);
    state.PauseTiming();
    held.pop_front();
    for (BenchTaker* const taker : std::exchange(woken, {})) {
      held.push_back({.band = taker->demand.band,
                      .team = taker->demand.team,
                      .share = taker->demand.share,
                      .held = 5s,
                      .charged = taker->charged()});
      join(*taker);
    }
    state.ResumeTiming();
  }
  for (BenchTaker& taker : takers) queue->Leave(taker, now);
}
BENCHMARK(BM_ReleaseWithWaiters)->Arg(1)->Arg(100)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace headgate::backends

BENCHMARK_MAIN();

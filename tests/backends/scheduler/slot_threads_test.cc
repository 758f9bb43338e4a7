// SlotCount and SlotQueue under real threads: what ThreadSanitizer looks at.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {
namespace {

constexpr int kThreads = 4;
constexpr int kSlots = 3;
constexpr int kRounds = 3000;

TEST(SlotThreadsTest, NeverMoreInFlightThanSlots) {
  SlotCount count(kSlots, 1000);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const std::int64_t tokens = (i + t) % 400;
        if (!count.TryTake(tokens)) continue;
        const int now_inside = inside.fetch_add(1) + 1;
        int known = most.load();
        while (now_inside > known && !most.compare_exchange_weak(known, now_inside)) {
        }
        inside.fetch_sub(1);
        EXPECT_FALSE(count.Return(tokens));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), kSlots);
  EXPECT_EQ(count.in_flight(), 0);
  EXPECT_EQ(count.tokens(), 0);
}

// A request of a thread, which sleeps until it is woken.
class Sleeper : public SlotTaker {
 public:
  explicit Sleeper(const SlotCounts& replicas) : replicas_(replicas) {}
  Try TryTake(TimePoint, ReservedSlots& reserved) override {
    for (const auto& replica : replicas_) {
      if (reserved.Has(*replica) || !replica->TryGrant(1)) continue;
      held = replica.get();
      return Try::kTaken;
    }
    for (const auto& replica : replicas_) reserved.Add(*replica);
    return Try::kNoRoom;
  }
  void Wake(Why why) override {
    const std::lock_guard lock(mutex_);
    why_ = why;
    woken_ = true;
    wakes_.notify_one();
  }
  Why Sleep() {
    std::unique_lock lock(mutex_);
    wakes_.wait(lock, [this] { return woken_; });
    return why_;
  }
  SlotCount* held = nullptr;

 private:
  const SlotCounts& replicas_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool woken_ = false;
  Why why_ = Why::kGranted;
};

// One thread's requests: each takes a slot in whichever way it gets one, or gives up.
class Client {
 public:
  Client(const SlotCounts& replicas, std::shared_ptr<SlotQueue> queue, unsigned seed)
      : replicas_(replicas), queue_(std::move(queue)), random_(seed) {}

  void Send() {
    const Band band = kAllBands[random_() % kBands];
    for (const auto& replica : replicas_) {
      if (!replica->TryTake(1)) continue;
      queue_->Started(band);
      return Finish(*replica, band, Duration(0));
    }
    Sleeper sleeper(replicas_);
    const SlotQueue::Joined joined =
        queue_->Join(sleeper, {.band = band, .team = "a"}, Clock::now());
    if (joined.outcome == SlotQueue::Outcome::kFull) return;
    if (joined.outcome == SlotQueue::Outcome::kWaiting) {
      if (random_() % 8 == 0 && queue_->Leave(sleeper, Clock::now())) return;
      if (sleeper.Sleep() != SlotTaker::Why::kGranted) return;
    }
    Finish(*sleeper.held, band, sleeper.charged());
  }

 private:
  void Finish(SlotCount& replica, Band band, Duration charged) {
    EXPECT_LE(replica.in_flight(), kSlots);
    if (random_() % 4 == 0) std::this_thread::yield();
    queue_->Released({band, "a", 1, std::chrono::microseconds(10), charged});
    if (replica.Return(1)) replica.KickQueue(Clock::now());
  }

  const SlotCounts& replicas_;
  const std::shared_ptr<SlotQueue> queue_;
  std::mt19937 random_;
};

// No sweep kicks here: a lost wake-up would hang the test.
TEST(SlotThreadsTest, NobodyIsForgotten) {
  const SlotCounts replicas = {std::make_shared<SlotCount>(1), std::make_shared<SlotCount>(1)};
  const auto queue = SlotQueue::Make(replicas, {.limit = 3});
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Client client(replicas, queue, t);
      for (int i = 0; i < kRounds; ++i) {
        client.Send();
        if (i % 16 == 0) queue->Predicted(Band::kNormal, "a", 1, Clock::now());
        if (t == 0 && i % 16 == 8) queue->Configure(replicas, {.limit = i % 5}, Clock::now());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& replica : replicas) {
    EXPECT_EQ(replica->in_flight(), 0);
    EXPECT_FALSE(replica->contended());
  }
  EXPECT_EQ(queue->running_batch(), 0);
}

}  // namespace
}  // namespace headgate::backends

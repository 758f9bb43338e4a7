// Random operations on queues, slots and limits: nothing is lost, whatever happens in which order.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/scheduler/batch_hold.h"
#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {
namespace {

using Outcome = SlotQueue::Outcome;

constexpr const char* kTeams[] = {"a", "b", "c"};

class Machine {
 public:
  explicit Machine(unsigned seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) replicas_.push_back(std::make_shared<SlotCount>(3, 1000));
    queues_.push_back(SlotQueue::Make({replicas_[0], replicas_[1]}, RandomSettings()));
    queues_.push_back(
        SlotQueue::Make({replicas_[1], replicas_[2]}, RandomSettings(), queues_[0].get()));
  }

  void Step() {
    now_ += std::chrono::milliseconds(Draw(50));
    switch (Draw(8)) {
      case 0:
      case 1:
      case 2:
        Send();
        break;
      case 3:
      case 4:
        ReleaseOne();
        break;
      case 5:
        LeaveOne();
        break;
      case 6:
        queues_[Draw(2)]->Kick(now_);
        break;
      default:
        Change();
    }
    MoveThoseWhoWereTold();
    Check();
  }

  void Finish() {
    for (const auto& replica : replicas_) replica->SetLimits(3, 1000);
    while (!requests_.empty()) {
      ReleaseOne();
      for (const auto& queue : queues_) queue->Kick(now_);
      MoveThoseWhoWereTold();
      Forget();
    }
    for (const auto& replica : replicas_) {
      EXPECT_EQ(replica->in_flight(), 0);
      EXPECT_EQ(replica->tokens(), 0);
      EXPECT_FALSE(replica->contended());
    }
    EXPECT_EQ(queues_[0]->running_batch(), 0);
  }

 private:
  enum class Where : std::uint8_t { kWaits, kRuns, kGone };
  struct Request : SlotTaker, Preemptible {
    Try TryTake(TimePoint) override {
      if (unusable) return Try::kUnusable;
      for (const std::size_t index : {of, of + 1}) {
        if (!machine->replicas_[index]->TryGrant(tokens)) continue;
        held = index;
        return Try::kTaken;
      }
      return Try::kNoRoom;
    }
    void Wake(Why why) override {
      EXPECT_EQ(where, Where::kWaits);
      if (why == Why::kGranted) {
        machine->Run(*this, charged());
      } else {
        where = Where::kGone;
      }
    }
    void MoveAside() override { told = true; }

    Machine* machine = nullptr;
    std::size_t of = 0;  // queue
    Band band = Band::kNormal;
    const char* team = "";
    std::int64_t tokens = 0;
    bool unusable = false;
    bool told = false;
    Where where = Where::kWaits;
    std::size_t held = 0;
    Duration charge{0};
    BatchHold hold;
  };

  std::size_t Draw(std::size_t below) { return random_() % below; }
  SlotQueue::Settings RandomSettings() {
    return {static_cast<int>(Draw(12)), static_cast<std::int64_t>(Draw(3)) * 200'000, Draw(2) == 0};
  }

  void Run(Request& request, Duration charge) {
    request.where = Where::kRuns;
    request.charge = charge;
  }

  void Send() {
    Request& request = *requests_.emplace_back(std::make_unique<Request>());
    request.machine = this;
    request.of = Draw(2);
    request.band = kAllBands[Draw(kBands)];
    request.team = kTeams[Draw(3)];
    request.tokens = static_cast<std::int64_t>(Draw(1200));
    request.unusable = Draw(30) == 0;
    const std::size_t index = request.of + Draw(2);
    if (!request.unusable && replicas_[index]->TryTake(request.tokens)) {
      queues_[request.of]->Started(request.band);
      request.held = index;
      return Run(request, Duration(0));
    }
    Join(request, /*front=*/false);
  }

  void Join(Request& request, bool front) {
    request.where = Where::kWaits;
    const SlotQueue::Joined joined =
        queues_[request.of]->Join(request,
                                  {.band = request.band,
                                   .team = request.team,
                                   .share = static_cast<int>(Draw(4)) + 1,
                                   .deadline = now_ + std::chrono::milliseconds(Draw(2000)),
                                   .front = front},
                                  now_);
    if (joined.outcome == Outcome::kGranted) Run(request, request.charged());
    if (joined.outcome == Outcome::kFull || joined.outcome == Outcome::kUnusable) {
      EXPECT_FALSE(front && joined.outcome == Outcome::kFull);
      request.where = Where::kGone;
    }
  }

  Request* Any(Where where) {
    std::vector<Request*> found;
    for (const auto& request : requests_) {
      if (request->where == where) found.push_back(request.get());
    }
    return found.empty() ? nullptr : found[Draw(found.size())];
  }

  void Release(Request& request) {
    request.where = Where::kGone;
    request.hold = BatchHold();
    queues_[request.of]->Released(
        {request.band, request.team, 1, std::chrono::milliseconds(Draw(3000)), request.charge});
    SlotCount& replica = *replicas_[request.held];
    if (replica.Return(request.tokens)) replica.KickQueues(now_);
  }
  void ReleaseOne() {
    if (Request* const request = Any(Where::kRuns)) Release(*request);
  }
  void LeaveOne() {
    Request* const request = Any(Where::kWaits);
    if (request == nullptr) return;
    EXPECT_TRUE(queues_[request->of]->Leave(*request, now_));
    request->where = Where::kGone;
    EXPECT_FALSE(queues_[request->of]->Leave(*request, now_));
  }
  void Change() {
    SlotCount& replica = *replicas_[Draw(3)];
    replica.SetLimits(static_cast<int>(Draw(4)) + 1, static_cast<std::int64_t>(Draw(3)) * 500);
    replica.SetOthers(static_cast<int>(Draw(3)));
    queues_[Draw(2)]->Configure(RandomSettings(), now_);
    if (Request* const request = Any(Where::kWaits)) request->unusable = Draw(4) == 0;
    Request* const running = Any(Where::kRuns);
    if (running != nullptr && running->band == Band::kBatch) {
      running->hold = BatchHold(queues_[running->of], *running);
    }
  }
  void MoveThoseWhoWereTold() {
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      Request& request = *requests_[i];
      if (!std::exchange(request.told, false) || request.where != Where::kRuns) continue;
      Release(request);
      Join(request, /*front=*/true);
    }
  }

  void Forget() {
    std::erase_if(requests_, [](const auto& request) { return request->where == Where::kGone; });
  }

  void Check() {
    Forget();
    std::array<int, 3> running{};
    std::array<std::int64_t, 3> tokens{};
    std::array<std::size_t, 2> waiting{};
    for (const auto& request : requests_) {
      if (request->where == Where::kRuns) {
        ++running[request->held];
        tokens[request->held] += request->tokens;
      } else {
        ++waiting[request->of];
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(replicas_[i]->in_flight(), running[i]);
      EXPECT_EQ(replicas_[i]->tokens(), tokens[i]);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      const SlotQueue::Figures figures = queues_[i]->figures(now_);
      EXPECT_EQ(figures.waiting[0] + figures.waiting[1] + figures.waiting[2], waiting[i]);
    }
    EXPECT_EQ(replicas_[0]->contended(), waiting[0] > 0);
    EXPECT_EQ(replicas_[1]->contended(), waiting[0] + waiting[1] > 0);
    EXPECT_EQ(replicas_[2]->contended(), waiting[1] > 0);
  }

  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(1000)};
  SlotCounts replicas_;
  std::vector<std::shared_ptr<SlotQueue>> queues_;
  std::vector<std::unique_ptr<Request>> requests_;
};

TEST(RandomOperationsTest, NothingIsLostAndNothingIsLeftBehind) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Machine machine(seed);
    for (int step = 0; step < 3000; ++step) {
      machine.Step();
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", step " << step;
    }
    machine.Finish();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace headgate::backends

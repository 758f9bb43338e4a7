// Random operations on queues, slots and limits: nothing is lost, whatever happens in which order.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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
    queue_ = SlotQueue::Make(replicas_, RandomSettings());
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
        queue_->Kick(now_);
        break;
      default:
        Change();
    }
    MoveThoseWhoWereTold();
    Check();
  }

  void Finish() {
    for (const auto& replica : replicas_) replica->SetLimits(3, 1000);
    Configure({true, true, true});
    while (!requests_.empty()) {
      ReleaseOne();
      queue_->Kick(now_);
      MoveThoseWhoWereTold();
      Forget();
    }
    for (const auto& replica : replicas_) {
      EXPECT_EQ(replica->in_flight(), 0);
      EXPECT_EQ(replica->tokens(), 0);
      EXPECT_FALSE(replica->contended());
    }
    EXPECT_EQ(queue_->running_batch(), 0);
    CheckEnds();
  }

 private:
  enum class Where : std::uint8_t { kWaits, kRuns, kGone };
  struct Request : SlotTaker, Preemptible {
    Try TryTake(TimePoint, ReservedSlots& reserved) override {
      if (unusable) return Try::kUnusable;
      for (const std::size_t index : {lane, lane + 1}) {
        SlotCount& replica = *machine->replicas_[index];
        if (reserved.Has(replica) || !replica.TryGrant(tokens)) continue;
        held = index;
        return Try::kTaken;
      }
      for (const std::size_t index : {lane, lane + 1}) reserved.Add(*machine->replicas_[index]);
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
    std::size_t lane = 0;  // it may use the replicas of this number and the next
    Band band = Band::kNormal;
    const char* team = "";
    std::int64_t tokens = 0;
    bool unusable = false;
    bool was_unusable = false;
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
    request.lane = Draw(2);
    request.band = kAllBands[Draw(kBands)];
    request.team = kTeams[Draw(3)];
    request.tokens = static_cast<std::int64_t>(Draw(1200));
    request.unusable = Draw(30) == 0;
    const std::size_t index = request.lane + Draw(2);
    if (!request.unusable && replicas_[index]->TryTake(request.tokens)) {
      queue_->Started(request.band);
      request.held = index;
      return Run(request, Duration(0));
    }
    Join(request, /*front=*/false);
  }

  void Join(Request& request, bool front) {
    request.where = Where::kWaits;
    const SlotQueue::Joined joined =
        queue_->Join(request,
                     {.band = request.band,
                      .team = request.team,
                      .share = static_cast<int>(Draw(4)) + 1,
                      .deadline = now_ + std::chrono::milliseconds(Draw(2000)),
                      .lane = &kTeams[request.lane],
                      .front = front},
                     now_);
    if (joined.outcome == Outcome::kGranted) Run(request, request.charged());
    const bool is_full = joined.outcome == Outcome::kFull;
    (is_full ? full_ : joined_)[IndexOf(request.band)] += joined.outcome != Outcome::kUnusable;
    if (is_full || joined.outcome == Outcome::kUnusable) {
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
    queue_->Released(
        {request.band, request.team, 1, std::chrono::milliseconds(Draw(3000)), request.charge});
    SlotCount& replica = *replicas_[request.held];
    if (replica.Return(request.tokens)) replica.KickQueue(now_);
  }
  void ReleaseOne() {
    if (Request* const request = Any(Where::kRuns)) Release(*request);
  }
  void LeaveOne() {
    Request* const request = Any(Where::kWaits);
    if (request == nullptr) return;
    using Leaving = SlotQueue::Leaving;
    constexpr std::array kWhys = {Leaving::kElsewhere, Leaving::kExpired, Leaving::kGone,
                                  Leaving::kDrained};
    EXPECT_TRUE(queue_->Leave(*request, now_, kWhys[Draw(kWhys.size())]));
    request->where = Where::kGone;
    EXPECT_FALSE(queue_->Leave(*request, now_));
  }
  void Change() {
    SlotCount& replica = *replicas_[Draw(3)];
    replica.SetLimits(static_cast<int>(Draw(4)) + 1, static_cast<std::int64_t>(Draw(3)) * 500);
    replica.SetOthers(static_cast<int>(Draw(3)), static_cast<std::int64_t>(Draw(3)) * 300);
    Configure({Draw(4) != 0, Draw(4) != 0, Draw(4) != 0});
    if (Request* const request = Any(Where::kWaits)) {
      request->unusable = Draw(4) == 0;
      request->was_unusable |= request->unusable;
    }
    Request* const running = Any(Where::kRuns);
    if (running != nullptr && running->band == Band::kBatch) {
      running->hold = BatchHold(queue_, *running, *replicas_[running->held], running->tokens);
    }
  }
  void Configure(const std::array<bool, 3>& listed) {
    listed_ = listed;
    SlotCounts replicas;
    for (std::size_t i = 0; i < 3; ++i) {
      if (listed_[i]) replicas.push_back(replicas_[i]);
    }
    queue_->Configure(replicas, RandomSettings(), now_);
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
    std::size_t waiting = 0;
    for (const auto& request : requests_) {
      if (request->where == Where::kRuns) {
        ++running[request->held];
        tokens[request->held] += request->tokens;
      } else {
        ++waiting;
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(replicas_[i]->in_flight(), running[i]);
      EXPECT_EQ(replicas_[i]->tokens(), tokens[i]);
    }
    const SlotQueue::Figures figures = queue_->figures(now_);
    EXPECT_EQ(figures.waiting[0] + figures.waiting[1] + figures.waiting[2], waiting);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto waits_here = [&](const auto& request) {
        return request->where == Where::kWaits && (request->lane == i || request->lane + 1 == i);
      };
      const auto surely = [&](const auto& request) {
        return waits_here(request) && !request->unusable && !request->was_unusable;
      };
      const bool contended = replicas_[i]->contended();
      EXPECT_TRUE(!contended || std::any_of(requests_.begin(), requests_.end(), waits_here)) << i;
      EXPECT_TRUE(contended || std::none_of(requests_.begin(), requests_.end(), surely)) << i;
    }
  }

  // Whoever has joined has ended in one way.
  void CheckEnds() {
    const SlotQueue::Figures ends = queue_->figures(now_);
    for (std::size_t i = 0; i < kBands; ++i) {
      EXPECT_EQ(ends.granted[i] + ends.shed[i] + ends.expired[i] + ends.left[i] + ends.gone[i] +
                    ends.drained[i],
                joined_[i]);
      EXPECT_EQ(ends.full[i], full_[i]);
    }
  }

  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(1000)};
  SlotCounts replicas_;
  std::array<bool, 3> listed_{true, true, true};  // in the queue's list of replicas
  std::shared_ptr<SlotQueue> queue_;
  std::vector<std::unique_ptr<Request>> requests_;
  std::array<std::uint64_t, kBands> joined_{};
  std::array<std::uint64_t, kBands> full_{};
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

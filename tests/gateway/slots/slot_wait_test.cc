#include "gateway/slots/slot_wait.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using Outcome = SlotWait::Outcome;

constexpr std::string_view kOnePool = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 1}}
routes: [{name: all}]
)";

class SlotWaitTest : public QueuedFixture {
 protected:
  SlotWaitTest() : QueuedFixture(kOnePool, {}) {}

  Awaitable<bool> Wait(TimePoint until, const SlotWait::Looks& looks) {
    const TimePoint now = SteadyClock::now();
    SlotWish wish{.target = 0, .ask = {}, .demand = {}};
    wish.ask.now = now;
    wish.ask.model = &fleet().model_circuits(0);
    SlotWait wait(io_.get_executor(), fleet(), wish);
    outcome_ = co_await wait.Until(until, looks);
    co_return true;
  }
  // Looks at once, and again at once.
  SlotWait::Looks Always(std::function<bool(TimePoint)> leaves) const {
    SlotWait::Looks looks;
    looks.first = SteadyClock::now();
    looks.leaves = std::move(leaves);
    return looks;
  }

  Outcome outcome_ = Outcome::kUnusable;
};

TEST_F(SlotWaitTest, KeepsItsPlaceUntilALookEndsIt) {
  const SlotLease other = TakeTheSlot();
  int made = 0;
  const SlotWait::Looks looks = Always([&](TimePoint) {
    EXPECT_EQ(Waiting(), 1u);
    return ++made == 3;
  });
  Await(io_, Wait(TimePoint::max(), looks));
  EXPECT_EQ(outcome_, Outcome::kLeft);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(Waiting(), 0u);
}

// The slot is granted in the moment in which the request would leave.
TEST_F(SlotWaitTest, TakesASlotRatherThanLeave) {
  std::optional<SlotLease> other = TakeTheSlot();
  const SlotWait::Looks looks = Always([&](TimePoint) {
    other.reset();
    return true;
  });
  Await(io_, Wait(TimePoint::max(), looks));
  EXPECT_EQ(outcome_, Outcome::kGranted);
  ExpectIdle();
}

TEST_F(SlotWaitTest, EndsWithItsTimeAndLooksNoMore) {
  const SlotLease other = TakeTheSlot();
  const SlotWait::Looks looks = Always([&](TimePoint) {
    ADD_FAILURE() << "looks";
    return true;
  });
  Await(io_, Wait(SteadyClock::now(), looks));
  EXPECT_EQ(outcome_, Outcome::kOver);
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(SlotWaitTest, IsGrantedWhatIsFreeWithoutALook) {
  Await(io_, Wait(TimePoint::max(), {}));
  EXPECT_EQ(outcome_, Outcome::kGranted);
  ExpectIdle();
}

}  // namespace
}  // namespace headgate::gateway

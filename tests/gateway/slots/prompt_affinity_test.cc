// Prompts at a pool of two replicas, by what the replica knew of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;

class PromptAffinity : public QueuedFixture {
 protected:
  PromptAffinity() : QueuedFixture(kTwoReplicas, {}) {
    exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  }
  // Begins a request whose prompt is long enough for affinity.
  void StartLong() {
    StartWith(R"({"model":"auto","messages":[{"role":"user","content":")" + std::string(5000, 'a') +
              R"("}]})");
  }
  PrefixAffinity::Counts counts() const { return fleet().BackendOf(0).affinity->counts(); }
};

TEST_F(PromptAffinity, APromptThatIsServedAtOnceCountsOnce) {
  StartLong();
  Finish();
  EXPECT_THAT(counts(), ElementsAre(1, 0, 0, 0));
}

TEST_F(PromptAffinity, APromptThatHasWaitedCountsOnce) {
  std::optional<SlotLease> other = TakeTheSlot();
  const SlotLease second = TakeTheSlot();
  StartLong();
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 0)) << "its replica is not known yet";
  other.reset();
  Finish();
  EXPECT_THAT(counts(), ElementsAre(1, 0, 0, 0));
}

}  // namespace
}  // namespace headgate::gateway

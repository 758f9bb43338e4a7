// Prompts at a pool of two replicas, by what the replica knew of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;

constexpr std::string_view kTwoCaches = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}}
routes: [{name: all}]
)";

class PromptAffinity : public QueuedFixture {
 protected:
  PromptAffinity() : QueuedFixture(kTwoCaches, {}) {
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

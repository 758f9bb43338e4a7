// A retry in a full pool does not go back to the replica that has failed it.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class AvoidedReplica : public QueuedFixture {
 protected:
  AvoidedReplica() : QueuedFixture(kTwoReplicas, {}) {
    ExchangeScript reset;
    reset.fails_at_start = AttemptResult::kReset;
    exchanges_.Expect(reset);
    exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  }
  void ExpectAnsweredBy(std::size_t replica) {
    Finish();
    EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
    ASSERT_EQ(exchanges_.traces.size(), 2u);
    EXPECT_EQ(exchanges_.traces[1].replica_number, fleet().BackendOf(0).replica_numbers[replica]);
    EXPECT_NE(exchanges_.traces[0].replica_number, exchanges_.traces[1].replica_number);
  }
};

TEST_F(AvoidedReplica, ARetryWaitsForTheOtherAndLetsRequestsBehindItPass) {
  std::optional<SlotLease> other = TakeTheSlot();
  const std::size_t replica = other->replica();
  Start();
  EXPECT_EQ(Waiting(), 1u);
  const SlotLease behind = TakeTheSlot();
  EXPECT_NE(behind.replica(), replica) << "it may have the slot that the retry does not want";
  other.reset();
  ExpectAnsweredBy(replica);
}

}  // namespace
}  // namespace headgate::gateway

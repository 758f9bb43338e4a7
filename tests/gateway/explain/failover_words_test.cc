#include "gateway/explain/failover_words.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace headgate::gateway {
namespace {

std::string SaidOf(const config::Failover& failover) {
  return boost::json::serialize(FailoverWords(failover));
}

TEST(FailoverWords, leaves_defaults_out) { EXPECT_EQ(SaidOf({}), "{}"); }

TEST(FailoverWords, says_what_the_route_says) {
  config::Failover failover;
  failover.attempts = {.same_target = 2, .targets = 3, .backoff = config::Milliseconds(250)};
  failover.commit = {.at = config::CommitAt::kHold, .hold = config::Milliseconds(2000)};
  failover.resume = true;
  failover.hedge = config::Hedge{.after = config::Milliseconds(1500), .at_most = 25'000};
  EXPECT_EQ(SaidOf(failover),
            R"({"attempts":"up to 2 more at a target, after 250ms, over 3 targets",)"
            R"("commit":"2s after the first token",)"
            R"("resume":"a broken stream goes on at a target that supports prefill",)"
            R"("hedge":"after 1500ms, at most 2.5% of the requests"})");
}

TEST(FailoverWords, other_words) {
  config::Failover failover;
  failover.attempts = {.same_target = 0, .targets = 1};
  failover.commit.at = config::CommitAt::kComplete;
  failover.hedge = config::Hedge{};
  EXPECT_EQ(SaidOf(failover), R"({"attempts":"no second one at a target, over 1 target",)"
                              R"("commit":"when the answer is complete",)"
                              R"("hedge":"after p95, at most 5% of the requests"})");
}

}  // namespace
}  // namespace headgate::gateway

#include "gateway/failover/retry_budget.h"

#include <gtest/gtest.h>

#include <chrono>

namespace headgate::gateway {
namespace {

const TimePoint kFirstSecond{std::chrono::seconds(1000)};

TEST(RetryBudget, allows_a_fifth_of_requests_and_three_a_second) {
  RetryBudget budget;
  TimePoint now = kFirstSecond;
  int retries = 0;
  while (budget.Take(now)) ++retries;
  EXPECT_EQ(retries, 3);
  for (int i = 0; i < 50; ++i) budget.OnRequest();
  while (budget.Take(now)) ++retries;
  EXPECT_NEAR(retries, 3 + 10, 1);
  now += std::chrono::seconds(10);
  int later = 0;
  while (budget.Take(now)) ++later;
  EXPECT_EQ(later, 3);
}

TEST(RetryBudget, busy_requests_and_time_do_not_add_up) {
  RetryBudget budget;
  int taken = 0;
  constexpr int kRequests = 10'000;
  for (int i = 0; i < kRequests; ++i) {
    budget.OnRequest();
    const TimePoint now = kFirstSecond + std::chrono::milliseconds(i);
    while (budget.Take(now)) ++taken;
  }
  EXPECT_LE(taken, kRequests / 5 + 3);
  EXPECT_GE(taken, kRequests / 5);
}

TEST(RetryBudget, few_requests_have_three_a_second) {
  RetryBudget budget;
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    budget.OnRequest();  // one a second
    const TimePoint now = kFirstSecond + std::chrono::seconds(i);
    while (budget.Take(now)) ++taken;
  }
  EXPECT_LE(taken, 303);
  EXPECT_GE(taken, 295);
}

TEST(RetryBudget, what_quiet_times_save_is_bounded) {
  RetryBudget budget;
  for (int i = 0; i < 100'000; ++i) budget.OnRequest();
  int taken = 0;
  while (budget.Take(kFirstSecond)) ++taken;
  EXPECT_LE(taken, 21);
}

}  // namespace
}  // namespace headgate::gateway

#include "policy/limits/token_bucket.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace headgate::policy {
namespace {

using namespace std::chrono_literals;
using Time = TokenBucket::Clock::time_point;

constexpr Time kStart{1'000'000s};

TEST(TokenBucket, permits_everything_without_a_limit) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Take(1'000'000'000'000, kStart));
  EXPECT_EQ(bucket.WaitFor(1, kStart), 0ns);
}

TEST(TokenBucket, gives_exactly_its_limit_at_once) {
  for (const std::int64_t limit : {1, 2, 7, 10, 60, 600, 9973, 1'000'000}) {
    TokenBucket bucket;
    bucket.SetLimit(limit, kStart);
    for (std::int64_t i = 0; i < limit; ++i) ASSERT_TRUE(bucket.Take(1, kStart)) << i;
    EXPECT_FALSE(bucket.Take(1, kStart)) << limit;
    EXPECT_EQ(bucket.Remaining(kStart), 0);
  }
}

TEST(TokenBucket, refills_evenly) {
  TokenBucket bucket;
  bucket.SetLimit(10, kStart);
  EXPECT_TRUE(bucket.Take(10, kStart));
  EXPECT_EQ(bucket.WaitFor(1, kStart), 6s);
  EXPECT_EQ(bucket.UntilFull(kStart), 60s);
  EXPECT_FALSE(bucket.Take(1, kStart + 5s));
  EXPECT_TRUE(bucket.Take(1, kStart + 6s));
  EXPECT_EQ(bucket.Remaining(kStart + 30s), 4);
  EXPECT_EQ(bucket.Remaining(kStart + 10min), 10);  // never more than its limit
  EXPECT_TRUE(bucket.Take(10, kStart + 10min));
  EXPECT_FALSE(bucket.Take(1, kStart + 10min));
}

TEST(TokenBucket, takes_back_what_was_not_used) {
  TokenBucket bucket;
  bucket.SetLimit(1000, kStart);
  EXPECT_TRUE(bucket.Take(900, kStart));
  EXPECT_FALSE(bucket.Take(200, kStart));
  bucket.GiveBack(700);
  EXPECT_EQ(bucket.Remaining(kStart), 800);
  bucket.TakeMore(1300, kStart);  // it was used, so it counts
  EXPECT_EQ(bucket.Remaining(kStart), 0);
  EXPECT_EQ(bucket.WaitFor(100, kStart), 36s);
}

TEST(TokenBucket, what_is_given_back_to_a_full_bucket_is_no_credit) {
  TokenBucket bucket;
  bucket.SetLimit(100, kStart);
  EXPECT_TRUE(bucket.Take(100, kStart));
  bucket.GiveBack(100);
  bucket.GiveBack(100);
  EXPECT_EQ(bucket.Remaining(kStart), 100);
  EXPECT_TRUE(bucket.Take(100, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart));
}

TEST(TokenBucket, more_than_its_limit_can_never_be_taken) {
  TokenBucket bucket;
  bucket.SetLimit(1000, kStart);
  EXPECT_FALSE(bucket.Take(1001, kStart));
  EXPECT_FALSE(bucket.Take(1'000'000'000'000'000'000, kStart));
  EXPECT_GT(bucket.WaitFor(1'000'000'000'000'000'000, kStart), 24h);
  EXPECT_TRUE(bucket.Take(1000, kStart));
}

TEST(TokenBucket, another_limit_applies_at_once_and_keeps_what_was_taken) {
  TokenBucket bucket;
  bucket.SetLimit(10, kStart);
  EXPECT_TRUE(bucket.Take(10, kStart));
  bucket.SetLimit(25, kStart);
  EXPECT_EQ(bucket.Remaining(kStart), 15);
  bucket.SetLimit(5, kStart);
  EXPECT_EQ(bucket.Remaining(kStart), 0);
  EXPECT_EQ(bucket.WaitFor(1, kStart), 72s);  // 10 were taken, and 5 refill in a minute
}

TEST(TokenBucket, another_limit_keeps_parts_of_a_unit) {
  TokenBucket bucket;
  bucket.SetLimit(3, kStart);
  EXPECT_TRUE(bucket.Take(3, kStart));
  bucket.SetLimit(5, kStart + 1s);  // 2.95 are taken
  EXPECT_TRUE(bucket.Take(2, kStart + 1s));
  EXPECT_FALSE(bucket.Take(1, kStart + 1s));
}

TEST(TokenBucket, threads_together_take_exactly_its_limit) {
  constexpr int kThreads = 8;
  constexpr std::int64_t kLimit = 1000;
  TokenBucket bucket;
  bucket.SetLimit(kLimit, kStart);
  std::atomic<std::int64_t> taken{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        if (bucket.Take(1, kStart)) ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, kLimit);
}

}  // namespace
}  // namespace headgate::policy

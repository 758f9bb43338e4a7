#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr AlertLimit::Clock::time_point kStart{1000h};

TEST(AlertLimitTest, OneAMinuteForEachMessageAndSubject) {
  AlertLimit limit;
  EXPECT_TRUE(limit.Allow("key", "a@x", kStart));
  EXPECT_FALSE(limit.Allow("key", "a@x", kStart));
  EXPECT_TRUE(limit.Allow("key", "b@x", kStart));
  EXPECT_TRUE(limit.Allow("tls", "a@x", kStart));
  EXPECT_FALSE(limit.Allow("key", "a@x", kStart + 60s - 1ns));
  EXPECT_TRUE(limit.Allow("key", "a@x", kStart + 60s));
  EXPECT_FALSE(limit.Allow("key", "a@x", kStart + 61s));
}

TEST(AlertLimitTest, RemembersOnlySoManySubjects) {
  AlertLimit limit;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(limit.Allow("key", std::to_string(i), kStart + i * 1s));
  }
  EXPECT_FALSE(limit.Allow("key", "4999", kStart + 5000s));
}

}  // namespace
}  // namespace headgate::gateway

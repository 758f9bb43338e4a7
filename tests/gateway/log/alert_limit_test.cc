#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr AlertLimit::Clock::time_point kFirstAlert{1000h};

TEST(AlertLimitTest, OneAMinuteForEachMessageAndSubject) {
  AlertLimit limit;
  EXPECT_TRUE(limit.Allow("key", "a@x", kFirstAlert));
  EXPECT_FALSE(limit.Allow("key", "a@x", kFirstAlert));
  EXPECT_TRUE(limit.Allow("key", "b@x", kFirstAlert));
  EXPECT_TRUE(limit.Allow("tls", "a@x", kFirstAlert));
  EXPECT_FALSE(limit.Allow("key", "a@x", kFirstAlert + 60s - 1ns));
  EXPECT_TRUE(limit.Allow("key", "a@x", kFirstAlert + 60s));
  EXPECT_FALSE(limit.Allow("key", "a@x", kFirstAlert + 61s));
}

TEST(AlertLimitTest, RemembersOnlySoManySubjects) {
  AlertLimit limit;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(limit.Allow("key", std::to_string(i), kFirstAlert + i * 1s));
  }
  EXPECT_FALSE(limit.Allow("key", "4999", kFirstAlert + 5000s));
}

}  // namespace
}  // namespace headgate::gateway

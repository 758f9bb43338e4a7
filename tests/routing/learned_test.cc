#include "routing/learned.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace headgate::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// The beginning of a 5-minute period.
constexpr LearnedTarget::Clock::time_point kStart{minutes(5'000)};

TEST(LearnedTarget, knows_nothing_at_first) {
  const LearnedTarget learned;
  EXPECT_EQ(learned.TokensPerByte(), 0);
  EXPECT_EQ(learned.ExpectedOutputTokens(Class::kCode), 0);
  EXPECT_EQ(learned.FirstToken(kStart).samples, 0u);
  EXPECT_EQ(learned.FirstToken(kStart).median_ms, 0);
}

TEST(LearnedTarget, tokens_per_byte_follow_the_tokenizer) {
  LearnedTarget learned;
  learned.ObserveTokens(1'000, 300, 0, Class::kGeneral);
  EXPECT_FLOAT_EQ(learned.TokensPerByte(), 0.3f);
  for (int i = 0; i < 200; ++i) learned.ObserveTokens(4'000, 800, 0, Class::kGeneral);
  EXPECT_NEAR(learned.TokensPerByte(), 0.2f, 0.001f);
}

TEST(LearnedTarget, short_texts_move_tokens_per_byte_less) {
  LearnedTarget short_text;
  LearnedTarget long_text;
  for (LearnedTarget* learned : {&short_text, &long_text}) {
    learned->ObserveTokens(4'000, 1'000, 0, Class::kGeneral);
  }
  short_text.ObserveTokens(64, 64, 0, Class::kGeneral);
  long_text.ObserveTokens(6'400, 6'400, 0, Class::kGeneral);
  EXPECT_LT(short_text.TokensPerByte(), 0.26f);
  EXPECT_GT(long_text.TokensPerByte(), 0.28f);
}

TEST(LearnedTarget, ignores_what_no_tokenizer_does) {
  LearnedTarget learned;
  learned.ObserveTokens(63, 20, 0, Class::kGeneral);       // too short
  learned.ObserveTokens(100, 1'000, 0, Class::kGeneral);   // an image, not text
  learned.ObserveTokens(100'000, 10, 0, Class::kGeneral);  // a broken report
  learned.ObserveTokens(100, -5, -5, Class::kGeneral);
  EXPECT_EQ(learned.TokensPerByte(), 0);
  for (int i = 0; i < 20; ++i) learned.ObserveTokens(0, 0, 0, Class::kGeneral);
  EXPECT_EQ(learned.ExpectedOutputTokens(Class::kGeneral), 0);
}

TEST(LearnedTarget, output_tokens_by_class_after_eight_answers) {
  LearnedTarget learned;
  for (int i = 1; i <= 8; ++i) {
    EXPECT_EQ(learned.ExpectedOutputTokens(Class::kCode), 0) << i;
    learned.ObserveTokens(0, 0, 100 * i, Class::kCode);
  }
  EXPECT_NEAR(learned.ExpectedOutputTokens(Class::kCode), 450, 0.01);
  EXPECT_EQ(learned.ExpectedOutputTokens(Class::kGeneral), 0);
  for (int i = 0; i < 1'000; ++i) learned.ObserveTokens(0, 0, 20, Class::kCode);
  EXPECT_NEAR(learned.ExpectedOutputTokens(Class::kCode), 20, 0.1);
}

TEST(LearnedTarget, median_is_within_an_eighth) {
  for (const int ms : {1, 2, 7, 40, 250, 999, 5'000, 60'000, 600'000}) {
    LearnedTarget learned;
    for (int i = 0; i < 21; ++i) learned.ObserveFirstToken(milliseconds(ms), kStart);
    const LearnedTarget::Latency latency = learned.FirstToken(kStart);
    EXPECT_EQ(latency.samples, 21u);
    EXPECT_NEAR(latency.median_ms, ms, ms * 0.125 + 0.2) << ms;
  }
}

TEST(LearnedTarget, median_is_the_middle_not_the_mean) {
  LearnedTarget learned;
  for (int i = 0; i < 60; ++i) learned.ObserveFirstToken(milliseconds(100), kStart);
  for (int i = 0; i < 40; ++i) learned.ObserveFirstToken(seconds(60), kStart);
  EXPECT_NEAR(learned.FirstToken(kStart).median_ms, 100, 15);
}

TEST(LearnedTarget, extremes_land_in_the_outer_buckets) {
  LearnedTarget learned;
  learned.ObserveFirstToken(milliseconds(-5), kStart);
  EXPECT_LE(learned.FirstToken(kStart).median_ms, 1.25f);
  LearnedTarget slow;
  slow.ObserveFirstToken(std::chrono::hours(1'000), kStart);
  EXPECT_GT(slow.FirstToken(kStart).median_ms, 1'000'000);
}

TEST(LearnedTarget, forgets_after_five_to_ten_minutes) {
  LearnedTarget learned;
  learned.ObserveFirstToken(milliseconds(100), kStart);
  EXPECT_EQ(learned.FirstToken(kStart + minutes(5)).samples, 1u);
  EXPECT_EQ(learned.FirstToken(kStart + minutes(10) - milliseconds(1)).samples, 1u);
  EXPECT_EQ(learned.FirstToken(kStart + minutes(10)).samples, 0u);

  learned.ObserveFirstToken(milliseconds(400), kStart + minutes(6));
  EXPECT_EQ(learned.FirstToken(kStart + minutes(6)).samples, 2u) << "both halves count";
  learned.ObserveFirstToken(milliseconds(900), kStart + minutes(12));
  const LearnedTarget::Latency latency = learned.FirstToken(kStart + minutes(12));
  EXPECT_EQ(latency.samples, 2u) << "the first half was emptied for the third";
  EXPECT_GT(latency.median_ms, 300);
}

TEST(LearnedTarget, a_late_sample_does_not_empty_a_newer_half) {
  LearnedTarget learned;
  learned.ObserveFirstToken(milliseconds(100), kStart + minutes(10));
  learned.ObserveFirstToken(milliseconds(900), kStart);
  EXPECT_EQ(learned.FirstToken(kStart + minutes(10)).samples, 1u);
}

TEST(LearnedTarget, workers_share_it) {
  LearnedTarget learned;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&learned] {
      for (int i = 0; i < 5'000; ++i) {
        const auto now = kStart + seconds(i);
        learned.ObserveFirstToken(milliseconds(200), now);
        learned.ObserveTokens(2'000, 500, 300, Class::kBatch);
        const LearnedTarget::Latency latency = learned.FirstToken(now);
        if (latency.samples > 0 && (latency.median_ms < 150 || latency.median_ms > 260)) {
          ADD_FAILURE() << latency.median_ms;
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_NEAR(learned.TokensPerByte(), 0.25f, 0.001f);
  EXPECT_NEAR(learned.ExpectedOutputTokens(Class::kBatch), 300, 1);
}

}  // namespace
}  // namespace headgate::routing

#include "routing/decide/learned.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>
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

TEST(LearnedTarget, the_cached_share_is_that_of_all_input_tokens) {
  LearnedTarget learned;
  EXPECT_EQ(learned.CachedShare(), 0);
  learned.ObserveCached(100, 0);
  learned.ObserveCached(900, 500);
  EXPECT_FLOAT_EQ(learned.CachedShare(), 0.5f);
  for (int i = 0; i < 1'000; ++i) learned.ObserveCached(400, 300);
  EXPECT_NEAR(learned.CachedShare(), 0.75f, 0.001f);
  for (const auto& [input, cached] : {std::pair(0, 0), std::pair(10, 11), std::pair(10, -1)}) {
    learned.ObserveCached(input, cached);
  }
  EXPECT_NEAR(learned.CachedShare(), 0.75f, 0.001f) << "impossible figures are ignored";
}

TEST(LearnedTarget, output_tokens_by_class_after_eight_answers) {
  LearnedTarget learned;
  for (int i = 1; i <= 8; ++i) {
    EXPECT_EQ(learned.ExpectedOutputTokens(Class::kCode), 0) << i;
    learned.ObserveTokens(0, 0, 100L * i, Class::kCode);
  }
  EXPECT_NEAR(learned.ExpectedOutputTokens(Class::kCode), 450, 0.01);
  EXPECT_EQ(learned.ExpectedOutputTokens(Class::kGeneral), 0);
  for (int i = 0; i < 1'000; ++i) learned.ObserveTokens(0, 0, 20, Class::kCode);
  EXPECT_NEAR(learned.ExpectedOutputTokens(Class::kCode), 20, 0.1);
}

TEST(LearnedTarget, a_whole_answer_may_take_three_times_the_usual) {
  LearnedTarget target;
  for (int i = 0; i < 100; ++i) {
    target.ObserveTokens(400, 100, 500, Class::kGeneral);
    target.ObservePace(seconds(10), 500);
  }
  const auto longest = target.LongestGeneration(Class::kGeneral);
  EXPECT_NEAR(std::chrono::duration<double>(longest).count(), 30, 1);
  for (int i = 0; i < 1000; ++i) target.ObservePace(milliseconds(5), 500);
  EXPECT_EQ(target.LongestGeneration(Class::kGeneral), seconds(5));
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

TEST(LearnedTarget, p95_is_what_one_in_twenty_exceeds) {
  LearnedTarget learned;
  for (int i = 0; i < 94; ++i) learned.ObserveFirstToken(milliseconds(100), kStart);
  for (int i = 0; i < 6; ++i) learned.ObserveFirstToken(seconds(8), kStart);
  EXPECT_NEAR(learned.FirstToken(kStart).p95_ms, 8'000, 1'000);
  EXPECT_NEAR(learned.FirstToken(kStart).median_ms, 100, 12.5);
  for (int i = 0; i < 100; ++i) learned.ObserveFirstToken(milliseconds(100), kStart);
  EXPECT_NEAR(learned.FirstToken(kStart).p95_ms, 100, 25) << "now only 3 of 100 are slow";
}

TEST(LearnedTarget, p95_is_within_a_quarter_of_one_value) {
  for (const int samples : {1, 2, 19, 20, 1'000}) {
    for (const int ms : {2, 40, 999, 60'000}) {
      LearnedTarget learned;
      for (int i = 0; i < samples; ++i) learned.ObserveFirstToken(milliseconds(ms), kStart);
      const LearnedTarget::Latency latency = learned.FirstToken(kStart);
      EXPECT_NEAR(latency.p95_ms, ms, ms * 0.25) << samples;
      EXPECT_GE(latency.p95_ms, latency.median_ms) << samples;
    }
  }
}

TEST(LearnedTarget, p95_lies_in_either_half_of_the_window) {
  LearnedTarget learned;
  for (int i = 0; i < 50; ++i) learned.ObserveFirstToken(seconds(2), kStart);
  for (int i = 0; i < 50; ++i) learned.ObserveFirstToken(milliseconds(50), kStart + minutes(5));
  EXPECT_NEAR(learned.FirstToken(kStart + minutes(6)).p95_ms, 2'000, 500);
  EXPECT_NEAR(learned.FirstToken(kStart + minutes(10)).p95_ms, 50, 12.5) << "the first is gone";
}

TEST(LearnedTarget, errors_are_a_share_of_attempts) {
  LearnedTarget learned;
  EXPECT_EQ(learned.Attempts(kStart).samples, 0u);
  EXPECT_EQ(learned.Attempts(kStart).rate, 0);
  for (int i = 0; i < 40; ++i) learned.ObserveAttempt(i % 4 == 0, kStart);
  EXPECT_EQ(learned.Attempts(kStart).samples, 40u);
  EXPECT_FLOAT_EQ(learned.Attempts(kStart).rate, 0.25f);
  for (int i = 0; i < 60; ++i) learned.ObserveAttempt(true, kStart + minutes(5));
  EXPECT_EQ(learned.Attempts(kStart + minutes(5)).samples, 100u) << "both halves";
  EXPECT_FLOAT_EQ(learned.Attempts(kStart + minutes(5)).rate, 0.7f);
  EXPECT_FLOAT_EQ(learned.Attempts(kStart + minutes(10)).rate, 1);
  EXPECT_EQ(learned.Attempts(kStart + minutes(15)).samples, 0u);
  EXPECT_EQ(learned.FirstToken(kStart).samples, 0u) << "an attempt is not a first token";
}

TEST(LearnedTarget, first_tokens_and_attempts_rotate_together) {
  LearnedTarget learned;
  for (int i = 0; i < 30; ++i) learned.ObserveAttempt(true, kStart);
  learned.ObserveFirstToken(milliseconds(100), kStart + minutes(10));
  EXPECT_EQ(learned.Attempts(kStart + minutes(10)).samples, 0u);
  EXPECT_EQ(learned.FirstToken(kStart + minutes(10)).samples, 1u);
}

TEST(LearnedTarget, pace_is_the_time_between_tokens) {
  LearnedTarget learned;
  EXPECT_EQ(learned.MsPerOutputToken(), 0);
  learned.ObservePace(milliseconds(500), 1);  // a single token has no gap
  learned.ObservePace(milliseconds(0), 100);  // not streamed
  learned.ObservePace(milliseconds(-5), 100);
  learned.ObservePace(milliseconds(5), -1);
  EXPECT_EQ(learned.MsPerOutputToken(), 0);
  learned.ObservePace(milliseconds(1'000), 101);
  EXPECT_FLOAT_EQ(learned.MsPerOutputToken(), 10);
  learned.ObservePace(milliseconds(7'400), 101);
  EXPECT_FLOAT_EQ(learned.MsPerOutputToken(), 11);
  for (int i = 0; i < 1'000; ++i) learned.ObservePace(seconds(3), 101);
  EXPECT_NEAR(learned.MsPerOutputToken(), 30, 0.1);
}

TEST(LearnedTarget, custom_classes_have_averages_of_their_own) {
  LearnedTarget learned;
  for (int i = 0; i < 8; ++i) {
    learned.ObserveTokens(0, 0, 700, static_cast<Class>(kMaxClasses - 1));
  }
  EXPECT_NEAR(learned.ExpectedOutputTokens(static_cast<Class>(kMaxClasses - 1)), 700, 0.01);
  EXPECT_EQ(learned.ExpectedOutputTokens(Class::kGeneral), 0);
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
  workers.reserve(4);
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

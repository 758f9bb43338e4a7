#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "routing/decide/learned.h"

namespace headgate::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// The beginning of a 5-minute period.
constexpr LearnedTarget::Clock::time_point kBegun{minutes(5'000)};

// `count` streams that wait since `since`.
std::vector<std::unique_ptr<WaitingStream>> Wait(LearnedTarget& target, int count,
                                                 LearnedTarget::Clock::time_point since) {
  std::vector<std::unique_ptr<WaitingStream>> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(std::make_unique<WaitingStream>());
    streams.back()->Begin(target, since);
  }
  return streams;
}

void Age(const std::vector<std::unique_ptr<WaitingStream>>& streams,
         LearnedTarget::Clock::time_point now) {
  for (const auto& stream : streams) stream->Age(now);
}

constexpr float kFiveSeconds = 5000 / 1.25f;  // the lower bound of its bucket

TEST(WaitingStream, a_hung_target_is_slow_while_it_hangs) {
  LearnedTarget learned;
  for (int i = 0; i < 100; ++i) learned.ObserveFirstToken(milliseconds(300), kBegun);
  const auto waiting = Wait(learned, 10, kBegun);
  // Short waits show neither a fast nor a slow target.
  Age(waiting, kBegun + milliseconds(900));
  EXPECT_EQ(learned.FirstToken(kBegun).samples, 100u);
  EXPECT_EQ(learned.Silence(kBegun + milliseconds(900)), seconds(0));
  for (int ms = 1000; ms <= 5000; ms += 100) Age(waiting, kBegun + milliseconds(ms));
  const LearnedTarget::Latency latency = learned.FirstToken(kBegun + seconds(5));
  EXPECT_EQ(latency.samples, 110u);
  EXPECT_NEAR(latency.median_ms, 300, 300 / 8.0);
  EXPECT_GE(latency.p95_ms, kFiveSeconds);  // one in eleven waits
  EXPECT_LE(latency.p95_ms, 5000);
  EXPECT_GE(learned.Silence(kBegun + seconds(5)), milliseconds(4000));
  EXPECT_LE(learned.Silence(kBegun + seconds(5)), seconds(5));
}

TEST(WaitingStream, what_nobody_has_answered_yet_is_known_to_be_late_without_any_answer) {
  LearnedTarget learned;
  const auto waiting = Wait(learned, 30, kBegun);
  Age(waiting, kBegun + seconds(5));
  const LearnedTarget::Latency latency = learned.FirstToken(kBegun + seconds(5));
  EXPECT_EQ(latency.samples, 30u);
  EXPECT_GE(latency.median_ms, kFiveSeconds);
  EXPECT_GE(latency.p95_ms, kFiveSeconds);
}

TEST(WaitingStream, one_late_stream_among_many_moves_no_quantile_and_ends_no_silence) {
  LearnedTarget learned;
  for (int i = 0; i < 1'000; ++i) learned.ObserveFirstToken(milliseconds(300), kBegun);
  const auto late = Wait(learned, 1, kBegun);
  Age(late, kBegun + seconds(5));
  EXPECT_NEAR(learned.FirstToken(kBegun + seconds(5)).p95_ms, 300, 300 / 8.0);
  EXPECT_GT(learned.Silence(kBegun + seconds(5)), seconds(0));
  // Other requests are answered, so the request is slow, not the target.
  WaitingStream quick;
  quick.Begin(learned, kBegun + seconds(4));
  quick.FirstToken(kBegun + milliseconds(4'500));
  EXPECT_EQ(learned.Silence(kBegun + seconds(5)), seconds(0));
}

TEST(WaitingStream, ends_with_what_it_has_shown) {
  LearnedTarget learned;
  const auto now = kBegun + seconds(5);
  const auto came = Wait(learned, 10, kBegun);
  const auto given_up = Wait(learned, 10, kBegun);
  const auto failed = Wait(learned, 10, kBegun);
  for (const auto* streams : {&came, &given_up, &failed}) Age(*streams, kBegun + seconds(3));
  EXPECT_EQ(learned.FirstToken(now).samples, 30u);
  for (const auto& stream : came) stream->FirstToken(now);
  for (const auto& stream : given_up) stream->GiveUp(now);
  for (const auto& stream : failed) stream->Stop();
  const LearnedTarget::Latency latency = learned.FirstToken(now);
  EXPECT_EQ(latency.samples, 20u);
  EXPECT_NEAR(latency.median_ms, 5000, 5000 / 4.0);
  EXPECT_GE(latency.p95_ms, kFiveSeconds);  // half of them would have come later
  EXPECT_EQ(learned.Silence(now), seconds(0));
  // Ending twice changes nothing.
  for (const auto& stream : came) stream->GiveUp(now);
  EXPECT_EQ(learned.FirstToken(now).samples, 20u);
}

TEST(WaitingStream, an_answer_that_is_not_streamed_may_take_its_time) {
  LearnedTarget target;
  for (int i = 0; i < 25; ++i) target.ObserveFirstToken(milliseconds(20), kBegun);
  EXPECT_EQ(target.LongestGeneration(Class::kGeneral), seconds(30));  // nothing was measured
  std::vector<std::unique_ptr<WaitingStream>> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(std::make_unique<WaitingStream>());
    waiting.back()->Begin(target, kBegun, seconds(30));
  }
  Age(waiting, kBegun + seconds(30));
  EXPECT_LT(target.FirstToken(kBegun + seconds(30)).median_ms, 30);
  EXPECT_EQ(target.Silence(kBegun + seconds(30)), seconds(0));
  Age(waiting, kBegun + seconds(40));
  EXPECT_GE(target.FirstToken(kBegun + seconds(40)).median_ms, 8'000);
  EXPECT_GE(target.Silence(kBegun + seconds(40)), seconds(8));
  // The first token of a stream does not measure whole answers; only a whole answer does.
  WaitingStream stream;
  stream.Begin(target, kBegun);
  stream.FirstToken(kBegun + seconds(41));
  EXPECT_GE(target.Silence(kBegun + seconds(41)), seconds(8));
  waiting.back()->Answered(kBegun + seconds(41));
  EXPECT_LE(target.Silence(kBegun + seconds(41)), seconds(1));
}

TEST(WaitingStream, a_client_that_leaves_at_once_says_nothing) {
  LearnedTarget learned;
  for (const auto& stream : Wait(learned, 10, kBegun)) stream->GiveUp(kBegun + milliseconds(200));
  EXPECT_EQ(learned.FirstToken(kBegun).samples, 0u);
}

TEST(WaitingStream, can_be_counted_by_many_workers) {
  LearnedTarget learned;
  const auto work = [&learned] {
    for (int i = 0; i < 2'000; ++i) {
      WaitingStream stream;
      stream.Begin(learned, kBegun);
      for (int s = 0; s < 8; ++s) stream.Age(kBegun + seconds(s));
      learned.FirstToken(kBegun);
      learned.Silence(kBegun + seconds(8));
      if (i % 2 == 0) stream.FirstToken(kBegun + seconds(8));
    }
  };
  std::vector<std::thread> workers;
  workers.reserve(4);
  for (int i = 0; i < 4; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(learned.FirstToken(kBegun).samples, 4'000u);
  EXPECT_EQ(learned.Silence(kBegun + seconds(8)), seconds(0));
}

}  // namespace
}  // namespace headgate::routing

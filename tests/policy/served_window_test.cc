#include "policy/money/served_window.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace headgate::policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
constexpr ServedWindow::Clock::time_point kBegan{};
constexpr RentMeter::AttoUsd kAttoPerDollar = 1'000'000'000'000'000'000;

// $2 an hour, of which a quarter is used.
ServedWindow::Rent RentAfter(ServedWindow::Clock::duration time) {
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  const RentMeter::AttoUsd accrued = 2 * kAttoPerDollar / 3'600'000 * (nanoseconds / 1'000'000);
  return {accrued, accrued / 4};
}

// 300 tokens are served in every minute: 200 of input, of which 50 were cached, and 100 of output.
void Serve(ServedWindow& window, int from_minute, int to_minute) {
  for (int minute = from_minute; minute < to_minute; ++minute) {
    window.Sample(RentAfter(minutes(minute)), kBegan + minutes(minute));
    window.Add({.input = 200, .cached_input = 50, .output = 100});
  }
}

TEST(ServedWindow, knows_nothing_before_its_first_sample) {
  ServedWindow window;
  EXPECT_FALSE(window.Over(minutes(5), {}, kBegan));
  window.Sample({}, kBegan);
  EXPECT_FALSE(window.Over(minutes(5), {}, kBegan)) << "no time has passed";
  EXPECT_TRUE(window.Over(minutes(5), {}, kBegan + seconds(1)));
}

TEST(ServedWindow, counts_what_was_served_since_then) {
  ServedWindow window;
  Serve(window, 0, 120);
  const auto now = kBegan + minutes(119) + seconds(30);
  const auto span = window.Over(minutes(5), RentAfter(now - kBegan), now);
  ASSERT_TRUE(span);
  EXPECT_DOUBLE_EQ(span->time.count(), 330) << "from the sample before";
  EXPECT_EQ(span->tokens.input, 6 * 200);
  EXPECT_EQ(span->tokens.cached_input, 6 * 50);
  EXPECT_EQ(span->tokens.output, 6 * 100);
  const auto hour = window.Over(hours(1), RentAfter(now - kBegan), now);
  ASSERT_TRUE(hour);
  EXPECT_EQ(hour->tokens.input, 61 * 200);
  const auto day = window.Over(hours(24), RentAfter(now - kBegan), now);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->tokens.input, 120 * 200) << "since the start";
}

TEST(ServedWindow, forgets_what_is_older_than_a_day) {
  ServedWindow window;
  Serve(window, 0, 3 * 24 * 60);
  const auto now = kBegan + minutes(3 * 24 * 60);
  const auto day = window.Over(hours(24), RentAfter(now - kBegan), now);
  ASSERT_TRUE(day);
  EXPECT_DOUBLE_EQ(day->time.count(), 24 * 3600);
  EXPECT_EQ(day->tokens.output, 24 * 60 * 100);
}

// Two hours at $2 with 36,000 tokens, a quarter of the rent used: $4 / 0.036M = $111.11 for 1M. At
// $1 for 1M input, $0.10 cached and $4 output they cost elsewhere
// 18,000 * 1 + 6,000 * 0.1 + 12,000 * 4 = 66,600 millionths of a dollar, so $48 of rent a day are
// the bill of 48 / 0.0666 * 36,000 tokens.
TEST(ServedWindow, says_what_the_rent_is_worth) {
  ServedWindow window;
  Serve(window, 0, 120);
  const auto now = kBegan + hours(2);
  const auto span = window.Over(hours(24), RentAfter(hours(2)), now);
  ASSERT_TRUE(span);
  EXPECT_NEAR(*UtilisationOf(*span), 0.25, 1e-12);
  EXPECT_NEAR(*EffectivePriceOf(*span), 4 / 0.036, 1e-6);
  config::Prices prices;
  prices.standard = {
      .input = kNanoPerUsd, .cached_input = kNanoPerUsd / 10, .output = 4 * kNanoPerUsd};
  prices.context_tiers = {{.above = 1000, .row = {.input = 9, .output = 9}}};
  prices.per_request = kNanoPerUsd;
  EXPECT_EQ(BillElsewhere(*span, prices, 0), 66'600'000);
  EXPECT_NEAR(*BreakEvenTokensPerDay(*span, prices, 0, 48 * kNanoPerUsd), 48 / 0.0666 * 36'000, 1);
  prices.hours = {{{60, 120}, {}, config::kWholePrice / 2}};
  EXPECT_EQ(BillElsewhere(*span, prices, 3600), 33'300'000) << "at half price";
}

TEST(ServedWindow, says_nothing_without_tokens_or_rent) {
  ServedWindow window;
  window.Sample({}, kBegan);
  const auto span = window.Over(hours(1), {}, kBegan + minutes(10));
  ASSERT_TRUE(span);
  EXPECT_FALSE(UtilisationOf(*span));
  EXPECT_FALSE(EffectivePriceOf(*span));
  EXPECT_FALSE(BreakEvenTokensPerDay(*span, {}, 0, kNanoPerUsd));
  EXPECT_EQ(BillElsewhere(*span, {}, 0), 0);
}

TEST(ServedWindow, counts_tokens_of_all_threads) {
  ServedWindow window;
  window.Sample({}, kBegan);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) window.Add({.input = 2, .output = 1});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto span = window.Over(hours(1), {}, kBegan + minutes(1));
  ASSERT_TRUE(span);
  EXPECT_EQ(span->tokens.input, 80'000);
  EXPECT_EQ(span->tokens.output, 40'000);
}

}  // namespace
}  // namespace headgate::policy

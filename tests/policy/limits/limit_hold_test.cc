#include "policy/limits/limit_hold.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/config.h"
#include "policy/limits/limit_table.h"

namespace headgate::policy {
namespace {

using namespace std::chrono_literals;
constexpr LimitHold::Clock::time_point kBegin{1'000'000s};

config::RateLimits Limits(int requests, std::int64_t tokens, int in_flight) {
  config::RateLimits limits;
  if (requests > 0) limits.requests_per_minute = requests;
  if (tokens > 0) limits.tokens_per_minute = tokens;
  if (in_flight > 0) limits.in_flight = in_flight;
  return limits;
}

config::Config Company(const config::RateLimits& key, const config::RateLimits& team,
                       const config::RateLimits& route) {
  config::Config config;
  for (const char* const name : {"web", "app"}) {
    config::Key& added = config.keys.emplace_back();
    added.name = name;
    added.team = "search";
    added.limits = key;
  }
  config.teams.emplace_back().name = "search";
  config.teams.back().limits = team;
  config.routes.emplace_back().name = "chat";
  config.routes.back().limits = route;
  return config;
}

// Returns how many of `count` requests pass that never end.
int Passing(const LimitedBy& subjects, std::int64_t tokens, int count,
            std::vector<LimitHold>& holds) {
  int passing = 0;
  for (int i = 0; i < count; ++i) {
    LimitHold hold;
    if (hold.Take(subjects, tokens, kBegin)) continue;
    ++passing;
    holds.push_back(std::move(hold));
  }
  return passing;
}

TEST(LimitHold, each_limit_of_each_subject_holds) {
  const config::RateLimits none;
  for (const config::RateLimits& ten : {Limits(10, 0, 0), Limits(0, 70, 0), Limits(0, 0, 10)}) {
    for (const config::Config& config :
         {Company(ten, none, none), Company(none, ten, none), Company(none, none, ten),
          Company(Limits(20, 0, 0), ten, Limits(15, 0, 0))}) {
      const LimitTable table(config, nullptr, kBegin);
      std::vector<LimitHold> holds;
      EXPECT_EQ(Passing(table.Of(0, 0), 7, 1000, holds), 10);
    }
  }
}

TEST(LimitHold, takes_all_or_nothing) {
  const LimitTable table(Company(Limits(100, 1000, 100), Limits(3, 0, 0), {}), nullptr, kBegin);
  const LimitedBy subjects = table.Of(0, 0);
  std::vector<LimitHold> holds;
  EXPECT_EQ(Passing(subjects, 10, 50, holds), 3);
  EXPECT_EQ(subjects[0]->requests.Remaining(kBegin), 97);
  EXPECT_EQ(subjects[0]->tokens.Remaining(kBegin), 970);
  EXPECT_EQ(subjects[0]->in_flight(), 3);
}

TEST(LimitHold, keys_share_the_limit_of_their_team) {
  const LimitTable table(Company(Limits(7, 0, 0), Limits(10, 0, 0), {}), nullptr, kBegin);
  std::vector<LimitHold> holds;
  EXPECT_EQ(Passing(table.Of(0, 0), 1, 50, holds), 7);
  EXPECT_EQ(Passing(table.Of(1, 0), 1, 50, holds), 3);
}

TEST(LimitHold, its_end_gives_the_place_back_and_nothing_else) {
  const LimitTable table(Company(Limits(10, 0, 1), {}, {}), nullptr, kBegin);
  const LimitedBy subjects = table.Of(0, 0);
  {
    LimitHold hold;
    EXPECT_FALSE(hold.Take(subjects, 1, kBegin));
    LimitHold other;
    EXPECT_TRUE(other.Take(subjects, 1, kBegin));
    const LimitHold moved = std::move(hold);
    EXPECT_EQ(subjects[0]->in_flight(), 1);
  }
  EXPECT_EQ(subjects[0]->in_flight(), 0);
  EXPECT_EQ(subjects[0]->requests.Remaining(kBegin), 9);
}

TEST(LimitHold, settles_the_tokens_that_were_used) {
  const LimitTable table(Company(Limits(0, 1000, 0), {}, {}), nullptr, kBegin);
  const LimitedBy subjects = table.Of(0, 0);
  LimitHold hold;
  EXPECT_FALSE(hold.Take(subjects, 600, kBegin));
  hold.Settle(100, kBegin);
  EXPECT_EQ(subjects[0]->tokens.Remaining(kBegin), 900);
  LimitHold other;
  EXPECT_FALSE(other.Take(subjects, 100, kBegin));
  other.Settle(400, kBegin);
  EXPECT_EQ(subjects[0]->tokens.Remaining(kBegin), 500);
}

TEST(LimitHold, names_the_limit_that_keeps_a_request_longest) {
  const LimitTable table(Company(Limits(10, 0, 0), Limits(0, 1000, 0), Limits(0, 0, 10)), nullptr,
                         kBegin);
  const LimitedBy subjects = table.Of(0, 0);
  std::vector<LimitHold> holds;
  EXPECT_EQ(Passing(subjects, 100, 100, holds), 10);
  LimitHold hold;
  const std::optional<LimitRefusal> refusal = hold.Take(subjects, 500, kBegin);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->subject->owner(), LimitOwner::kTeam);
  EXPECT_EQ(refusal->subject->name(), "search");
  EXPECT_EQ(refusal->kind, LimitKind::kTokens);
  EXPECT_EQ(refusal->limit, 1000);
  EXPECT_EQ(refusal->wait, 30s);
  EXPECT_FALSE(refusal->Never());
  const std::optional<LimitRefusal> too_large = hold.Take(subjects, 1001, kBegin);
  ASSERT_TRUE(too_large);
  EXPECT_TRUE(too_large->Never());
}

TEST(LimitHold, tells_the_scarcest_of_its_limits) {
  const LimitTable table(Company(Limits(100, 0, 0), Limits(10, 5000, 0), {}), nullptr, kBegin);
  LimitHold hold;
  EXPECT_FALSE(hold.Take(table.Of(0, 0), 1000, kBegin));
  const std::optional<LimitStanding> requests = hold.Requests(kBegin);
  ASSERT_TRUE(requests);
  EXPECT_EQ(requests->limit, 10);
  EXPECT_EQ(requests->remaining, 9);
  EXPECT_EQ(requests->full_in, 6s);
  const std::optional<LimitStanding> tokens = hold.Tokens(kBegin);
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->remaining, 4000);
  EXPECT_FALSE(LimitHold().Tokens(kBegin));
}

TEST(LimitTable, a_reload_keeps_what_was_taken_by_name) {
  const LimitTable first(Company(Limits(10, 0, 0), {}, {}), nullptr, kBegin);
  std::vector<LimitHold> holds;
  EXPECT_EQ(Passing(first.Of(0, 0), 1, 8, holds), 8);
  config::Config changed = Company(Limits(12, 0, 0), {}, {});
  std::swap(changed.keys[0], changed.keys[1]);
  const LimitTable second(changed, &first, kBegin);
  EXPECT_EQ(first.Of(0, 0)[0]->requests.limit(), 10);  // it may still be discarded
  second.PutInForce(kBegin);
  EXPECT_EQ(Passing(second.Of(1, 0), 1, 50, holds), 4);
  EXPECT_EQ(Passing(second.Of(0, 0), 1, 50, holds), 12);
}

TEST(LimitTable, who_has_no_limit_is_in_no_list) {
  const LimitTable table(Company({}, {}, {}), nullptr, kBegin);
  EXPECT_TRUE(table.Of(0, 0).empty());
  EXPECT_TRUE(table.Of(std::nullopt, 0).empty());
}

TEST(LimitHold, threads_together_pass_exactly_the_smallest_limit) {
  constexpr int kThreads = 8;
  const LimitTable table(Company(Limits(20, 0, 0), Limits(10, 0, 0), Limits(15, 0, 12)), nullptr,
                         kBegin);
  std::atomic<int> passed{0};
  std::vector<std::vector<LimitHold>> holds(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::vector<LimitHold>& own : holds) {
    threads.emplace_back([&] { passed += Passing(table.Of(0, 0), 1, 125, own); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 10);
}

}  // namespace
}  // namespace headgate::policy

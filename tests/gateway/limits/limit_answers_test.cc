#include "gateway/limits/limit_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;
using policy::LimitKind;
using policy::LimitOwner;
using testing::HasSubstr;

TEST(GoDuration, is_what_clients_of_openai_read) {
  struct Case {
    std::chrono::nanoseconds time;
    std::string_view text;
  };
  for (const Case& one : {Case{0ns, "0s"}, Case{1ns, "1ms"}, Case{12ms, "12ms"},
                          Case{999'000'001ns, "1s"}, Case{1s, "1s"}, Case{1500ms, "1.5s"},
                          Case{6010ms, "6.01s"}, Case{6min, "6m0s"}, Case{61'005ms, "1m1.005s"}}) {
    EXPECT_EQ(GoDuration(one.time), one.text);
  }
}

TEST(LimitError, names_the_limit_and_whose_it_is) {
  const policy::LimitedSubject team(LimitOwner::kTeam, "search");
  const ClientError error = LimitError(
      {.subject = &team, .kind = LimitKind::kTokens, .limit = 1000, .wanted = 500, .wait = 1200ms});
  EXPECT_EQ(error.status, 429);
  EXPECT_EQ(error.code, "rate_limit_exceeded");
  EXPECT_EQ(error.message,
            "The limit of team search is reached: 1000 tokens in a minute. Try again in 1.2s.");
  EXPECT_EQ(error.retry_after_s, 2);
  EXPECT_FALSE(error.never_retry);
}

TEST(LimitError, a_place_is_free_when_a_request_ends) {
  const policy::LimitedSubject key(LimitOwner::kKey, "web");
  const ClientError error =
      LimitError({.subject = &key, .kind = LimitKind::kInFlight, .limit = 1, .wait = 0ns});
  EXPECT_EQ(error.message,
            "The limit of key web is reached: 1 request at once. Try again when another request "
            "has ended.");
  EXPECT_EQ(error.retry_after_s, 1);
}

TEST(LimitError, a_request_that_is_too_large_is_not_tried_again) {
  const policy::LimitedSubject route(LimitOwner::kRoute, "chat");
  const ClientError error = LimitError(
      {.subject = &route, .kind = LimitKind::kTokens, .limit = 1000, .wanted = 1001, .wait = 100h});
  EXPECT_THAT(error.message, HasSubstr("expected to take 1001 tokens: make it shorter"));
  EXPECT_TRUE(error.never_retry);
  EXPECT_FALSE(error.retry_after_s);
}

TEST(BudgetError, is_what_clients_do_not_retry_unless_only_calls_that_run_are_in_the_way) {
  config::Budget budget;
  budget.scope = {.team = "search"};
  policy::BudgetRefusal refusal{.limit = 100, .most = 30, .spent = 80, .reserved = 10, .calls = 1};
  const ClientError spent = BudgetError(budget, refusal, {});
  EXPECT_EQ(spent.status, 429);
  EXPECT_EQ(spent.code, "insufficient_quota");
  EXPECT_TRUE(spent.never_retry);
  EXPECT_FALSE(spent.retry_after_s);
  EXPECT_THAT(spent.message, HasSubstr("Budget team=search (month, UTC) has"));
  refusal.spent = 60;
  const ClientError waits = BudgetError(budget, refusal, {});
  EXPECT_EQ(waits.status, 429);
  EXPECT_EQ(waits.code, "rate_limit_exceeded");
  EXPECT_EQ(waits.type, "rate_limit_error");
  EXPECT_FALSE(waits.never_retry);
  EXPECT_EQ(waits.retry_after_s, 1);
}

TEST(AppendLimitFields, writes_whole_lines_of_the_limits_that_there_are) {
  std::string out;
  AppendLimitFields({}, {}, out);
  EXPECT_EQ(out, "");
  AppendLimitFields(policy::LimitStanding{.limit = 600, .remaining = 599, .full_in = 100ms}, {},
                    out);
  EXPECT_EQ(out,
            "x-ratelimit-limit-requests: 600\r\n"
            "x-ratelimit-remaining-requests: 599\r\n"
            "x-ratelimit-reset-requests: 100ms\r\n");
}

}  // namespace
}  // namespace headgate::gateway

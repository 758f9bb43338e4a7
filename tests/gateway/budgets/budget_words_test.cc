#include "gateway/budgets/budget_words.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::gateway {
namespace {

constexpr NanoUsd kCents = kNanoPerUsd / 100;
constexpr std::int64_t kEndOfNovember = 1'796'079'600'000;  // 2026-12-01T00:00+01:00

config::Budget BudgetOfBud() {
  config::Budget budget;
  budget.scope = {.team = "bud"};
  budget.zone = "Europe/Berlin";
  return budget;
}

TEST(PeopleUsd, shows_the_digits_that_count) {
  struct Case {
    NanoUsd amount;
    Rounding rounding;
    const char* text;
  };
  for (const Case& one :
       {Case{0, Rounding::kUp, "$0.00"}, Case{30 * kCents, Rounding::kDown, "$0.30"},
        Case{21'876'550, Rounding::kDown, "$0.0218"}, Case{21'876'550, Rounding::kUp, "$0.0219"},
        Case{21'876'550, Rounding::kExact, "$0.02187655"}, Case{1, Rounding::kDown, "$0.000000001"},
        Case{500'000, Rounding::kExact, "$0.0005"}, Case{999'999'999, Rounding::kUp, "$1.00"},
        Case{401'205'000'000, Rounding::kDown, "$401.20"},
        Case{401'205'000'000, Rounding::kUp, "$401.21"},
        Case{1'500'000, Rounding::kDown, "$0.0015"}}) {
    EXPECT_EQ(PeopleUsd(one.amount, one.rounding), one.text);
  }
}

TEST(RefusalText, says_that_calls_that_run_are_in_the_way) {
  const policy::BudgetRefusal refusal{
      .limit = 100 * kCents, .most = 35 * kCents, .reserved = 70 * kCents, .calls = 2};
  EXPECT_EQ(RefusalText(BudgetOfBud(), refusal, {}),
            "Budget team=bud: $0.30 of $1.00 is free, this request may cost $0.35, and $0.70 is "
            "reserved by 2 running calls. Try again when they have ended.");
}

TEST(RefusalText, says_what_is_left_until_when_and_what_helps) {
  policy::BudgetRefusal refusal{.limit = 500 * kCents,
                                .most = 6 * kCents,
                                .spent = 498 * kCents,
                                .window = {.begin = 0, .end = kEndOfNovember}};
  const std::string left =
      "Budget team=bud (month, Europe/Berlin) has $0.02 of $5.00 left and this request may cost up "
      "to $0.06. It begins anew at 2026-12-01T00:00+01:00.";
  EXPECT_EQ(RefusalText(BudgetOfBud(), refusal, {}),
            left + " Ask the operator of this gateway for more.");
  EXPECT_EQ(RefusalText(BudgetOfBud(), refusal, {.less_output_helps = true, .still_answered = {}}),
            left + " Ask for fewer tokens of output.");
  refusal.limit = kCents / 20;
  refusal.spent = 0;
  EXPECT_EQ(
      RefusalText(BudgetOfBud(), refusal, {}),
      "Budget team=bud (month, Europe/Berlin) is $0.0005 in all, and this request may cost up "
      "to $0.06. Ask the operator of this gateway for more.");
}

TEST(RefusalText, names_what_still_answers) {
  config::Budget budget = BudgetOfBud();
  budget.scope = {};
  budget.when_spent = config::WhenSpent::kSelfHostedOnly;
  const policy::BudgetRefusal refusal{.limit = 500 * kCents,
                                      .most = 1,
                                      .spent = 501 * kCents,
                                      .window = {.begin = 0, .end = kEndOfNovember}};
  EXPECT_EQ(
      RefusalText(budget, refusal,
                  {.less_output_helps = false, .still_answered = {"qwen-2.5-32b", "or auto"}}),
      "The budget of all requests (month, Europe/Berlin) is spent: $5.01 of $5.00. It begins anew "
      "at "
      "2026-12-01T00:00+01:00. Self-hosted models still answer: qwen-2.5-32b, or auto.");
}

}  // namespace
}  // namespace headgate::gateway

#include "gateway/accounting/reported_usage.h"

#include <gtest/gtest.h>

#include <optional>

namespace headgate::gateway {
namespace {

using backends::ReportedTokens;

constexpr UsageEstimate kEstimate{.input = 40, .output = 25};
constexpr UsageEstimate kNoText{.input = 40, .output = 0};

struct UsageCase {
  const char* name;
  std::optional<ReportedTokens> reported;
  UsageEstimate estimate;
  bool generates = true;
  std::int64_t input = 0;
  std::int64_t output = 0;
  bool exact = false;
  bool learned = false;
};

TEST(BookUsageTest, BooksEachSideAsReportedOrElseAsEstimated) {
  const ReportedTokens whole{.input = 9, .output = 2};
  const ReportedTokens doubtful{.input = 9, .output = 2, .consistent = false};
  const ReportedTokens no_input{.output = 2, .consistent = false};
  const ReportedTokens no_output{.input = 9, .output_said = false};
  const ReportedTokens of_a_total{.input = 9, .output = 2, .output_said = false};
  const ReportedTokens zero_output{.input = 9};
  const UsageCase cases[] = {
      {"both_sides", whole, kEstimate, true, 9, 2, true, true},
      {"nothing", std::nullopt, kEstimate, true, 40, 25, false, false},
      {"nothing_and_no_text", std::nullopt, kNoText, true, 40, 0, false, false},
      {"figures_that_disagree", doubtful, kEstimate, true, 9, 2, false, true},
      {"no_input", no_input, kEstimate, true, 40, 2, false, false},
      {"no_output", no_output, kEstimate, true, 9, 25, false, false},
      {"no_output_and_no_text", no_output, kNoText, true, 9, 0, false, false},
      {"output_of_a_total", of_a_total, kNoText, true, 9, 2, false, true},
      {"zero_output_of_an_answer_with_text", zero_output, kEstimate, true, 9, 25, false, false},
      {"zero_output_of_an_answer_without", zero_output, kNoText, true, 9, 0, true, true},
      {"embeddings", no_output, kNoText, false, 9, 0, true, true},
      {"embeddings_that_say_zero", zero_output, kNoText, false, 9, 0, true, true},
      {"embeddings_of_nothing", std::nullopt, kNoText, false, 40, 0, false, false},
  };
  for (const UsageCase& one : cases) {
    SCOPED_TRACE(one.name);
    const BookedUsage booked = BookUsage(one.reported, one.estimate, one.generates);
    EXPECT_EQ(booked.usage.input, one.input);
    EXPECT_EQ(booked.usage.output, one.output);
    EXPECT_EQ(booked.exact, one.exact);
    EXPECT_EQ(booked.learned, one.learned);
  }
}

TEST(IsPlausibleTest, DoubtsMoreThanAModelCanHold) {
  EXPECT_TRUE(IsPlausible({.input = 9, .output = 2}, 1000));
  EXPECT_TRUE(IsPlausible({.input = 1200, .output = 2}, 1000));  // a window configured too small
  EXPECT_FALSE(IsPlausible({.input = 1'000'000, .output = 2}, 1000));
  EXPECT_FALSE(IsPlausible({.input = 9, .output = 500'000'000}, 1'000'000));
  EXPECT_TRUE(IsPlausible({.input = 500'000'000}, 0));  // the context window is not known
}

}  // namespace
}  // namespace headgate::gateway

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
      {"figures_that_disagree", doubtful, kEstimate, true, 9, 2, false, false},
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

TEST(BookUsageTest, KeepsEachKind) {
  const BookedUsage booked = BookUsage(ReportedTokens{.input = 9,
                                                      .cached_input = 1,
                                                      .cache_write = 5,
                                                      .output = 2,
                                                      .reasoning = 1,
                                                      .cache_write_1h = 4,
                                                      .web_searches = 3},
                                       kEstimate, true);
  EXPECT_EQ(booked.usage.cached_input, 1);
  EXPECT_EQ(booked.usage.cache_write, 5);
  EXPECT_EQ(booked.usage.cache_write_1h, 4);
  EXPECT_EQ(booked.usage.reasoning, 1);
  EXPECT_EQ(booked.usage.web_searches, 3);
}

TEST(TierOfTest, TheAnswerNamesTheTier) {
  using Tier = policy::ServiceTier;
  struct TierCase {
    backends::AnswerUsage usage;
    Tier tier;
    bool known;
  };
  const auto named = [](const char* word) {
    backends::AnswerUsage usage;
    usage.service_tier = word;
    return usage;
  };
  backends::AnswerUsage fast = named("default");
  fast.fast = true;
  backends::AnswerUsage regional = named("batch");
  regional.regional = true;
  const TierCase cases[] = {
      {named(""), Tier::kStandard, true},
      {named("default"), Tier::kStandard, true},
      {named("auto"), Tier::kStandard, true},
      {named("on_demand"), Tier::kStandard, true},
      {named("scale"), Tier::kStandard, true},
      {named("flex"), Tier::kFlex, true},
      {named("priority"), Tier::kPriority, true},
      {named("batch"), Tier::kBatch, true},
      {named("ultrafast"), Tier::kStandard, false},
      {fast, Tier::kFast, true},
      {regional, Tier::kBatch, false},
  };
  for (const TierCase& one : cases) {
    const AnsweredTier tier = TierOf(one.usage);
    EXPECT_EQ(tier.tier, one.tier) << one.usage.service_tier;
    EXPECT_EQ(tier.known, one.known) << one.usage.service_tier;
  }
}

TEST(OutputUnlessReportedTest, AnOutputThatIsNotBelievedIsEstimated) {
  constexpr auto kChat = backends::ClientProtocol::kOpenAi;
  constexpr std::string_view kAnswer = R"({"choices":[{"message":{"content":"Twelve bytes"}}]})";
  backends::AnswerUsage usage;
  EXPECT_EQ(OutputUnlessReported(usage, 1000, kChat, kAnswer), 3);
  usage.tokens = ReportedTokens{.input = 9, .output = 2};
  EXPECT_EQ(OutputUnlessReported(usage, 1000, kChat, kAnswer), 0);
  usage.tokens->input = 1'000'000;
  EXPECT_EQ(OutputUnlessReported(usage, 1000, kChat, kAnswer), 3);
  usage.tokens = ReportedTokens{.input = 9, .output_said = false};
  EXPECT_EQ(OutputUnlessReported(usage, 1000, kChat, kAnswer), 3);
}

TEST(IsPlausibleTest, DoubtsMoreThanAModelCanHold) {
  EXPECT_TRUE(IsPlausible({.input = 9, .output = 2}, 1000));
  EXPECT_TRUE(IsPlausible({.input = 1200, .output = 2}, 1000));  // a window configured too small
  EXPECT_FALSE(IsPlausible({.input = 1'000'000, .output = 2}, 1000));
  EXPECT_FALSE(IsPlausible({.input = 9, .output = 500'000'000}, 1'000'000));
  EXPECT_TRUE(IsPlausible({.input = 500'000'000}, 0));  // the context window is not known
  EXPECT_TRUE(IsPlausible({.input = 9, .web_searches = 1'000}, 1000));
  EXPECT_FALSE(IsPlausible({.input = 9, .web_searches = 1'001}, 0));
}

}  // namespace
}  // namespace headgate::gateway

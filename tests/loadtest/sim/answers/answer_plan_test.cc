#include "loadtest/sim/answers/answer_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headgate::loadtest::sim {
namespace {

using Kind = AnswerPart::Kind;

class AnswerPlanTest : public testing::Test {
 protected:
  AnswerPlan Plan(CompletionRequest request, const ScriptStep* step = nullptr) {
    return PlanAnswer(request, fault_, step, replica_, "the body");
  }
  static std::string Said(PlannedPart& part) {
    std::string text;
    for (std::int64_t i = 0; i < part.pieces.tokens(); ++i) text += part.pieces.Next();
    return text;
  }

  Options options_;
  Replica replica_{options_, 1};
  Fault fault_;
};

TEST_F(AnswerPlanTest, AScriptsStepIsThinkingTextAndCalls) {
  ScriptStep step;
  step.thinking = "I think.";  // 2 tokens
  step.signature = "s";
  step.text = "I look.";  // 2 tokens
  ToolCall call;
  call.name = "patch";
  call.arguments = "12345678";  // 2 tokens, and 1 for the name
  step.calls = {call};
  CompletionRequest request;
  request.tools = {{"patch", true}};
  AnswerPlan plan = Plan(request, &step);
  ASSERT_EQ(plan.parts.size(), 3U);
  EXPECT_EQ(plan.tokens, 7);
  EXPECT_EQ(plan.reason, FinishReason::kToolCalls);
  EXPECT_EQ(plan.parts[0].part.signature, "s");
  EXPECT_EQ(Said(plan.parts[0]), "I think.");
  EXPECT_EQ(Said(plan.parts[1]), "I look.");
  EXPECT_EQ(Said(plan.parts[2]), "    12345678");
  EXPECT_TRUE(plan.parts[2].part.call.custom);
}

TEST_F(AnswerPlanTest, TheLimitCountsEveryPart) {
  const struct {
    std::int64_t limit;
    std::size_t parts;
    FinishReason reason;
  } kCases[] = {
      {1, 1, FinishReason::kLength}, {2, 1, FinishReason::kLength}, {3, 2, FinishReason::kLength},
      {4, 2, FinishReason::kStop},   {5, 2, FinishReason::kStop},
  };
  ScriptStep step;
  step.thinking = "I think.";
  step.text = "I look.";
  for (const auto& c : kCases) {
    CompletionRequest request;
    request.max_tokens = c.limit;
    const AnswerPlan plan = Plan(request, &step);
    EXPECT_EQ(plan.tokens, std::min<std::int64_t>(c.limit, 4));
    EXPECT_EQ(plan.parts.size(), c.parts) << c.limit;
    EXPECT_EQ(plan.reason, c.reason) << c.limit;
  }
}

TEST_F(AnswerPlanTest, ThinkingComesFirstAndItsSignatureFollowsFromIt) {
  fault_.thinking = 3;
  fault_.tokens = 2;
  AnswerPlan one = Plan({});
  AnswerPlan other = Plan({});
  ASSERT_EQ(one.parts.size(), 2U);
  EXPECT_EQ(one.parts[0].part.kind, Kind::kThinking);
  EXPECT_EQ(one.tokens, 5);
  EXPECT_FALSE(one.parts[0].part.signature.empty());
  EXPECT_EQ(one.parts[0].part.signature, other.parts[0].part.signature);
  EXPECT_EQ(Said(one.parts[0]), "The ferry leaves");
}

TEST_F(AnswerPlanTest, NoTokensAreNoParts) {
  fault_.tokens = 0;
  EXPECT_TRUE(Plan({}).parts.empty());
  CompletionRequest embedded;
  embedded.endpoint = Endpoint::kEmbeddings;
  EXPECT_EQ(Plan(embedded).tokens, 0);
}

}  // namespace
}  // namespace headgate::loadtest::sim

#include "backends/protocols/anthropic/parts/thinking_plan.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::backends::anthropic {
namespace {

using Mode = ThinkingRequest::Mode;

struct PlanCase {
  ThinkingRequest asked;
  bool takes_effort = true;
  std::string_view written;
  std::string_view effort;
  DroppedFields dropped;
  std::int64_t max_tokens = 40'000;
  ChatProtocol protocol = ChatProtocol::kChatCompletions;
};

void ExpectPlan(const Conversation& base, const PlanCase& row) {
  Conversation said = base;
  said.thinking = row.asked;
  said.protocol = row.protocol;
  DroppedFields dropped;
  const ThinkingPlan plan =
      PlanThinking(said, {.takes_effort = row.takes_effort}, row.max_tokens, dropped);
  std::string written;
  AppendThinking(plan, written);
  EXPECT_EQ(written, row.written);
  EXPECT_EQ(plan.effort, row.effort);
  EXPECT_EQ(dropped, row.dropped);
}

constexpr std::string_view kAdaptive = R"(,"thinking":{"type":"adaptive"})";
constexpr std::string_view kDisabled = R"(,"thinking":{"type":"disabled"})";

TEST(ThinkingPlan, OfModelsThatTakeAnEffort) {
  const PlanCase cases[] = {
      {{}, true, "", "", {}},
      {{.effort = "none"}, true, kDisabled, "", {}},
      {{.effort = "minimal"}, true, kAdaptive, "low", {}},
      {{.effort = "high"}, true, kAdaptive, "high", {}},
      {{.effort = "high", .display = "auto"},
       true,
       R"(,"thinking":{"type":"adaptive","display":"summarized"})",
       "high",
       {}},
      {{.effort = "odd"}, true, "", "", {"reasoning_effort"}},
      {{.mode = Mode::kOff, .effort = "low"}, true, kDisabled, "low", {}},
      {{.mode = Mode::kBudget, .budget_tokens = 2000, .display = "omitted"},
       true,
       R"(,"thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"})",
       "",
       {}},
      // In Messages an effort alone does not ask for thoughts.
      {{.effort = "max"}, true, "", "max", {}, 40'000, ChatProtocol::kMessages},
  };
  for (const PlanCase& row : cases) ExpectPlan({}, row);
}

TEST(ThinkingPlan, OfModelsThatTakeABudget) {
  const auto budget = [](std::string_view tokens) {
    return R"(,"thinking":{"type":"enabled","budget_tokens":)" + std::string(tokens) + "}";
  };
  const std::string low = budget("2048"), medium = budget("8192"), half = budget("1500"),
                    least = budget("1024"), below = budget("2999");
  const PlanCase cases[] = {
      {{.effort = "low"}, false, low, "", {}},
      {{.mode = Mode::kAdaptive}, false, medium, "", {}},
      {{.effort = "high"}, false, half, "", {}, 3000},
      {{.effort = "high"}, false, "", "", {"reasoning_effort"}, 2000},
      {{.mode = Mode::kBudget, .budget_tokens = 1}, false, least, "", {}},
      {{.mode = Mode::kBudget, .budget_tokens = 9000}, false, below, "", {}, 3000},
      {{.mode = Mode::kBudget, .budget_tokens = 9000}, false, "", "", {"thinking"}, 1024},
      {{.mode = Mode::kBudget, .budget_tokens = 2048, .effort = "low"},
       false,
       low,
       "",
       {"reasoning_effort"}},
      {{.effort = "max"}, false, "", "", {"output_config.effort"}, 40'000, ChatProtocol::kMessages},
  };
  for (const PlanCase& row : cases) ExpectPlan({}, row);
}

TEST(ThinkingPlan, NotWithAForcedTool) {
  Conversation said;
  said.tools = {{.name = "f"}};
  said.tool_choice = ToolChoice{ToolChoice::Mode::kRequired, ""};
  ExpectPlan(said, {{.effort = "high"}, true, "", "high", {}});
  ExpectPlan(said, {{.effort = "high"}, false, "", "", {"reasoning_effort"}});
  ExpectPlan(said, {{.mode = Mode::kAdaptive}, true, "", "", {"thinking"}});
  said.tool_choice->mode = ToolChoice::Mode::kAuto;
  ExpectPlan(said, {{.effort = "high"}, true, kAdaptive, "high", {}});
}

TEST(ThinkingPlan, NoBudgetInALoopWithoutThoughts) {
  Conversation said;
  Turn& turn = said.turns.emplace_back(Turn{TurnRole::kAssistant, {}});
  turn.parts.push_back({.kind = ContentPart::Kind::kToolCall, .name = "f", .id = "t"});
  said.turns.push_back({TurnRole::kUser, {{.kind = ContentPart::Kind::kToolResult, .id = "t"}}});
  ExpectPlan(said, {{.effort = "low"}, false, "", "", {"reasoning_effort"}});
  ExpectPlan(said, {{.effort = "low"}, true, kAdaptive, "low", {}});
  said.turns[0].parts.insert(
      said.turns[0].parts.begin(),
      {.kind = ContentPart::Kind::kThinking, .signature = {ChatProtocol::kMessages, "s"}});
  ExpectPlan(
      said,
      {{.effort = "low"}, false, R"(,"thinking":{"type":"enabled","budget_tokens":2048})", "", {}});
}

}  // namespace
}  // namespace headgate::backends::anthropic

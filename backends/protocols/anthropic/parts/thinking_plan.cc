#include "backends/protocols/anthropic/parts/thinking_plan.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::anthropic {
namespace {

using Mode = ThinkingRequest::Mode;

constexpr std::int64_t kLeastBudget = 1024;  // Anthropic's

struct EffortBudget {
  std::string_view effort;
  std::string_view written;
  std::int64_t budget_tokens;
};

// Budgets are ours: doubling steps up to what providers advise against exceeding (32,000 tokens).
constexpr std::array kEffortBudgets = {
    EffortBudget{"minimal", "low", kLeastBudget}, EffortBudget{"low", "low", 2048},
    EffortBudget{"medium", "medium", 8192},       EffortBudget{"high", "high", 16384},
    EffortBudget{"xhigh", "xhigh", 24576},        EffortBudget{"max", "max", 32000},
};

const EffortBudget* FindEffort(std::string_view effort) {
  const auto* const row = std::find_if(kEffortBudgets.begin(), kEffortBudgets.end(),
                                       [&](const EffortBudget& e) { return e.effort == effort; });
  return row == kEffortBudgets.end() ? nullptr : row;
}

bool ForcesTool(const Conversation& conversation) {
  if (conversation.tools.empty() || !conversation.tool_choice) return false;
  const ToolChoice::Mode mode = conversation.tool_choice->mode;
  return mode == ToolChoice::Mode::kRequired || mode == ToolChoice::Mode::kNamed;
}

// Returns whether the last assistant turn called tools without thoughts that can be sent back.
bool LacksThoughts(const Conversation& conversation, const BackendTraits& traits) {
  const auto turn = std::find_if(conversation.turns.rbegin(), conversation.turns.rend(),
                                 [](const Turn& t) { return t.role == TurnRole::kAssistant; });
  if (turn == conversation.turns.rend()) return false;
  const auto any = [&](auto&& is) {
    return std::any_of(turn->parts.begin(), turn->parts.end(), is);
  };
  return any([](const ContentPart& p) { return p.kind == ContentPart::Kind::kToolCall; }) &&
         !any([&](const ContentPart& p) {
           return !p.signature.text.empty() && traits.Wrote(p.signature, ChatProtocol::kMessages);
         });
}

std::string_view DisplayOf(std::string_view display) {
  if (display.empty() || display == "omitted") return display;
  return "summarized";  // OpenAI's auto, concise and detailed
}

// Fits the budget under max_tokens, which Anthropic requires. Returns false if it cannot.
bool FitBudget(bool derived, std::int64_t max_tokens, std::int64_t& budget) {
  const std::int64_t most = derived ? max_tokens / 2 : max_tokens - 1;
  budget = std::min(std::max(budget, kLeastBudget), most);
  return budget >= kLeastBudget;
}

}  // namespace

ThinkingPlan PlanThinking(const Conversation& conversation, const BackendTraits& traits,
                          std::int64_t max_tokens, DroppedFields& dropped) {
  const ThinkingRequest& asked = conversation.thinking;
  const auto drop = [&](ConversationField field) {
    dropped.emplace(FieldName(conversation.protocol, field));
  };
  ThinkingPlan plan{.mode = asked.mode, .budget_tokens = asked.budget_tokens};
  if (asked.effort == "none" && asked.mode == Mode::kUnsaid) plan.mode = Mode::kOff;
  const EffortBudget* const effort = FindEffort(asked.effort);
  const bool unknown = effort == nullptr && !asked.effort.empty() && asked.effort != "none";
  if (unknown) drop(ConversationField::kEffort);
  if (effort != nullptr && traits.takes_effort) plan.effort = effort->written;

  // In Messages an effort does not switch thinking on. In OpenAI's protocols it does, and so does a
  // client that wants to read the thoughts.
  const bool implied = asked.mode == Mode::kUnsaid && asked.effort != "none" &&
                       (effort != nullptr || !asked.display.empty()) &&
                       conversation.protocol != ChatProtocol::kMessages;
  if (implied) plan.mode = Mode::kAdaptive;
  const bool derived = plan.mode == Mode::kAdaptive && !traits.takes_effort;
  if (derived) {
    plan.mode = Mode::kBudget;
    plan.budget_tokens =
        effort != nullptr ? effort->budget_tokens : FindEffort("medium")->budget_tokens;
  } else if (effort != nullptr && !traits.takes_effort) {
    drop(ConversationField::kEffort);
  }
  const bool refused =
      plan.Thinks() &&
      (ForcesTool(conversation) ||
       (plan.mode == Mode::kBudget && (LacksThoughts(conversation, traits) ||
                                       !FitBudget(derived, max_tokens, plan.budget_tokens))));
  if (refused) {
    plan.mode = Mode::kUnsaid;
    if (!implied) drop(ConversationField::kThinkingBudget);
    if (implied && effort != nullptr && plan.effort.empty()) drop(ConversationField::kEffort);
  }
  if (plan.Thinks()) plan.display = DisplayOf(asked.display);
  return plan;
}

void AppendThinking(const ThinkingPlan& plan, std::string& out) {
  switch (plan.mode) {
    case Mode::kUnsaid:
      return;
    case Mode::kOff:
      out += R"(,"thinking":{"type":"disabled"})";
      return;
    case Mode::kAdaptive:
      out += R"(,"thinking":{"type":"adaptive")";
      break;
    case Mode::kBudget:
      out += R"(,"thinking":{"type":"enabled","budget_tokens":)";
      json::AppendInteger(plan.budget_tokens, out);
      break;
  }
  if (!plan.display.empty()) {
    out += ",\"display\":";
    json::AppendJsonString(plan.display, out);
  }
  out += '}';
}

}  // namespace headgate::backends::anthropic

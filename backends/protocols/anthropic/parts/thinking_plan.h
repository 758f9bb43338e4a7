#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// What a request says about thinking: its members `thinking` and `output_config.effort`.
struct ThinkingPlan {
  ThinkingRequest::Mode mode = ThinkingRequest::Mode::kUnsaid;
  std::int64_t budget_tokens = 0;  // with kBudget: 1024 to max_tokens - 1
  std::string_view effort;         // low, medium, high, xhigh, max; empty: not said
  std::string_view display;        // summarized, omitted; empty: not said

  bool Thinks() const {
    return mode == ThinkingRequest::Mode::kAdaptive || mode == ThinkingRequest::Mode::kBudget;
  }
};

// Plans what the backend can take of what the client said. A model that takes an effort thinks as
// much as it needs ("adaptive"); an older model gets a budget, at most half of `max_tokens`.
// Thinking is left out where Anthropic would refuse it: together with a forced tool, and with a
// budget in the middle of a tool loop whose thoughts are not there. (LiteLLM does the same.)
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking, 2026-11. Pure; thread-safe.
ThinkingPlan PlanThinking(const Conversation& conversation, const BackendTraits& traits,
                          std::int64_t max_tokens, DroppedFields& dropped);

// Appends the member `thinking` with a comma before it, if there is something to say.
void AppendThinking(const ThinkingPlan& plan, std::string& out);

}  // namespace headgate::backends::anthropic

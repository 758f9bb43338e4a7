#include "gateway/failover/resume_rule.h"

#include <array>

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// A client that is gone, a drain and the end of the request's time leave nobody to continue for.
bool IsBroken(AttemptResult result) {
  switch (result) {
    case AttemptResult::kCut:
    case AttemptResult::kStalled:
    case AttemptResult::kErrorEvent:
    case AttemptResult::kMalformed:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view ToString(NoResume reason) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "",          "not_text", "several_choices", "logprobs", "structured", "tool_call",
      "reasoning", "finished", "not_broken",      "off",      "no_target",  "too_often"};
  return kNames[static_cast<std::size_t>(reason)];
}

NoResume MayResume(const ResumeFacts& facts, backends::AttemptResult result) {
  if (!IsBroken(result)) return NoResume::kNotBroken;
  if (!facts.chat) return NoResume::kNotText;
  if (facts.choices != 1) return NoResume::kSeveralChoices;
  if (facts.logprobs) return NoResume::kLogprobs;
  if (facts.structured) return NoResume::kStructured;
  if (facts.tool_call_begun) return NoResume::kToolCall;
  if (facts.reasoning_open) return NoResume::kReasoning;
  if (facts.finished) return NoResume::kFinished;
  return NoResume::kNone;
}

}  // namespace headgate::gateway

#include "backends/protocols/openai/streamed_usage.h"

#include <optional>

#include "backends/protocols/openai/usage.h"

namespace headgate::backends::openai {

// Usage in Moonshot's or Groq's own place counts while there is no other usage.
void StreamedUsage::Learn(const AnswerFields& top, bool generated) {
  const auto whole = [](const std::optional<ReportedTokens>& usage) {
    return usage && usage->input > 0 && usage->output > 0;
  };
  const std::optional<ReportedTokens>& usage =
      top.usage.tokens ? top.usage.tokens : top.choice_tokens;
  const bool counts = top.usage.tokens || (whole(usage) && !whole(usage_.tokens));
  if (counts) MergeUsage(*usage, usage_.tokens);
  if (counts && usage->output > 0) {
    behind_ = 0;
  } else if (generated && usage_.tokens && usage_.tokens->output > 0) {
    ++behind_;
  }
  if (!top.usage.service_tier.empty()) usage_.service_tier = top.usage.service_tier;
}

AnswerUsage StreamedUsage::Usage() const {
  AnswerUsage usage = usage_;
  if (usage.tokens && behind_ > 0) {
    usage.tokens->output += behind_;
    usage.tokens->consistent = false;
  }
  return usage;
}

}  // namespace headgate::backends::openai

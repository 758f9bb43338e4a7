#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/answer_reader.h"
#include "backends/protocols/values/answer_usage.h"
#include "policy/money/cost.h"

namespace headgate::gateway {

// The step between what a backend reports and what is booked. All functions are pure.

// Estimated tokens of an attempt, used for what the backend does not report.
struct UsageEstimate {
  std::int64_t input = 0;
  std::int64_t output = 0;  // 0: the answer has no text, or reports its own usage
};

struct BookedUsage {
  policy::Usage usage;
  bool exact = false;    // else `estimated`
  bool learned = false;  // both numbers are the backend's, so they may be learned from
};

// Returns whether a target whose model holds `context` tokens (0: not known) can have used so many
// tokens. A configured window may be smaller than the real window, so several windows are believed.
inline bool IsPlausible(const backends::ReportedTokens& reported, std::int64_t context) {
  constexpr std::int64_t kWindows = 4;
  return context == 0 ||
         (reported.input <= kWindows * context && reported.output <= kWindows * context);
}

// Returns the tokens to book: for input and for output, what the backend reported or else the
// estimate. A prompt is never empty, so an input of 0 was not reported. An output of 0 is believed
// if the answer has no text (a content filter, a first token that ends it). `generates` is false
// for embeddings, which need not report an output.
inline BookedUsage BookUsage(const std::optional<backends::ReportedTokens>& reported,
                             const UsageEstimate& estimate, bool generates) {
  BookedUsage booked;
  if (!reported) {
    booked.usage.input = estimate.input;
    booked.usage.output = estimate.output;
    return booked;
  }
  const bool has_input = reported->input > 0;
  const bool has_output =
      reported->output > 0 || !generates || (reported->output_said && estimate.output == 0);
  booked.usage = {.input = has_input ? reported->input : estimate.input,
                  .cached_input = reported->cached_input,
                  .cache_write = reported->cache_write,
                  .output = has_output ? reported->output : estimate.output,
                  .reasoning = reported->reasoning};
  booked.learned = has_input && has_output;
  booked.exact = booked.learned && reported->consistent && (reported->output_said || !generates);
  return booked;
}

// Returns the tier that the answer says it was served in. A request for `fast` is answered with
// `priority`.
inline policy::ServiceTier TierOf(const backends::AnswerUsage& usage) {
  if (usage.service_tier == "flex") return policy::ServiceTier::kFlex;
  if (usage.service_tier == "priority") return policy::ServiceTier::kPriority;
  return policy::ServiceTier::kStandard;
}

// Estimates the output tokens of a non-streamed answer that does not report them, from the bytes
// that the model wrote. Current tokenizers take about four bytes of English or code for a token,
// and slightly fewer bytes of other languages. The figure is rough, and is marked `estimated`
// wherever it is shown.
inline std::int64_t EstimateOutputTokens(const backends::AnswerScanner& answer) {
  return static_cast<std::int64_t>((answer.output_bytes() + 3) / 4);
}

// The same for an answer of `protocol` that is there.
inline std::int64_t EstimateOutputTokens(backends::ClientProtocol protocol,
                                         std::string_view answer) {
  backends::AnswerScanner scanner(backends::ScannedNamesOf(protocol));
  scanner.Feed(answer);
  return EstimateOutputTokens(scanner);
}

}  // namespace headgate::gateway

#pragma once

#include <cmath>
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
  std::int64_t cached_input = 0;  // of `input`
  std::int64_t output = 0;        // 0: the answer has no text, or reports its own usage
};

// Returns how much of an estimated input probably came from a cache. `share`: 0..1.
inline std::int64_t CachedPartOf(std::int64_t input, float share) {
  return std::llround(static_cast<double>(input) * static_cast<double>(share));
}

struct BookedUsage {
  policy::Usage usage;
  bool exact = false;  // else `estimated`
  // Both numbers are the backend's, and they are consistent, so they may be learned from.
  bool learned = false;
};

// Returns whether a target whose model holds `context` tokens (0: not known) can have used so many
// tokens, and have searched so often. A configured window may be smaller than the real window, so
// several windows are believed. No client waits for a thousand searches.
inline bool IsPlausible(const backends::ReportedTokens& reported, std::int64_t context) {
  constexpr std::int64_t kWindows = 4;
  constexpr std::int64_t kMostSearches = 1'000;
  return reported.web_searches <= kMostSearches &&
         (context == 0 ||
          (reported.input <= kWindows * context && reported.output <= kWindows * context));
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
    booked.usage.cached_input = estimate.cached_input;
    booked.usage.output = estimate.output;
    return booked;
  }
  const bool has_input = reported->input > 0;
  const bool has_output =
      reported->output > 0 || !generates || (reported->output_said && estimate.output == 0);
  booked.usage = {.input = has_input ? reported->input : estimate.input,
                  .cached_input = reported->cached_input,
                  .cache_write = reported->cache_write,
                  .cache_write_1h = reported->cache_write_1h,
                  .output = has_output ? reported->output : estimate.output,
                  .reasoning = reported->reasoning,
                  .web_searches = reported->web_searches};
  booked.learned = has_input && has_output && reported->consistent;
  booked.exact = booked.learned && (reported->output_said || !generates);
  return booked;
}

// The tier that the answer says it was served in. A request to OpenAI for `fast` is answered with
// `priority`.
struct AnsweredTier {
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  bool known = true;  // false: a price that no list has, such as that of ultrafast
};
// The words of the standard tier: OpenAI's default and scale (paid in advance), Groq's on_demand
// (console.groq.com, "Service Tiers", 2025), Anthropic's and Google's standard.
inline AnsweredTier TierOf(const backends::AnswerUsage& usage) {
  using Tier = policy::ServiceTier;
  if (usage.fast) return {Tier::kFast, !usage.regional};
  const std::string_view word = usage.service_tier;
  if (word == "flex") return {Tier::kFlex};
  if (word == "priority") return {Tier::kPriority, !usage.regional};
  if (word == "batch") return {Tier::kBatch, !usage.regional};
  for (const std::string_view standard :
       {"", "default", "auto", "standard", "standard_only", "on_demand", "scale"}) {
    if (word == standard) return {Tier::kStandard, !usage.regional};
  }
  return {Tier::kStandard, false};
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

// The same, or 0 if the answer reports an output that is booked: the bytes need not be read then.
// `context`: tokens, as in IsPlausible.
inline std::int64_t OutputUnlessReported(const backends::AnswerUsage& usage, std::int64_t context,
                                         backends::ClientProtocol protocol,
                                         std::string_view answer) {
  const bool booked =
      usage.tokens && usage.tokens->output > 0 && IsPlausible(*usage.tokens, context);
  return booked ? 0 : EstimateOutputTokens(protocol, answer);
}

}  // namespace headgate::gateway

#include "backends/protocols/anthropic/answer_values.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::anthropic {
namespace {

struct StopReasonRow {
  std::string_view written;
  FinishReason finish;
};

// The first row of a reason is the one that is written.
constexpr std::array kStopReasons = {
    StopReasonRow{"end_turn", FinishReason::kStop},
    StopReasonRow{"stop_sequence", FinishReason::kStopSequence},
    StopReasonRow{"max_tokens", FinishReason::kLength},
    StopReasonRow{"model_context_window_exceeded", FinishReason::kLength},
    StopReasonRow{"tool_use", FinishReason::kToolCalls},
    StopReasonRow{"refusal", FinishReason::kRefusal},
    StopReasonRow{"pause_turn", FinishReason::kPause},
};

bool IsIdByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string MadeId(std::string_view prefix, const AnswerContext& context) {
  std::string id(prefix);
  for (const char c : context.request_id) {
    if (IsIdByte(c)) id += c;
  }
  return id;
}

}  // namespace

std::optional<FinishReason> ReadStopReason(std::string_view stop_reason) {
  if (stop_reason.empty()) return std::nullopt;
  for (const StopReasonRow& row : kStopReasons) {
    if (row.written == stop_reason) return row.finish;
  }
  return FinishReason::kStop;
}

std::string_view StopReasonOf(std::optional<FinishReason> finish, bool calls) {
  if (!finish || *finish == FinishReason::kStop) return calls ? "tool_use" : "end_turn";
  for (const StopReasonRow& row : kStopReasons) {
    if (row.finish == *finish) return row.written;
  }
  return "end_turn";
}

void AppendStopSequence(std::optional<FinishReason> finish, std::string_view sequence,
                        std::string& out) {
  out += ",\"stop_sequence\":";
  if (finish == FinishReason::kStopSequence && !sequence.empty()) {
    json::AppendJsonString(sequence, out);
  } else {
    out += "null";
  }
}

void AppendUsageMembers(const AnswerUsage& usage, std::string& out) {
  const ReportedTokens tokens = usage.tokens.value_or(ReportedTokens{});
  out += "\"input_tokens\":";
  json::AppendInteger(tokens.input - tokens.cached_input - tokens.cache_write, out);
  out += ",\"cache_creation_input_tokens\":";
  json::AppendInteger(tokens.cache_write, out);
  out += ",\"cache_read_input_tokens\":";
  json::AppendInteger(tokens.cached_input, out);
  out += ",\"output_tokens\":";
  json::AppendInteger(tokens.output, out);
  if (tokens.reasoning > 0) {
    out += ",\"output_tokens_details\":{\"thinking_tokens\":";
    json::AppendInteger(tokens.reasoning, out);
    out += '}';
  }
  // Anthropic's other tiers are standard and batch; a client knows no more.
  if (!usage.service_tier.empty()) {
    out += usage.service_tier == "priority" ? R"(,"service_tier":"priority")"
                                            : R"(,"service_tier":"standard")";
  }
}

std::string MessageId(std::string_view id, const AnswerContext& context) {
  const bool fits = id.starts_with("msg_") && std::all_of(id.begin(), id.end(), IsIdByte);
  return fits ? std::string(id) : MadeId("msg_", context);
}

std::string CallId(std::size_t index, const AnswerContext& context) {
  std::string id = MadeId("toolu_", context);
  id += '_';
  json::AppendInteger(static_cast<std::int64_t>(index), id);
  return id;
}

bool WantsThoughts(const Conversation& request) {
  return request.thinking.mode == ThinkingRequest::Mode::kAdaptive ||
         request.thinking.mode == ThinkingRequest::Mode::kBudget;
}

bool OmitsThoughtTexts(const Conversation& request) {
  return request.thinking.display == "omitted";
}

}  // namespace headgate::backends::anthropic

#include "backends/protocols/translation/translation.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

struct FieldNames {
  ConversationField field;
  std::string_view chat;
  std::string_view messages;
  std::string_view responses;
};

// In the order of the enumeration. A protocol that has no such field has the name of the idea: its
// clients cannot have sent it.
constexpr std::array kFieldNames = {
    FieldNames{ConversationField::kTemperature, "temperature", "temperature", "temperature"},
    FieldNames{ConversationField::kTopP, "top_p", "top_p", "top_p"},
    FieldNames{ConversationField::kTopK, "top_k", "top_k", "top_k"},
    FieldNames{ConversationField::kSeed, "seed", "seed", "seed"},
    FieldNames{ConversationField::kPresencePenalty, "presence_penalty", "presence_penalty",
               "presence_penalty"},
    FieldNames{ConversationField::kFrequencyPenalty, "frequency_penalty", "frequency_penalty",
               "frequency_penalty"},
    FieldNames{ConversationField::kStop, "stop", "stop_sequences", "stop"},
    FieldNames{ConversationField::kFormatDescription, "response_format.json_schema.description",
               "output_config.format.description", "text.format.description"},
    FieldNames{ConversationField::kFormatStrict, "response_format.json_schema.strict",
               "output_config.format.strict", "text.format.strict"},
    FieldNames{ConversationField::kEffort, "reasoning_effort", "output_config.effort",
               "reasoning.effort"},
    FieldNames{ConversationField::kThinkingBudget, "thinking", "thinking", "reasoning"},
    FieldNames{ConversationField::kVerbosity, "verbosity", "verbosity", "text.verbosity"},
    FieldNames{ConversationField::kServiceTier, "service_tier", "service_tier", "service_tier"},
    FieldNames{ConversationField::kUser, "user", "metadata.user_id", "user"},
    FieldNames{ConversationField::kCacheKey, "prompt_cache_key", "prompt_cache_key",
               "prompt_cache_key"},
    FieldNames{ConversationField::kCacheControl, "cache_control", "cache_control", "cache_control"},
    FieldNames{ConversationField::kMetadata, "metadata", "metadata", "metadata"},
    FieldNames{ConversationField::kParallelToolCalls, "parallel_tool_calls",
               "tool_choice.disable_parallel_tool_use", "parallel_tool_calls"},
    FieldNames{ConversationField::kToolStrict, "tools.strict", "tools.strict", "tools.strict"},
    FieldNames{ConversationField::kImageDetail, "image_url.detail", "detail", "detail"},
    FieldNames{ConversationField::kThoughts, "reasoning_content", "thinking", "reasoning"},
    FieldNames{ConversationField::kToolError, "is_error", "is_error", "is_error"},
};

constexpr bool IsInOrder() {
  for (std::size_t i = 0; i < kFieldNames.size(); ++i) {
    if (static_cast<std::size_t>(kFieldNames[i].field) != i) return false;
  }
  return true;
}
static_assert(IsInOrder());

}  // namespace

std::string_view NameForHeader(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  const bool good =
      !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), fits);
  return good ? name : "unknown";
}

void NoteDropped(std::string name, DroppedFields& dropped) {
  constexpr std::size_t kMost = 32;
  if (dropped.size() < kMost) dropped.insert(std::move(name));
}

std::string CallIdOf(std::string_view id, std::size_t number, const AnswerContext& context) {
  return id.empty() ? config::Concat("call_", context.request_id, "_", number) : std::string(id);
}

std::string_view FieldName(ChatProtocol protocol, ConversationField field) {
  const FieldNames& names = kFieldNames[static_cast<std::size_t>(field)];
  switch (protocol) {
    case ChatProtocol::kChatCompletions:
      break;
    case ChatProtocol::kMessages:
      return names.messages;
    case ChatProtocol::kResponses:
      return names.responses;
  }
  return names.chat;
}

}  // namespace headgate::backends

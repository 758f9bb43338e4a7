#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// The words and small documents of chat completions that more than one reader or writer has. Pure;
// thread-safe.

// Returns an event that has a text, or only its kind.
inline AnswerEvent EventOf(AnswerEvent::Kind kind, std::string_view text = {}) {
  AnswerEvent event;
  event.kind = kind;
  event.text = text;
  return event;
}
AnswerEvent StartEvent(std::string_view id, std::string_view model);
AnswerEvent UsageEvent(const AnswerUsage& usage);
// Returns the kFinish of an answer. `word` is its finish_reason, or empty.
AnswerEvent FinishEvent(std::string_view word, std::string_view stop_sequence, bool has_calls);

// Returns why an answer ended. `word` is a finish_reason of any server, not empty. Some servers say
// "stop" where an answer has calls, and "tool_calls" where it has none.
FinishReason ReasonOf(std::string_view word, bool has_calls);
std::string_view WordOf(FinishReason reason);
// The same for an answer to `request`, which may know the deprecated word alone.
std::string_view FinishWord(FinishReason reason, const Conversation& request);

// Returns whether a stop_reason (vLLM) or matched_stop (SGLang) beside a finish_reason of "stop" is
// the stop sequence that was written, and not a word of another protocol.
bool IsStopSequence(std::string_view text);

// Appends a `usage` object.
void AppendUsage(const ReportedTokens& tokens, std::string& out);

// Appends an entry of thinking_blocks as LiteLLM has them (docs.litellm.ai, "Thinking", November
// 2026). A thought without a text is redacted.
void AppendThinkingBlock(std::string_view thought, std::string_view signature, std::string& out);

// Returns `id` if it has the form of a chat completion's, else one that is made of `request_id`.
std::string AnswerId(std::string_view id, std::string_view request_id);

// Reads "data:<media type>;base64,<data>" into media_type and data. Returns false if `url` is not a
// data URL in base64.
bool ReadDataUrl(std::string_view url, ContentPart& part);

}  // namespace headgate::backends::openai_chat

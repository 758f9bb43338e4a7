#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// Choices by their index; OpenAI allows 128.
using ChoiceSet = std::bitset<128>;

// The top-level members of an answer, or of one chunk of a streamed answer. The same names at
// deeper levels are ignored.
struct AnswerFields {
  AnswerUsage usage;
  bool has_usage = false;  // `usage`, or Groq's (below), is an object with any content
  // Moonshot puts the usage of a stream into the choice that ends (api.moonshot.ai, March 2026).
  // Groq puts it into `x_groq` (vercel/ai issue 1651) if it was not asked for.
  std::optional<ReportedTokens> choice_tokens;
  // True in four cases: `error` says something, here or in a choice, or is empty and the object has
  // no member of an answer; `object` is "error"; MiniMax's `base_resp` has a code; a choice has the
  // finish_reason "error", as OpenRouter's (openrouter.ai/docs, "Errors", 2025).
  bool error = false;
  // No member of an answer is there, but words as errors have them: {"detail":"model loading"}.
  bool error_words = false;
  bool IsError() const { return error || error_words; }
  bool is_answer = false;    // a member of an answer is there: `choices`, `data` or `usage`
  bool has_choices = false;  // `choices` is there, and is not null or []
  bool no_choice = false;    // `choices` is []
  ChoiceSet choices;
  ChoiceSet finished;  // with a finish_reason that is not blank
};

// Reads `json`, which is followed by at least 64 readable bytes. Returns nullopt if it is not a
// JSON object, or not whole. A byte-order mark before it is skipped. Brackets and strings are
// checked to the end; values that are not needed are only skipped. Thread-safe: the parser is
// thread-local.
std::optional<AnswerFields> ReadAnswerFields(std::string_view json);

// The same without padding: copies `json` to thread-local memory first.
std::optional<AnswerFields> ReadAnswerFieldsCopied(std::string_view json);

}  // namespace headgate::backends::openai

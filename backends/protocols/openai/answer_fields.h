#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// Choices by their index; OpenAI allows 128.
using ChoiceSet = std::bitset<128>;

// What stands at the top level of an answer, or of one chunk of a streamed one; the same names
// deeper down mean nothing.
struct AnswerFields {
  AnswerUsage usage;
  bool has_usage = false;  // `usage`, or Groq's below, is an object, whatever it says
  // Moonshot puts the usage of a stream into the choice that ends (api.moonshot.ai, March 2026),
  // Groq into `x_groq` (vercel/ai issue 1651) where it was not asked for.
  std::optional<ReportedTokens> choice_tokens;
  // `error` says something, here or in a choice, or is empty where nothing of an answer is; or
  // `object` is "error"; or MiniMax's `base_resp` has a code.
  bool error = false;
  // Nothing of an answer is there, but words as errors have them: {"detail":"model loading"}.
  bool error_words = false;
  bool IsError() const { return error || error_words; }
  bool is_answer = false;    // something of an answer is there: `choices`, `data` or `usage`
  bool has_choices = false;  // `choices` is there, and neither null nor []
  ChoiceSet choices;
  ChoiceSet finished;  // with a finish_reason that is not blank
};

// Reads `json`, which is followed by at least 64 readable bytes. nullopt: not a JSON object, or not
// whole. A byte-order mark before it is skipped. Brackets and strings are checked to the end;
// values that nobody asks for are only skipped. Thread-safe: the parser is thread-local.
std::optional<AnswerFields> ReadAnswerFields(std::string_view json);

// The same without padding: copies `json` to thread-local memory first.
std::optional<AnswerFields> ReadAnswerFieldsCopied(std::string_view json);

}  // namespace headgate::backends::openai

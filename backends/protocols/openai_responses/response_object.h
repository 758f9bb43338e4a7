#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

// What a `response` object says about the answer; the rest repeats the request.
struct ResponseFacts {
  std::string_view id;
  std::string_view model;
  std::string_view items;              // JSON: those of `output`, joined with commas
  std::optional<FinishReason> finish;  // nullopt: the response is in progress
  bool refused_in_words = false;       // one of the items is a refusal
  const AnswerUsage* usage = nullptr;  // null: not known yet
};

// Appends the whole object, with all members that OpenAI's SDKs require. Pure; thread-safe.
void AppendResponse(const AnswerContext& context, const ResponseFacts& facts, std::string& out);

// Returns `id` if it is one of a response, else an id made of the gateway's.
std::string ResponseId(std::string_view id, const AnswerContext& context);

// Returns whether an answer that ended so is incomplete. A refusal in words is an answer.
bool IsIncomplete(FinishReason finish, bool refused_in_words);

}  // namespace headgate::backends::openai_responses

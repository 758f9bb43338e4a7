#pragma once

#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

// Appends a whole answer as the `response` object that a client of POST /v1/responses reads. Each
// part of the answer is an item of its `output`. A pause is an end; a stop sequence is not named.
// Pure; thread-safe.
void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace headgate::backends::openai_responses

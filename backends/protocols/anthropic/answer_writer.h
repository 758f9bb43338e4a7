#pragma once

#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::anthropic {

// Appends a whole answer as clients of Anthropic's Messages API read it. Thoughts are left out if
// the client did not ask for thinking. Pure; thread-safe.
void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace headgate::backends::anthropic

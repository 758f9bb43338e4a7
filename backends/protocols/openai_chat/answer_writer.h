#pragma once

#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_chat {

// Writes a whole answer as a chat completion to `out`, which is cleared. Thoughts are
// reasoning_content, and those with a signature stand in thinking_blocks too. An answer without
// token counts has no usage. Pure; thread-safe.
void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace headgate::backends::openai_chat

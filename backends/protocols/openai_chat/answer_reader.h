#pragma once

#include <string_view>

#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_chat {

// Hands the whole answer `body` of status 200 over as events, from kStart to kEnd. Returns false,
// and hands no kEnd over, if it is an error, has no choice with a message, or calls a tool without
// its name. The first choice counts. Thread-safe: what it reads with is thread-local.
bool ReadAnswer(std::string_view body, AnswerSink& sink);

}  // namespace headgate::backends::openai_chat

#pragma once

#include <string_view>

#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::anthropic {

// Reads a whole answer of status 200, and hands it over as events, from kStart to kEnd. Blocks of
// server tools and unknown blocks are skipped. Returns false, and hands over nothing, if `body` is
// not an answer: not valid JSON, an error, or without a list `content`. Thread-safe: the parser is
// thread-local.
bool ReadAnswer(std::string_view body, AnswerSink& sink);

}  // namespace headgate::backends::anthropic

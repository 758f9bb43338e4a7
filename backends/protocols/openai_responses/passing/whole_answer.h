#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/passing/answer_scanner.h"
#include "backends/protocols/values/whole_answer.h"

namespace headgate::backends::openai_responses {

// Reads a non-streamed response of status 200, once all of it is there. A byte-order mark is
// removed from `body`, because some clients' JSON readers do not accept it. Room for the parser is
// made behind the body. Thread-safe.
WholeAnswer ReadWholeAnswer(std::string& body);

// The same for a body that stays as it is.
WholeAnswer ReadWholeAnswerCopied(std::string_view body);

// What AnswerScanner looks for in a response.
extern const ScannedNames kScannedResponse;

}  // namespace headgate::backends::openai_responses

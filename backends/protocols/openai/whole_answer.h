#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/passing/answer_scanner.h"
#include "backends/protocols/values/whole_answer.h"

namespace headgate::backends::openai {

// Reads a non-streamed answer of status 200, once all of it is there. This function decides what
// counts as an error inside such an answer: an `error` that says something, alone or in a choice;
// an `object` that is called "error"; a list of errors; words as errors have them, if no member of
// an answer is there.
//
// A byte-order mark is removed from `body`, because some clients' JSON readers do not accept it.
// Room for the parser is made behind the body. Thread-safe.
WholeAnswer ReadWholeAnswer(std::string& body);

// The same for a body that stays as it is.
WholeAnswer ReadWholeAnswerCopied(std::string_view body);

// What AnswerScanner looks for in a chat completion or a legacy completion.
extern const ScannedNames kScannedCompletion;

}  // namespace headgate::backends::openai

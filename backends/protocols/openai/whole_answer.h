#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"
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

// Returns whether a body that has not come completely begins as an answer does, so that it may be
// passed on.
bool BeginsAsAnswer(std::string_view body);

// Reads a body that is not an answer in the expected form: an error list, or the events of a
// stream. Thread-safe.
StrayAnswer ReadStrayAnswer(std::string_view body);

}  // namespace headgate::backends::openai

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/whole_answer.h"

namespace headgate::backends::openai {

// Reads an answer that is not streamed, of status 200, once all of it is there. What counts as an
// error inside such an answer is decided here: an `error` that says something, alone or in a
// choice; an `object` that is called that; a list of errors; words as errors have them where
// nothing of an answer is.
//
// A byte-order mark is taken out of `body`, because not every client's JSON reader takes one, and
// room is made behind it for the parser. Thread-safe.
WholeAnswer ReadWholeAnswer(std::string& body);

// The same of a body that stays as it is.
WholeAnswer ReadWholeAnswerCopied(std::string_view body);

// Whether a body that has not all come begins as an answer does, so that it may be passed on.
bool BeginsAsAnswer(std::string_view body);

// What a body says that is no answer in the form that was asked for: an error list, or the events
// of a stream. Thread-safe.
StrayAnswer ReadStrayAnswer(std::string_view body);

}  // namespace headgate::backends::openai

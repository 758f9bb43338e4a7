#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/whole_answer.h"

namespace headgate::backends {

// Takes a byte order mark off a whole answer, and makes room behind it for the reader of its
// object.
void PrepareWholeAnswer(std::string& body);

// What the object of a whole answer holds, whatever its protocol.
struct AnswerContents {
  bool is_error = false;
  bool is_answer = false;
  std::string_view missing;  // what it lacks if it is neither, for the log; a constant
};

// Returns what `body` is. `contents`: nullopt if it is not an object. Pure.
WholeAnswer JudgeWholeAnswer(const std::optional<AnswerContents>& contents, AnswerUsage usage,
                             std::string_view body);

}  // namespace headgate::backends

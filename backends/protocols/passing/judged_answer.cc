#include "backends/protocols/passing/judged_answer.h"

#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/object_reader.h"

namespace headgate::backends {

void PrepareWholeAnswer(std::string& body) {
  if (body.starts_with(json::kByteOrderMark)) body.erase(0, json::kByteOrderMark.size());
  body.reserve(body.size() + json::ObjectReader::kPadding);
}

WholeAnswer JudgeWholeAnswer(const std::optional<AnswerContents>& contents, AnswerUsage usage,
                             std::string_view body) {
  using Kind = WholeAnswer::Kind;
  WholeAnswer answer;
  if (!contents) {
    answer.kind = IsErrorList(body) ? Kind::kError : Kind::kNoAnswer;
    return answer;
  }
  answer.usage = std::move(usage);
  if (contents->is_error) {
    answer.kind = Kind::kError;
  } else if (contents->is_answer) {
    answer.kind = Kind::kAnswer;
  } else {
    answer.kind = Kind::kIncomplete;
    answer.missing = contents->missing;
  }
  return answer;
}

}  // namespace headgate::backends

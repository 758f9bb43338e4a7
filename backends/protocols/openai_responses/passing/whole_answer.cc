#include "backends/protocols/openai_responses/passing/whole_answer.h"

#include <array>
#include <optional>
#include <utility>

#include "backends/protocols/openai_responses/passing/response_fields.h"
#include "backends/protocols/passing/judged_answer.h"

namespace headgate::backends::openai_responses {
namespace {

WholeAnswer JudgeResponse(std::optional<ResponseFields> fields, std::string_view body) {
  if (!fields) return JudgeWholeAnswer(std::nullopt, {}, body);
  return JudgeWholeAnswer(AnswerContents{.is_error = fields->IsError(),
                                         .is_answer = fields->has_output,
                                         .missing = "its answer has no output"},
                          std::move(fields->usage), body);
}

AnswerUsage ReadResponseUsage(std::string_view members) {
  std::optional<ResponseFields> fields = ReadResponseFieldsCopied(members);
  return fields ? std::move(fields->usage) : AnswerUsage{};
}

constexpr std::array<std::string_view, 5> kWrittenNames = {"text", "refusal", "arguments", "name",
                                                           "input"};

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  PrepareWholeAnswer(body);
  return JudgeResponse(ReadResponseFields(body), body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  return JudgeResponse(ReadResponseFieldsCopied(body), body);
}

const ScannedNames kScannedResponse = {
    .container = "output", .texts = kWrittenNames, .json = {}, .read = ReadResponseUsage};

}  // namespace headgate::backends::openai_responses

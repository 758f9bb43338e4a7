#include "backends/protocols/openai_responses/passing/whole_answer.h"

#include <array>
#include <optional>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/openai_responses/passing/response_fields.h"

namespace headgate::backends::openai_responses {
namespace {

using Kind = WholeAnswer::Kind;

WholeAnswer JudgeResponse(std::optional<ResponseFields> fields, std::string_view body) {
  WholeAnswer answer;
  if (!fields) {
    answer.kind = IsErrorList(body) ? Kind::kError : Kind::kNoAnswer;
    return answer;
  }
  answer.usage = std::move(fields->usage);
  if (fields->IsError()) {
    answer.kind = Kind::kError;
  } else if (fields->has_output) {
    answer.kind = Kind::kAnswer;
  } else {
    answer.kind = Kind::kIncomplete;
    answer.missing = "its answer has no output";
  }
  return answer;
}

AnswerUsage ReadResponseUsage(std::string_view members) {
  std::optional<ResponseFields> fields = ReadResponseFieldsCopied(members);
  return fields ? std::move(fields->usage) : AnswerUsage{};
}

constexpr std::array<std::string_view, 5> kWrittenNames = {"text", "refusal", "arguments", "name",
                                                           "input"};

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  if (body.starts_with(json::kByteOrderMark)) body.erase(0, json::kByteOrderMark.size());
  body.reserve(body.size() + json::ObjectReader::kPadding);
  return JudgeResponse(ReadResponseFields(body), body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  return JudgeResponse(ReadResponseFieldsCopied(body), body);
}

const ScannedNames kScannedResponse = {
    .container = "output", .texts = kWrittenNames, .json = {}, .read = ReadResponseUsage};

}  // namespace headgate::backends::openai_responses

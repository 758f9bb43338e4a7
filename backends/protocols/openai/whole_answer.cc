#include "backends/protocols/openai/whole_answer.h"

#include <array>
#include <optional>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/openai/answer_fields.h"

namespace headgate::backends::openai {
namespace {

using Kind = WholeAnswer::Kind;

WholeAnswer Judge(std::optional<AnswerFields> fields, std::string_view body) {
  WholeAnswer answer;
  if (!fields) {
    answer.kind = IsErrorList(body) ? Kind::kError : Kind::kNoAnswer;
    return answer;
  }
  answer.usage = std::move(fields->usage);
  if (fields->IsError()) {
    answer.kind = Kind::kError;
  } else if (fields->is_answer) {
    answer.kind = Kind::kAnswer;
  } else {
    answer.kind = Kind::kIncomplete;
    answer.missing = "its answer has neither choices nor data";
  }
  return answer;
}

AnswerUsage ReadCompletionUsage(std::string_view members) {
  std::optional<AnswerFields> top = ReadAnswerFieldsCopied(members);
  return top ? std::move(top->usage) : AnswerUsage{};
}

// Names of chat completions, legacy completions, and the engines' own reasoning fields.
constexpr std::array<std::string_view, 7> kWrittenNames = {
    "content", "text", "arguments", "reasoning_content", "reasoning", "refusal", "name"};

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  if (body.starts_with(json::kByteOrderMark)) body.erase(0, json::kByteOrderMark.size());
  body.reserve(body.size() + json::ObjectReader::kPadding);
  return Judge(ReadAnswerFields(body), body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  return Judge(ReadAnswerFieldsCopied(body), body);
}

const ScannedNames kScannedCompletion = {
    .container = "choices", .texts = kWrittenNames, .json = {}, .read = ReadCompletionUsage};

}  // namespace headgate::backends::openai

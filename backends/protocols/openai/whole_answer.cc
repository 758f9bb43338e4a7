#include "backends/protocols/openai/whole_answer.h"

#include <array>
#include <optional>
#include <utility>

#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/passing/judged_answer.h"

namespace headgate::backends::openai {
namespace {

WholeAnswer Judge(std::optional<AnswerFields> fields, std::string_view body) {
  if (!fields) return JudgeWholeAnswer(std::nullopt, {}, body);
  return JudgeWholeAnswer(
      AnswerContents{.is_error = fields->IsError(),
                     .is_answer = fields->is_answer && !fields->no_choice,
                     .missing = fields->no_choice ? "its answer has no choice"
                                                  : "its answer has neither choices nor data"},
      std::move(fields->usage), body);
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
  PrepareWholeAnswer(body);
  return Judge(ReadAnswerFields(body), body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  return Judge(ReadAnswerFieldsCopied(body), body);
}

const ScannedNames kScannedCompletion = {
    .container = "choices", .texts = kWrittenNames, .json = {}, .read = ReadCompletionUsage};

}  // namespace headgate::backends::openai

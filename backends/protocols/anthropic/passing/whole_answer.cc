#include "backends/protocols/anthropic/passing/whole_answer.h"

#include <array>
#include <optional>

#include "backends/protocols/anthropic/passing/message_fields.h"
#include "backends/protocols/passing/judged_answer.h"

namespace headgate::backends::anthropic {
namespace {

WholeAnswer JudgeMessage(const std::optional<MessageFields>& fields, const MessageUsage& usage,
                         std::string_view body) {
  if (!fields) return JudgeWholeAnswer(std::nullopt, {}, body);
  return JudgeWholeAnswer(
      AnswerContents{.is_error = fields->IsError(),
                     .is_answer = fields->has_content || fields->has_count,
                     .missing = "its answer has neither content nor a count of tokens"},
      usage.Usage(), body);
}

AnswerUsage ReadMessageUsage(std::string_view members) {
  MessageUsage usage;
  ReadMessageFieldsCopied(members, usage);
  return usage.Usage();
}

constexpr std::array<std::string_view, 3> kWrittenNames = {"text", "thinking", "name"};

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  PrepareWholeAnswer(body);
  MessageUsage usage;
  return JudgeMessage(ReadMessageFields(body, usage), usage, body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  MessageUsage usage;
  return JudgeMessage(ReadMessageFieldsCopied(body, usage), usage, body);
}

const ScannedNames kScannedMessage = {
    .container = "content", .texts = kWrittenNames, .json = "input", .read = ReadMessageUsage};

}  // namespace headgate::backends::anthropic

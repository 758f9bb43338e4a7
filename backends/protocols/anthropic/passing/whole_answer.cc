#include "backends/protocols/anthropic/passing/whole_answer.h"

#include <array>
#include <optional>

#include "backends/protocols/anthropic/passing/message_fields.h"
#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

using Kind = WholeAnswer::Kind;

WholeAnswer JudgeMessage(const std::optional<MessageFields>& fields, const MessageUsage& usage,
                         std::string_view body) {
  WholeAnswer answer;
  if (!fields) {
    answer.kind = IsErrorList(body) ? Kind::kError : Kind::kNoAnswer;
    return answer;
  }
  answer.usage = usage.Usage();
  if (fields->IsError()) {
    answer.kind = Kind::kError;
  } else if (fields->has_content || fields->has_count) {
    answer.kind = Kind::kAnswer;
  } else {
    answer.kind = Kind::kIncomplete;
    answer.missing = "its answer has neither content nor a count of tokens";
  }
  return answer;
}

AnswerUsage ReadMessageUsage(std::string_view members) {
  MessageUsage usage;
  ReadMessageFieldsCopied(members, usage);
  return usage.Usage();
}

constexpr std::array<std::string_view, 3> kWrittenNames = {"text", "thinking", "name"};

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  if (body.starts_with(json::kByteOrderMark)) body.erase(0, json::kByteOrderMark.size());
  body.reserve(body.size() + json::ObjectReader::kPadding);
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

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai_responses {

// The members of a response that matter, or of one event of a streamed response, which may have a
// response in it.
struct ResponseFields {
  enum class Type : std::uint8_t {
    kNone,    // `type` is absent: a whole response has none
    kOther,   // of an event that says nothing about the end
    kEnd,     // response.completed, response.incomplete
    kFailed,  // response.failed, response.cancelled
    kError,
  };
  Type type = Type::kNone;
  AnswerUsage usage;
  std::string id;     // of the response; at most 256 bytes
  std::string model;  // the same
  std::int64_t created = 0;
  std::int64_t sequence_number = 0;  // of the event
  bool failed = false;               // by the status of the response: failed, cancelled
  bool has_output = false;           // `output` is a list, here or in the response
  // Tools that the provider ran, from `output`: they are not in OpenAI's usage, and are paid for.
  // `usage` has them too.
  std::int64_t searches = 0;
  bool other_tools = false;
  // The error that is in the object, as an error document: {"error":…}. Empty if there is none.
  std::string error;
  // No member of a response is there, but words as errors have them: {"detail":"model loading"}.
  bool error_words = false;
  bool IsError() const {
    return type == Type::kFailed || type == Type::kError || failed || !error.empty() || error_words;
  }
};

// Reads `json`, which is followed by at least 64 readable bytes. Returns nullopt if it is not a
// JSON object, or not whole. Thread-safe.
std::optional<ResponseFields> ReadResponseFields(std::string_view json);

// The same without padding: copies `json` to thread-local memory first.
std::optional<ResponseFields> ReadResponseFieldsCopied(std::string_view json);

}  // namespace headgate::backends::openai_responses

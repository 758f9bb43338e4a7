#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/anthropic/parts/message_usage.h"

namespace headgate::backends::anthropic {

// The top-level members of an answer, or of one event of a streamed answer.
struct MessageFields {
  enum class Type : std::uint8_t {
    kNone,   // `type` is absent
    kOther,  // of an event that says nothing about the end
    kMessage,
    kMessageStart,
    kMessageStop,
    kPing,
    kError,
  };
  Type type = Type::kNone;
  bool error = false;        // `error` is an object or a text with content
  bool has_content = false;  // `content` is a list
  bool has_count = false;    // `input_tokens` is a number: the answer to a count of tokens
  bool finished = false;     // `delta` has a stop_reason
  // `type` is absent, but words as errors have them are there: {"detail":"model loading"}.
  bool error_words = false;
  bool IsError() const { return type == Type::kError || error || error_words; }
};

// Reads `json`, which is followed by at least 64 readable bytes, and adds what it says of usage to
// `usage`. Returns nullopt if it is not a JSON object, or not whole. Thread-safe.
std::optional<MessageFields> ReadMessageFields(std::string_view json, MessageUsage& usage);

// The same without padding: copies `json` to thread-local memory first.
std::optional<MessageFields> ReadMessageFieldsCopied(std::string_view json, MessageUsage& usage);

}  // namespace headgate::backends::anthropic

#pragma once

#include "backends/protocols/openai_chat/body/body_values.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// Reads one element of a message's `content`: a text, an image, a file or a refusal. Returns false
// with the problem in `values`.
bool ReadContentPart(BodyValues& values, JsonValue value, const Path& path, ContentPart& part);

// Reads one entry of `thinking_blocks`.
bool ReadThinkingBlock(BodyValues& values, JsonValue value, const Path& path, ContentPart& part);

}  // namespace headgate::backends::openai_chat

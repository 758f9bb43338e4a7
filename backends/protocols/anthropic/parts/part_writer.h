#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// Writes content blocks, which requests and answers share. Pure; thread-safe.

// Returns whether a text has more than white space. Anthropic refuses texts that have not.
bool HasWords(std::string_view text);

// Returns the id of a call as Anthropic takes it: letters, digits, _ and - (docs.claude.com, "Tool
// use", 2026-11). An id of these alone stays as it is. Another one becomes hgid_ and its bytes,
// with _XX in place of those that may not stand there. Distinct ids stay distinct, so an id that
// begins with hgid_ is written so too.
std::string MessagesCallId(std::string_view id);

// Appends the input of a call: an object. Without arguments, or with null, it is {}. Arguments that
// are not an object of valid JSON, which small models write, become {"arguments":"…"}.
void AppendInput(std::string_view arguments, std::string& out);

// Appends the schema of a tool's input. Anthropic requires that its type is said; other protocols
// do not.
void AppendInputSchema(std::string_view schema, std::string& out);

// Appends {"type":"text","text":…}.
void AppendTextBlock(std::string_view text, std::string_view cache_control, std::string& out);

// Appends a block of a request. A refusal is a text. Returns what the protocol cannot take: a type
// of image or document; `out` is then useless.
std::optional<BodyProblem> AppendBlock(const ContentPart& part, std::string& out);

}  // namespace headgate::backends::anthropic

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// What Responses has and other protocols do not, packed into what they have, and unpacked again;
// and the reverse for signatures. A packed form says by itself what it is, so that nothing has to
// be remembered between a request and its answer, or between two requests. Pure; thread-safe.

// A tool of a `namespace` tool: other protocols know one list of names. `spawn_agent` in the
// namespace `collaboration` is `collaboration__ns__spawn_agent`. Both names are of characters that
// all protocols allow in the names of tools.
struct ToolName {
  std::string_view space;  // empty: not in a namespace
  std::string_view name;
};
std::string JoinToolName(ToolName tool);
// The views point into `joined`.
ToolName SplitToolName(std::string_view joined);
// Returns whether SplitToolName(JoinToolName(tool)) is `tool` again.
bool CanJoin(ToolName tool);

// A custom tool takes any text. Packed, it is a function with this schema, whose one argument is
// that text.
inline constexpr std::string_view kCustomToolSchema =
    R"({"type":"object","properties":{"input":{"type":"string",)"
    R"("description":"The whole input of the tool, as plain text."}},)"
    R"("required":["input"],"additionalProperties":false})";
std::string WrapCustomInput(std::string_view input);
// Returns the text. Arguments that are not of that form are the text themselves: the model decides
// what it writes.
std::string UnwrapCustomInput(std::string_view arguments);
// Returns whether `joined`, one of the conversation's tools, is a custom tool.
bool IsCustomTool(const Conversation& conversation, std::string_view joined);

}  // namespace headgate::backends::openai_responses

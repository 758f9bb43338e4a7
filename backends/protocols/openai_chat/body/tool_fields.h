#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backends/protocols/openai_chat/body/body_values.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// What a body says about tools.
struct ToolFields {
  std::vector<ToolDefinition> tools;
  std::size_t functions = 0;  // of the tools, those of the member functions
  std::optional<ToolChoice> choice;
  // Of tool_choice's allowed_tools: the names that may be called, if has_allowed.
  std::vector<std::string> allowed;
  bool has_allowed = false;
};

// Readers of the members tools, tool_choice, functions and function_call. Each returns false with
// the problem in `values`.
bool ReadTools(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields);
bool ReadToolChoice(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields);
bool ReadFunctions(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields);
bool ReadFunctionCall(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields);

// Removes the tools that must not be called. Called once all members are read.
void KeepAllowed(ToolFields& fields);

}  // namespace headgate::backends::openai_chat

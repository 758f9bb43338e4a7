#include "backends/protocols/openai_responses/input/wrapping.h"

#include <algorithm>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"

namespace headgate::backends::openai_responses {
namespace {

// Long enough that no name has it by chance: MCP's own names have double underscores.
constexpr std::string_view kSeparator = "__ns__";

}  // namespace

std::string JoinToolName(ToolName tool) {
  std::string joined;
  if (!tool.space.empty()) joined.append(tool.space).append(kSeparator);
  return joined.append(tool.name);
}

ToolName SplitToolName(std::string_view joined) {
  const std::size_t at = joined.find(kSeparator);
  const std::size_t behind = at + kSeparator.size();
  if (at == std::string_view::npos || at == 0 || behind == joined.size()) return {{}, joined};
  return {joined.substr(0, at), joined.substr(behind)};
}

bool CanJoin(ToolName tool) {
  const std::string joined = JoinToolName(tool);
  const ToolName split = SplitToolName(joined);
  return split.space == tool.space && split.name == tool.name;
}

std::string WrapCustomInput(std::string_view input) {
  std::string arguments = R"({"input":)";
  json::AppendJsonString(input, arguments);
  return arguments += '}';
}

std::string UnwrapCustomInput(std::string_view arguments) {
  json::PaddedCopy copy;
  json::Members members;
  std::string input;
  if (members.Read(copy.Take(arguments)) && json::ReadText(members.Find("input"), input)) {
    return input;
  }
  return std::string(arguments);
}

bool IsCustomTool(const Conversation& conversation, std::string_view joined) {
  return std::any_of(conversation.tools.begin(), conversation.tools.end(),
                     [&](const ToolDefinition& tool) {
                       return tool.name == joined && tool.schema == kCustomToolSchema;
                     });
}

}  // namespace headgate::backends::openai_responses

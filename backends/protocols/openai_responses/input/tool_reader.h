#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/openai_responses/input/body_reading.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// Reads the tools of a request, and which of them the model is to call. Functions, custom tools and
// the members of namespaces become functions (wrapping.h). Other tools run at OpenAI: they are
// left out and named, unless the request is about nothing else. One use.
class ToolReader {
 public:
  ToolReader(BodyReading& reading, Conversation& conversation)
      : reading_(reading), conversation_(conversation) {}

  // Reads a list of tools at `path`; any number of times.
  bool ReadTools(std::string_view value, const std::string& path);
  // Reads `tool_choice`; empty if it is absent. Called once, after all tools.
  bool ReadChoice(std::string_view value);

 private:
  bool ReadTool(std::string_view value, const std::string& path, std::string_view space);
  bool ReadFunction(const json::Members& members, const std::string& path, std::string_view space);
  bool ReadCustom(const json::Members& members, const std::string& path, std::string_view space);
  bool ReadNamespace(const json::Members& members, const std::string& path);
  bool ReadName(const json::Members& members, const std::string& path, std::string_view space,
                ToolDefinition& tool);
  bool ReadGrammar(const json::Members& members, const std::string& path, std::string& description);
  bool AddTool(ToolDefinition tool, const std::string& path);
  bool JudgeBuiltIn();
  bool ReadChoiceWord(std::string_view value);
  bool ReadNamedTool(const json::Members& members, const std::string& path, std::string& name);
  bool ReadAllowed(const json::Members& members);
  bool ReadAllowedTool(std::string_view value, const std::string& path,
                       std::vector<std::string>& names);

  BodyReading& reading_;
  Conversation& conversation_;
  // A tool of the provider's own.
  struct BuiltIn {
    std::string type;
    std::string path;
  };
  std::vector<BuiltIn> built_in_;
};

}  // namespace headgate::backends::openai_responses

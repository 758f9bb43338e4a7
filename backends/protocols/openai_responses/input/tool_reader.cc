#include "backends/protocols/openai_responses/input/tool_reader.h"

#include <algorithm>
#include <utility>

#include "backends/protocols/openai_responses/input/wrapping.h"
#include "backends/protocols/values/body_facts.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

constexpr std::string_view kChoice = "tool_choice";

bool HasTool(const Conversation& conversation, std::string_view name) {
  return std::any_of(conversation.tools.begin(), conversation.tools.end(),
                     [&](const ToolDefinition& tool) { return tool.name == name; });
}

// Returns whether a tool of the list that is allowed stands for `tool`: by its name, or by the name
// of its namespace, which ends in nothing.
bool Allows(const std::vector<std::string>& allowed, const ToolDefinition& tool) {
  const std::string_view space = SplitToolName(tool.name).space;
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) {
    return name == tool.name || (!space.empty() && name == config::Concat(space, "."));
  });
}

}  // namespace

bool ToolReader::ReadTools(std::string_view value, const std::string& path) {
  std::vector<std::string_view> elements;
  if (!json::IsArray(value)) return reading_.Wrong(path, "an array of tools", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse(path, "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!ReadTool(elements[i], ElementPath(path, i), {})) return false;
  }
  return true;
}

bool ToolReader::ReadTool(std::string_view value, const std::string& path, std::string_view space) {
  json::Members members;
  std::string type;
  if (!reading_.Object(value, path, members)) return false;
  if (!reading_.NeededText(members, "type", path, type)) return false;
  if (type == "function") return ReadFunction(members, path, space);
  if (type == "custom") return ReadCustom(members, path, space);
  if (!space.empty()) {
    return reading_.Refuse(MemberPath(path, "type"),
                           R"(must be "function" or "custom" in a namespace)");
  }
  if (type == "namespace") return ReadNamespace(members, path);
  built_in_.push_back({std::move(type), path});
  return true;
}

bool ToolReader::ReadName(const json::Members& members, const std::string& path,
                          std::string_view space, ToolDefinition& tool) {
  if (!reading_.NeededText(members, "name", path, tool.name)) return false;
  if (!reading_.Text(members, "description", path, tool.description)) return false;
  const ToolName name{space, tool.name};
  if (!CanJoin(name)) {
    return reading_.Refuse(MemberPath(path, "name"),
                           R"(must not have "__ns__" in it; this request would be translated)");
  }
  tool.name = JoinToolName(name);
  return true;
}

bool ToolReader::AddTool(ToolDefinition tool, const std::string& path) {
  if (HasTool(conversation_, tool.name)) {
    return reading_.Refuse(MemberPath(path, "name"), "is the name of an earlier tool");
  }
  conversation_.tools.push_back(std::move(tool));
  return true;
}

bool ToolReader::ReadFunction(const json::Members& members, const std::string& path,
                              std::string_view space) {
  ToolDefinition tool;
  if (!ReadName(members, path, space, tool)) return false;
  if (!reading_.KeptObject(members, "parameters", path, tool.schema)) return false;
  if (!reading_.Bool(members, "strict", path, tool.strict)) return false;
  reading_.DropOthers(members, {"type", "name", "description", "parameters", "strict"}, "tools.");
  return AddTool(std::move(tool), path);
}

bool ToolReader::ReadCustom(const json::Members& members, const std::string& path,
                            std::string_view space) {
  ToolDefinition tool;
  if (!ReadName(members, path, space, tool)) return false;
  if (!ReadGrammar(members, path, tool.description)) return false;
  tool.schema = kCustomToolSchema;
  reading_.DropOthers(members, {"type", "name", "description", "format"}, "tools.");
  return AddTool(std::move(tool), path);
}

// No other protocol makes a model keep to a grammar, but the model can be told.
bool ToolReader::ReadGrammar(const json::Members& members, const std::string& path,
                             std::string& description) {
  const std::string_view value = members.Find("format");
  if (value.empty()) return true;
  const std::string at = MemberPath(path, "format");
  json::Members format;
  std::string type;
  std::string syntax;
  std::string definition;
  if (!reading_.Object(value, at, format) || !reading_.Text(format, "type", at, type) ||
      !reading_.Text(format, "syntax", at, syntax) ||
      !reading_.Text(format, "definition", at, definition)) {
    return false;
  }
  if (type == "text" || definition.empty()) return true;
  reading_.Drop("tools.format");
  if (!description.empty()) description += "\n\n";
  description +=
      config::Concat("The input must follow this grammar",
                     syntax.empty() ? "" : config::Concat(" (", syntax, ")"), ":\n", definition);
  return true;
}

bool ToolReader::ReadNamespace(const json::Members& members, const std::string& path) {
  std::string space;
  if (!reading_.NeededText(members, "name", path, space)) return false;
  // `description` is left out: it would have to be said again with each of the tools.
  reading_.DropOthers(members, {"type", "name", "tools"}, "tools.namespace.");
  const std::string at = MemberPath(path, "tools");
  const std::string_view value = members.Find("tools");
  std::vector<std::string_view> elements;
  if (!json::IsArray(value)) return reading_.Wrong(at, "an array of tools", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse(at, "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!ReadTool(elements[i], ElementPath(at, i), space)) return false;
  }
  return true;
}

bool ToolReader::ReadChoice(std::string_view value) {
  json::Members members;
  std::string type;
  ToolChoice& choice = conversation_.tool_choice.emplace();
  if (value.empty()) {
    conversation_.tool_choice.reset();
  } else if (json::IsText(value)) {
    if (!ReadChoiceWord(value)) return false;
  } else {
    if (!json::IsObject(value)) return reading_.Wrong(kChoice, "a string or an object", value);
    if (!reading_.Object(value, kChoice, members)) return false;
    if (!reading_.NeededText(members, "type", kChoice, type)) return false;
    if (type == "allowed_tools") {
      if (!ReadAllowed(members)) return false;
    } else if (type == "function" || type == "custom") {
      choice.mode = ToolChoice::Mode::kNamed;
      if (!ReadNamedTool(members, std::string(kChoice), choice.name)) return false;
      if (!HasTool(conversation_, choice.name)) {
        return reading_.Refuse("tool_choice.name", "is not the name of one of the tools");
      }
    } else {
      return reading_.NeedsResponses(kChoice, config::Concat("of the type \"", type, "\""));
    }
  }
  return JudgeBuiltIn();
}

// Refuses tools that only the provider can run, unless none is to be called. The optional one is
// left out if there are others.
bool ToolReader::JudgeBuiltIn() {
  const bool none =
      conversation_.tool_choice && conversation_.tool_choice->mode == ToolChoice::Mode::kNone;
  for (const BuiltIn& one : built_in_) {
    const bool optional = one.type == kOptionalTool && !conversation_.tools.empty();
    if (!optional && !none) {
      return reading_.NeedsResponses(one.path, config::Concat("of the type \"", one.type, "\""));
    }
    const bool plain = config::ConsistsOf(one.type, "_-");
    reading_.Drop(plain ? config::Concat("tools.", one.type) : "tools.type");
  }
  return true;
}

bool ToolReader::ReadChoiceWord(std::string_view value) {
  ToolChoice& choice = *conversation_.tool_choice;
  if (value == R"("auto")") {
    choice.mode = ToolChoice::Mode::kAuto;
  } else if (value == R"("required")") {
    choice.mode = ToolChoice::Mode::kRequired;
  } else if (value == R"("none")") {
    choice.mode = ToolChoice::Mode::kNone;
  } else {
    return reading_.Refuse(kChoice, R"(must be "auto", "required", "none" or an object)");
  }
  return true;
}

bool ToolReader::ReadNamedTool(const json::Members& members, const std::string& path,
                               std::string& name) {
  std::string space;
  std::string plain;
  if (!reading_.NeededText(members, "name", path, plain)) return false;
  if (!reading_.Text(members, "namespace", path, space)) return false;
  name = JoinToolName({space, plain});
  return true;
}

// Other protocols have no such list, so the tools that are not on it are not sent.
bool ToolReader::ReadAllowed(const json::Members& members) {
  std::string mode;
  if (!reading_.NeededText(members, "mode", kChoice, mode)) return false;
  if (mode != "auto" && mode != "required") {
    return reading_.Refuse("tool_choice.mode", R"(must be "auto" or "required")");
  }
  conversation_.tool_choice->mode =
      mode == "auto" ? ToolChoice::Mode::kAuto : ToolChoice::Mode::kRequired;
  const std::string at = "tool_choice.tools";
  const std::string_view value = members.Find("tools");
  std::vector<std::string_view> elements;
  std::vector<std::string> allowed;
  if (!json::IsArray(value)) return reading_.Wrong(at, "an array of tools", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse(at, "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!ReadAllowedTool(elements[i], ElementPath(at, i), allowed)) return false;
  }
  std::erase_if(conversation_.tools,
                [&](const ToolDefinition& tool) { return !Allows(allowed, tool); });
  if (!conversation_.tools.empty()) return true;
  return reading_.Refuse(at, "allows none of the functions in tools");
}

bool ToolReader::ReadAllowedTool(std::string_view value, const std::string& path,
                                 std::vector<std::string>& names) {
  json::Members members;
  std::string type;
  std::string name;
  if (!reading_.Object(value, path, members)) return false;
  if (!reading_.NeededText(members, "type", path, type)) return false;
  if (type == "function" || type == "custom") {
    if (!ReadNamedTool(members, path, name)) return false;
  } else if (type == "namespace") {
    if (!reading_.NeededText(members, "name", path, name)) return false;
    name += '.';
  }
  names.push_back(std::move(name));
  return true;
}

}  // namespace headgate::backends::openai_responses

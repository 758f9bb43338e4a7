#include "loadtest/sim/answers/script.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

std::string TextOfStep(const json::value& value, std::string_view name) {
  if (!value.is_string()) throw std::runtime_error("`" + std::string(name) + "` must be a string");
  return {value.get_string().data(), value.get_string().size()};
}

// Returns the call. Its arguments are an object, or the text of a custom tool.
ToolCall CallOfStep(const json::value& value) {
  if (!value.is_object()) throw std::runtime_error("a tool call must be an object");
  ToolCall call;
  call.arguments = "{}";
  for (const auto& member : value.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (name == "name") {
      call.name = TextOfStep(member.value(), name);
    } else if (name == "id") {
      call.id = TextOfStep(member.value(), name);
    } else if (name == "arguments" && member.value().is_object()) {
      call.arguments = json::serialize(member.value());
    } else if (name == "arguments") {
      call.arguments = TextOfStep(member.value(), name);
    } else {
      throw std::runtime_error("`" + std::string(name) + "` is not a member of a tool call");
    }
  }
  if (call.name.empty()) throw std::runtime_error("a tool call needs a `name`");
  return call;
}

// Returns whether the step has `after`, the number of tool results before it.
bool ReadStep(const json::object& object, ScriptStep& step) {
  bool placed = false;
  for (const auto& [key, value] : object) {
    const std::string_view name(key.data(), key.size());
    if (name == "match") {
      step.match = TextOfStep(value, name);
    } else if (name == "thinking") {
      step.thinking = TextOfStep(value, name);
    } else if (name == "signature") {
      step.signature = TextOfStep(value, name);
    } else if (name == "redacted_thinking") {
      step.redacted = TextOfStep(value, name);
    } else if (name == "text") {
      step.text = TextOfStep(value, name);
    } else if (name == "x_sim") {
      step.fault = TextOfStep(value, name);
    } else if (name == "after" && value.is_int64() && value.get_int64() >= 0) {
      step.after = value.get_int64();
      placed = true;
    } else if (name == "tool_calls" && value.is_array()) {
      for (const json::value& call : value.get_array()) step.calls.push_back(CallOfStep(call));
    } else {
      throw std::runtime_error("`" + std::string(name) + "` is unknown or has a wrong value");
    }
  }
  return placed;
}

bool Offers(const CompletionRequest& request, const ScriptStep& step) {
  return std::all_of(step.calls.begin(), step.calls.end(), [&request](const ToolCall& call) {
    return std::any_of(request.tools.begin(), request.tools.end(),
                       [&call](const OfferedTool& tool) { return tool.name == call.name; });
  });
}

}  // namespace

Script Script::Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read the script " + path);
  return Parse(text.str());
}

Script Script::Parse(std::string_view lines) {
  Script script;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const auto [line, rest] = SplitOnce(lines, '\n');
    lines = rest;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      script.Add(line);
    } catch (const std::exception& error) {
      throw std::runtime_error("line " + std::to_string(number) +
                               " of the script: " + error.what());
    }
  }
  return script;
}

void Script::Add(std::string_view line) {
  const json::value parsed = json::parse(line);
  if (!parsed.is_object()) throw std::runtime_error("a step must be a JSON object");
  ScriptStep step;
  const bool placed = ReadStep(parsed.get_object(), step);
  std::string match;
  AppendEscaped(match, step.match);
  auto found = std::find_if(conversations_.begin(), conversations_.end(),
                            [&match](const Conversation& one) { return one.match == match; });
  if (found == conversations_.end()) {
    found = conversations_.insert(found, Conversation{match, {}, 0});
  }
  if (!placed) step.after = found->calls;
  found->calls = step.after + static_cast<std::int64_t>(step.calls.size());
  found->steps.push_back(std::move(step));
}

bool Script::Signs(std::string_view signature) const {
  const auto has = [signature](const ScriptStep& step) {
    return step.signature == signature || step.redacted == signature;
  };
  return std::any_of(conversations_.begin(), conversations_.end(), [&has](const Conversation& one) {
    return std::any_of(one.steps.begin(), one.steps.end(), has);
  });
}

const ScriptStep* Script::Find(const CompletionRequest& request, std::string_view body) const {
  for (const Conversation& conversation : conversations_) {
    if (body.find(conversation.match) == std::string_view::npos) continue;
    const ScriptStep* found = nullptr;
    for (const ScriptStep& step : conversation.steps) {
      if (step.after <= request.tool_results) found = &step;
    }
    if (found != nullptr && Offers(request, *found)) return found;
  }
  return nullptr;
}

}  // namespace headgate::loadtest::sim

#include "tests/backends/protocols/contract/aspects.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/base/text.h"

namespace headgate::backends::contract {
namespace {

using Kind = ContentPart::Kind;

constexpr std::array<std::string_view, 3> kRoles = {"system", "user", "assistant"};
constexpr std::array<std::string_view, 3> kSigners = {"chat", "messages", "responses"};

void Add(Aspects& aspects, const std::string& name, std::string_view value) {
  if (value.empty()) return;
  std::string& said = aspects[name];
  if (!said.empty()) said += " | ";
  said += value;
}

void AddFlag(Aspects& aspects, const std::string& name, std::optional<bool> flag) {
  if (flag) Add(aspects, name, *flag ? "true" : "false");
}

std::string FileOf(const ContentPart& part) {
  if (!part.text.empty()) return "text " + part.text;
  return part.url.empty() ? part.media_type + " " + part.data : part.url;
}

void AddPart(std::string_view role, const ContentPart& part, Aspects& aspects);

void AddResult(const ContentPart& part, Aspects& aspects) {
  std::string texts;
  for (const ContentPart& inner : part.result) {
    if (inner.kind == Kind::kText) {
      texts += texts.empty() ? "" : "\n";
      texts += inner.text;
    } else {
      AddPart("result", inner, aspects);
    }
    Add(aspects, "parts.cache_control", inner.kind == Kind::kText ? inner.cache_control : "");
  }
  Add(aspects, "results", part.id + " " + texts);
  if (part.is_error) Add(aspects, "results.error", part.id);
}

void AddPart(std::string_view role, const ContentPart& part, Aspects& aspects) {
  switch (part.kind) {
    case Kind::kText:
      Add(aspects, "texts." + std::string(role), part.text);
      break;
    case Kind::kImage:
      Add(aspects, "images." + std::string(role), FileOf(part));
      Add(aspects, "images.detail", part.image_detail == "auto" ? "" : part.image_detail);
      break;
    case Kind::kDocument:
      Add(aspects, "documents." + std::string(role), FileOf(part));
      Add(aspects, "documents.name", part.name);
      break;
    case Kind::kToolCall:
      Add(aspects, "calls", part.id + " " + part.name + " " + part.arguments);
      break;
    case Kind::kToolResult:
      AddResult(part, aspects);
      break;
    case Kind::kThinking:
      Add(aspects, "thoughts", part.text);
      [[fallthrough]];
    case Kind::kHiddenThinking:
      if (!part.signature.text.empty()) {
        Add(aspects, "signatures",
            std::string(kSigners[static_cast<std::size_t>(part.signature.protocol)]) + " " +
                part.signature.text);
      }
      break;
    case Kind::kRefusal:
      Add(aspects, "refusals", part.text);
      break;
  }
  Add(aspects, "parts.cache_control", part.cache_control);
}

void AddTools(const Conversation& said, Aspects& aspects) {
  constexpr std::array<std::string_view, 4> kModes = {"auto", "required", "none", "named"};
  for (const ToolDefinition& tool : said.tools) {
    Add(aspects, "tools", tool.name + " " + tool.description + " " + tool.schema);
    AddFlag(aspects, "tools.strict", tool.strict);
    Add(aspects, "tools.cache_control", tool.cache_control);
  }
  if (said.tool_choice) {
    Add(aspects, "tool_choice",
        std::string(kModes[static_cast<std::size_t>(said.tool_choice->mode)]) +
            said.tool_choice->name);
  }
  AddFlag(aspects, "parallel_tool_calls", said.parallel_tool_calls);
}

void AddFormat(const AnswerFormat& format, Aspects& aspects) {
  if (format.kind == AnswerFormat::Kind::kText) return;
  const bool schema = format.kind == AnswerFormat::Kind::kJsonSchema;
  Add(aspects, "format", schema ? format.schema : "object");
  Add(aspects, "format.name", format.name);
  Add(aspects, "format.description", format.description);
  AddFlag(aspects, "format.strict", format.strict);
}

void AddThinking(const ThinkingRequest& thinking, Aspects& aspects) {
  constexpr std::array<std::string_view, 4> kModes = {"", "off", "adaptive", "budget"};
  Add(aspects, "thinking", kModes[static_cast<std::size_t>(thinking.mode)]);
  if (thinking.budget_tokens > 0) {
    Add(aspects, "thinking.budget", std::to_string(thinking.budget_tokens));
  }
  Add(aspects, "thinking.effort", thinking.effort);
  Add(aspects, "thinking.display", thinking.display);
}

void AddOptions(const Conversation& said, Aspects& aspects) {
  if (said.stream) Add(aspects, "stream", "true");
  if (said.max_tokens) Add(aspects, "max_tokens", std::to_string(*said.max_tokens));
  Add(aspects, "temperature", said.temperature);
  Add(aspects, "top_p", said.top_p);
  Add(aspects, "top_k", said.top_k);
  Add(aspects, "seed", said.seed);
  Add(aspects, "presence_penalty", said.presence_penalty);
  Add(aspects, "frequency_penalty", said.frequency_penalty);
  for (const std::string& stop : said.stop) Add(aspects, "stop", stop);
  Add(aspects, "verbosity", said.verbosity);
  Add(aspects, "service_tier", said.service_tier);
  Add(aspects, "user", said.user);
  Add(aspects, "cache_key", said.cache_key);
  Add(aspects, "cache_control", said.cache_control);
  for (const auto& [name, text] : said.metadata)
    Add(aspects, "metadata", config::Concat(name, "=", text));
}

// The kinds of what is said, in order; the same kind in a row counts once.
void AddOrder(const Conversation& said, Aspects& aspects) {
  constexpr std::array<std::string_view, 8> kKinds = {"text",   "file",    "file",   "call",
                                                      "result", "thought", "hidden", "text"};
  std::string order;
  std::string last;
  for (const Turn& turn : said.turns) {
    for (const ContentPart& part : turn.parts) {
      if (part.kind == Kind::kThinking || part.kind == Kind::kHiddenThinking) continue;
      std::string step(kRoles[static_cast<std::size_t>(turn.role)]);
      step.append(" ").append(kKinds[static_cast<std::size_t>(part.kind)]);
      if (step == last) continue;
      order += order.empty() ? "" : ", ";
      order += step;
      last = step;
    }
  }
  Add(aspects, "order", order);
}

}  // namespace

Aspects AspectsOf(const Conversation& conversation) {
  Aspects aspects;
  for (const ContentPart& part : conversation.system) AddPart("system", part, aspects);
  for (const Turn& turn : conversation.turns) {
    for (const ContentPart& part : turn.parts) {
      const bool note = turn.role == TurnRole::kSystem;
      AddPart(note ? "note" : kRoles[static_cast<std::size_t>(turn.role)], part, aspects);
    }
  }
  AddOrder(conversation, aspects);
  AddTools(conversation, aspects);
  AddFormat(conversation.format, aspects);
  AddThinking(conversation.thinking, aspects);
  AddOptions(conversation, aspects);
  return aspects;
}

Aspects AspectsOf(const Answer& answer) {
  constexpr std::array<std::string_view, 6> kReasons = {"stop",       "stop sequence", "length",
                                                        "tool calls", "refusal",       "pause"};
  Aspects aspects;
  for (const ContentPart& part : answer.parts) AddPart("assistant", part, aspects);
  Add(aspects, "model", answer.model);
  if (answer.finish) Add(aspects, "finish", kReasons[static_cast<std::size_t>(*answer.finish)]);
  Add(aspects, "stop_sequence", answer.stop_sequence);
  Add(aspects, "service_tier", answer.usage.service_tier);
  if (answer.usage.tokens) {
    const ReportedTokens& tokens = *answer.usage.tokens;
    Add(aspects, "usage",
        std::to_string(tokens.input) + " " + std::to_string(tokens.cached_input) + " " +
            std::to_string(tokens.cache_write) + " " + std::to_string(tokens.output) + " " +
            std::to_string(tokens.reasoning));
  }
  AddFlag(aspects, "ended", answer.ended);
  return aspects;
}

std::map<std::string, std::string> DifferencesOf(const Aspects& before, const Aspects& after) {
  std::map<std::string, std::string> differences;
  const auto value = [](const Aspects& aspects, const std::string& name) {
    const auto found = aspects.find(name);
    return found == aspects.end() ? std::string("nothing") : found->second;
  };
  for (const Aspects* const aspects : {&before, &after}) {
    for (const auto& [name, ignored] : *aspects) {
      const std::string was = value(before, name);
      const std::string is = value(after, name);
      if (was != is) differences[name] = config::Concat(was, " became ", is);
    }
  }
  return differences;
}

}  // namespace headgate::backends::contract

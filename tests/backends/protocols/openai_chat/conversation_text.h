#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/conversation.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {

// Writes what a conversation says, one line for each thing that is said, for tests to compare.
class ConversationText {
 public:
  static std::string Of(const Conversation& conversation) {
    ConversationText text;
    text.Write(conversation);
    return text.out_;
  }

 private:
  void Line(std::string_view name, const std::string& value) {
    if (!value.empty()) out_.append(name).append(" ").append(value).append("\n");
  }

  static std::string Flag(const std::optional<bool>& flag) {
    return flag ? (*flag ? "yes" : "no") : "";
  }

  static std::string Part(const ContentPart& part) {
    static constexpr std::string_view kNames[] = {"text",   "image",    "document", "call",
                                                  "result", "thinking", "hidden",   "refusal"};
    static constexpr std::string_view kProtocols[] = {"chat", "messages", "responses"};
    std::string out(kNames[static_cast<std::size_t>(part.kind)]);
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) out.append(" ").append(name).append("=").append(value);
    };
    add("text", part.text);
    add("type", part.media_type);
    add("data", part.data);
    add("url", part.url);
    add("name", part.name);
    add("id", part.id);
    add("arguments", part.arguments);
    add("detail", part.image_detail);
    add("cache", part.cache_control);
    if (!part.signature.text.empty()) {
      add(kProtocols[static_cast<std::size_t>(part.signature.protocol)], part.signature.text);
    }
    if (part.is_error) out += " error";
    for (const ContentPart& inner : part.result) out += " [" + Part(inner) + "]";
    return out;
  }

  void WriteSampling(const Conversation& said) {
    Line("temperature", said.temperature);
    Line("top_p", said.top_p);
    Line("top_k", said.top_k);
    Line("seed", said.seed);
    Line("presence", said.presence_penalty);
    Line("frequency", said.frequency_penalty);
    for (const std::string& stop : said.stop) Line("stop", stop);
  }

  void Write(const Conversation& said) {
    static constexpr std::string_view kRoles[] = {"system", "user", "assistant"};
    static constexpr std::string_view kModes[] = {"auto", "required", "none", "named"};
    static constexpr std::string_view kThinking[] = {"", "off", "adaptive", "budget"};
    Line("model", said.model);
    if (said.stream) Line("stream", said.stream_usage ? "with usage" : "without usage");
    for (const ContentPart& part : said.system) Line("system:", Part(part));
    for (const Turn& turn : said.turns) {
      out_.append(kRoles[static_cast<std::size_t>(turn.role)]).append("\n");
      for (const ContentPart& part : turn.parts) Line(" ", Part(part));
    }
    for (const ToolDefinition& tool : said.tools) {
      Line("tool", tool.name + "|" + tool.description + "|" + tool.schema + "|" +
                       Flag(tool.strict) + "|" + tool.cache_control);
    }
    if (said.tool_choice) {
      Line("choice", std::string(kModes[static_cast<std::size_t>(said.tool_choice->mode)]) + " " +
                         said.tool_choice->name);
    }
    Line("parallel", Flag(said.parallel_tool_calls));
    if (said.max_tokens) Line("max_tokens", std::to_string(*said.max_tokens));
    WriteSampling(said);
    if (said.format.kind == AnswerFormat::Kind::kJsonObject) Line("format", "object");
    if (said.format.kind == AnswerFormat::Kind::kJsonSchema) {
      Line("format", said.format.name + "|" + said.format.description + "|" + said.format.schema +
                         "|" + Flag(said.format.strict));
    }
    Line("thinking", std::string(kThinking[static_cast<std::size_t>(said.thinking.mode)]));
    if (said.thinking.budget_tokens > 0) {
      Line("budget", std::to_string(said.thinking.budget_tokens));
    }
    Line("effort", said.thinking.effort);
    Line("display", said.thinking.display);
    Line("verbosity", said.verbosity);
    Line("tier", said.service_tier);
    Line("user", said.user);
    Line("cache_key", said.cache_key);
    Line("cache", said.cache_control);
    for (const auto& [name, value] : said.metadata)
      Line("metadata", config::Concat(name, "=", value));
  }

  std::string out_;
};

}  // namespace headgate::backends::openai_chat

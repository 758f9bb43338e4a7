#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/body_facts.h"

namespace headgate::backends {

// The facts in one text, so that a difference can be read.
inline std::string TextOfFacts(const BodyFacts& facts) {
  std::string out = std::string(facts.model) + (facts.stream ? " streamed" : "");
  const auto add = [&](std::string_view name, long long value) {
    out.append(", ").append(name).append(" ").append(std::to_string(value));
  };
  for (const BodyText& text : facts.texts) {
    add("role", static_cast<int>(text.role));
    out.append(" [").append(text.text).append("]");
  }
  for (const std::string_view tool : facts.tool_names) out.append(", tool ").append(tool);
  add("text bytes", static_cast<long long>(facts.text_bytes));
  add("tool bytes", static_cast<long long>(facts.tool_bytes));
  add("other tokens", facts.other_input_tokens);
  add("max", facts.max_tokens.value_or(-1));
  add("choices", facts.choices);
  add("prompts", facts.prompts);
  add("tools", facts.uses_tools);
  add("schema", facts.uses_json_schema);
  add("images", facts.uses_images);
  add("audio", facts.uses_audio);
  add("documents", facts.uses_documents);
  add("loop", facts.tool_loop);
  add("messages", facts.message_count);
  add("assistant", facts.has_assistant_turn);
  out.append(", tier ").append(facts.service_tier);
  out.append(", effort ").append(facts.reasoning_effort);
  out.append(", session ").append(facts.session_id);
  out.append(", native ").append(facts.native_only);
  return out;
}

}  // namespace headgate::backends

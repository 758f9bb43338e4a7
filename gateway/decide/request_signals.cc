#include "gateway/decide/request_signals.h"

#include <algorithm>
#include <cstdint>

namespace headgate::gateway {
namespace {

routing::Role RoleOf(backends::TextRole role) {
  switch (role) {
    case backends::TextRole::kSystem:
      return routing::Role::kSystem;
    case backends::TextRole::kAssistant:
      return routing::Role::kAssistant;
    case backends::TextRole::kTool:
      return routing::Role::kTool;
    case backends::TextRole::kPrompt:
      return routing::Role::kPrompt;
    case backends::TextRole::kUser:
      break;
  }
  return routing::Role::kUser;
}

// Each prompt of a text completion has its own choices. Nobody serves four million of them at once,
// and sums of tokens stay inside of 64 bits.
int ChoicesOf(routing::Endpoint endpoint, const backends::BodyFacts& facts) {
  constexpr std::int64_t kMostChoices = 1 << 22;
  const int prompts = endpoint == routing::Endpoint::kCompletions ? facts.prompts : 1;
  return static_cast<int>(std::min(std::int64_t{facts.choices} * prompts, kMostChoices));
}

void TakeFacts(const backends::BodyFacts& facts, routing::Signals& signals) {
  signals.model = facts.model;
  signals.stream = facts.stream;
  signals.body_bytes = facts.body_bytes;
  signals.text_bytes = facts.prompt_bytes();
  signals.other_input_tokens = facts.other_input_tokens;
  signals.max_tokens = facts.max_tokens;
  signals.native_only = facts.native_only;
  signals.has_suffix = facts.has_suffix;
  signals.uses_tools = facts.uses_tools;
  signals.uses_json_schema = facts.uses_json_schema;
  signals.uses_images = facts.uses_images;
  signals.uses_audio = facts.uses_audio;
  signals.uses_documents = facts.uses_documents;
  signals.tool_loop = facts.tool_loop;
  signals.message_count = facts.message_count;
  signals.has_assistant_turn = facts.has_assistant_turn;
  signals.service_tier = facts.service_tier;
  signals.reasoning_effort = facts.reasoning_effort;
  signals.metadata_class = facts.metadata_class;
  signals.session_id = facts.session_id;
  signals.metadata.assign(facts.metadata.begin(), facts.metadata.end());
  signals.tool_names.assign(facts.tool_names.begin(), facts.tool_names.end());
  signals.texts.reserve(facts.texts.size());
  for (const backends::BodyText& piece : facts.texts) {
    signals.texts.push_back({RoleOf(piece.role), piece.text});
  }
}

// Reads the headers in which clients name a conversation.
std::string_view ClientsSession(const RequestHead& head) {
  const std::string_view session = head.Find("x-session-id");
  return session.empty() ? head.Find("x-claude-code-session-id") : session;
}

// Takes hints from headers, in addition to the body's facts.
void TakeHints(const RequestHead& head, routing::Signals& signals) {
  signals.class_header = head.Find("x-headgate-class");
  signals.slo_ttft_header = head.Find("x-slo-ttft-ms");
  signals.initiator_header = head.Find("x-initiator");
  // Claude Code's gateway protocol names this header (code.claude.com, llm-gateway-protocol, 2026).
  signals.coding_agent = !head.Find("x-claude-code-session-id").empty();
  signals.subagent = !head.Find("x-claude-code-parent-agent-id").empty();
  if (signals.session_id.empty()) signals.session_id = ClientsSession(head);
}

}  // namespace

backends::ApiEndpoint BodyOf(routing::Endpoint endpoint) {
  switch (endpoint) {
    case routing::Endpoint::kCompletions:
      return backends::ApiEndpoint::kCompletions;
    case routing::Endpoint::kEmbeddings:
      return backends::ApiEndpoint::kEmbeddings;
    case routing::Endpoint::kMessages:
      return backends::ApiEndpoint::kMessages;
    case routing::Endpoint::kResponses:
      return backends::ApiEndpoint::kResponses;
    case routing::Endpoint::kCountTokens:
      return backends::ApiEndpoint::kCountTokens;
    case routing::Endpoint::kChat:
      break;
  }
  return backends::ApiEndpoint::kChat;
}

void FillSignals(routing::Endpoint endpoint, const backends::BodyFacts& facts,
                 const RequestHead& head, routing::Signals& signals) {
  signals.Clear();
  signals.endpoint = endpoint;
  signals.choices = ChoicesOf(endpoint, facts);
  TakeFacts(facts, signals);
  TakeHints(head, signals);
}

}  // namespace headgate::gateway

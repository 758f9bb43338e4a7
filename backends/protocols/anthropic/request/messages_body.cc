#include "backends/protocols/anthropic/request/messages_body.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace headgate::backends::anthropic {
namespace {

// Returns the session in the user id that Claude Code sends: "user_…_account_…_session_ID", and in
// releases of 2026 a JSON text with a member session_id. Empty if there is none.
std::string_view SessionIn(std::string_view user_id) {
  constexpr std::string_view kMark = "_session_";
  constexpr std::string_view kMember = "\"session_id\":";
  if (user_id.starts_with('{')) {
    std::size_t at = user_id.find(kMember);
    if (at == std::string_view::npos) return {};
    at = user_id.find_first_not_of(' ', at + kMember.size());
    if (at == std::string_view::npos || user_id[at] != '"') return {};
    const std::size_t end = user_id.find('"', at + 1);
    return end == std::string_view::npos ? std::string_view()
                                         : user_id.substr(at + 1, end - at - 1);
  }
  const std::size_t at = user_id.rfind(kMark);
  return at == std::string_view::npos ? std::string_view() : user_id.substr(at + kMark.size());
}

}  // namespace

bool MessagesBody::Read() { return ReadMembersOf(/*count_only=*/false); }

bool MessagesBody::ReadMembersOf(bool count_only) {
  using B = MessagesBody;
  static constexpr Field<B> kFields[] = {
      {"model", &B::ReadModel},
      {"messages", &B::ReadMessages},
      {"system", &B::ReadSystem},
      {"tools", &B::ReadTools},
      {"output_config", &B::ReadOutputConfig},
      {"output_format", &B::ReadFormat},  // until 2026, with a beta header
      {"thinking", &B::ReadThinking},
      {"mcp_servers", &B::ReadMcpServers},
      // A count of tokens has only those above.
      {"stream", &B::ReadStream},
      {"max_tokens", &B::ReadMaxTokens},
      {"service_tier", &B::ReadServiceTier},
      {"metadata", &B::ReadUserMetadata},
      {"container", &B::ReadContainer},
      {"thread", &B::ReadThread},
  };
  constexpr std::size_t kOfCount = 8;
  const std::span<const Field<B>> all(kFields);
  BeginRoot();
  if (!ReadMembers(*this, count_only ? all.first(kOfCount) : all, kRootType)) return false;
  if (!EndRoot()) return false;
  facts_.wants_usage = facts_.stream;                             // a stream always has it
  if (facts_.max_tokens == 0) NoteNativeOnly("max_tokens of 0");  // it only fills the cache
  // With interleaved thinking the budget may be larger than max_tokens (Anthropic, "Extended
  // thinking", 2026). Otherwise thinking is a part of max_tokens.
  if (thinking_budget_ > facts_.max_tokens) {
    facts_.other_output_tokens = *thinking_budget_;
  }
  if (facts_.service_tier == "standard_only") facts_.service_tier = "default";
  if (thinking_off_ && facts_.reasoning_effort.empty()) facts_.reasoning_effort = "none";
  return has_messages_ ||
         Missing("messages", R"("messages": [{"role": "user", "content": "Hello"}])");
}

// The whole of it counts as one message.
bool MessagesBody::ReadSystem() {
  const std::size_t first = facts_.texts.size();
  if (!ReadBlocks(TextRole::kSystem)) return false;
  if (facts_.texts.size() > first) ++facts_.message_count;
  // It may stand behind the messages.
  std::rotate(facts_.texts.begin(), facts_.texts.begin() + static_cast<std::ptrdiff_t>(first),
              facts_.texts.end());
  return true;
}

bool MessagesBody::ReadMessages() {
  std::size_t count = 0;
  const bool good = ReadElements("an array of messages", [&] {
    ++count;
    return ReadMessage();
  });
  if (!good) return false;
  has_messages_ = true;
  if (count > 0) return true;
  return Refuse({R"( is empty; send at least one, such as {"role": "user", "content": "Hello"}.)"});
}

bool MessagesBody::ReadMessage() {
  static constexpr Field<MessagesBody> kFields[] = {{"role", &MessagesBody::ReadRole},
                                                    {"content", &MessagesBody::ReadMessageContent}};
  // A text of a tool's result has its role before the message's own is known.
  const std::size_t first_text = facts_.texts.size();
  has_role_ = false;
  if (!ReadMembers(*this, kFields, R"(an object such as {"role": "user", "content": "Hello"})")) {
    return false;
  }
  if (!has_role_) {
    Push({"role"});
    return Refuse({R"( is missing; send one, such as "role": "user".)"});
  }
  for (std::size_t i = first_text; i < facts_.texts.size(); ++i) {
    TextRole& role = facts_.texts[i].role;
    if (role != TextRole::kTool) role = message_role_;
  }
  CountMessage();
  return true;
}

// As in OpenAI's protocols, where each result of a tool is a message, and comes before other words
// of its turn.
void MessagesBody::CountMessage() {
  facts_.message_count += static_cast<int>(results());
  if (others() > 0 || results() == 0) ++facts_.message_count;
  if (message_role_ == TextRole::kAssistant) facts_.has_assistant_turn = true;
  facts_.tool_loop = ends_in_result();
}

bool MessagesBody::ReadRole() {
  std::string_view name;
  if (!ReadString(name, "a string such as \"user\"")) return false;
  message_role_ = RoleNamed(name);
  has_role_ = true;
  return true;
}

bool MessagesBody::ReadMessageContent() { return ReadBlocks(TextRole::kUser); }

bool MessagesBody::ReadTools() {
  return ReadToolList([this] { return ReadTool(); });
}

bool MessagesBody::ReadTool() {
  static constexpr Field<MessagesBody> kFields[] = {
      {"name", &MessagesBody::ReadNullableToolName},
      {"type", &MessagesBody::ReadToolType},
      {"description", &MessagesBody::MeasureToolValue},
      {"input_schema", &MessagesBody::MeasureToolValue}};
  return ReadMembers(*this, kFields, R"(an object such as {"name": "…", "input_schema": {…}})");
}

// A tool with a type has no schema: only Anthropic's models and servers know what it is.
bool MessagesBody::ReadToolType() {
  std::string_view type;
  if (!ReadNullableString(type, "a string such as \"custom\", or null")) return false;
  if (type.empty() || type == "custom") return true;
  HideInput();  // what it finds is input
  NoteNativeOnly("Anthropic's own tools");
  return true;
}

bool MessagesBody::ReadOutputConfig() {
  static constexpr Field<MessagesBody> kFields[] = {{"effort", &MessagesBody::ReadReasoningEffort},
                                                    {"format", &MessagesBody::ReadFormat}};
  return TakeNull() || ReadMembers(*this, kFields, R"(an object such as {"effort": "low"})");
}

bool MessagesBody::ReadFormat() {
  static constexpr Field<MessagesBody> kFields[] = {{"type", &MessagesBody::ReadFormatType}};
  return TakeNull() ||
         ReadMembers(*this, kFields, R"(an object such as {"type": "json_schema", "schema": {…}})");
}

bool MessagesBody::ReadThinking() {
  static constexpr Field<MessagesBody> kFields[] = {
      {"type", &MessagesBody::ReadThinkingType},
      {"budget_tokens", &MessagesBody::ReadThinkingBudget}};
  return TakeNull() || ReadMembers(*this, kFields, R"(an object such as {"type": "adaptive"})");
}

bool MessagesBody::ReadThinkingType() {
  std::string_view type;
  if (!ReadNullableString(type, "a string such as \"adaptive\"")) return false;
  thinking_off_ = type == "disabled";
  return true;
}

bool MessagesBody::ReadThinkingBudget() { return TakeAnyInteger(thinking_budget_); }

bool MessagesBody::ReadUserMetadata() {
  if (!ReadMetadata()) return false;
  bool seen = false;
  for (const auto& [name, value] : facts_.metadata) {
    if (name != "user_id") continue;
    if (seen) {
      Push({"user_id"});
      return Refuse({" is given twice; give it once."});
    }
    seen = true;
    facts_.session_id = SessionIn(value);
  }
  return true;
}

bool MessagesBody::ReadContainer() { return TakeHiddenInput("a container"); }

// The provider keeps the conversation, and later requests hold only what is new.
bool MessagesBody::ReadThread() { return TakeHiddenInput(kNativeThread); }

bool MessagesBody::ReadMcpServers() { return TakeHiddenInput("mcp_servers"); }

}  // namespace headgate::backends::anthropic

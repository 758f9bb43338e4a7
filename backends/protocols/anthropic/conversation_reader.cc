#include "backends/protocols/anthropic/conversation_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/anthropic/parts/member_walk.h"
#include "backends/protocols/anthropic/parts/part_reader.h"

namespace headgate::backends::anthropic {
namespace {

using MemberValue = simdjson::ondemand::value;

class MessagesBody {
 public:
  MessagesBody(Conversation& conversation, DroppedFields& dropped)
      : conversation_(conversation), walk_(dropped), parts_(walk_) {}

  bool Read(simdjson::ondemand::object root);
  const BodyProblem& problem() const { return walk_.problem(); }

 private:
  struct Field {
    std::string_view name;
    bool (MessagesBody::*read)(MemberValue);
  };
  static const std::array<Field, 20> kFields;

  bool Member(std::string_view key, MemberValue value);
  bool Model(MemberValue value) { return walk_.Text(value, conversation_.model); }
  bool Stream(MemberValue value) { return walk_.Flag(value, conversation_.stream); }
  bool Temperature(MemberValue value) { return walk_.Number(value, conversation_.temperature); }
  bool TopP(MemberValue value) { return walk_.Number(value, conversation_.top_p); }
  bool TopK(MemberValue value) { return walk_.Number(value, conversation_.top_k); }
  bool CacheControl(MemberValue value) {
    return walk_.RawObject(value, conversation_.cache_control);
  }
  bool System(MemberValue value) {
    return parts_.Content(value, PartPlace::kSystem, conversation_.system);
  }
  bool MaxTokens(MemberValue value);
  bool Messages(MemberValue value);
  bool Message(MemberValue value);
  bool StopSequences(MemberValue value);
  bool Tools(MemberValue value);
  bool Tool(MemberValue value);
  bool Choice(MemberValue value);
  bool ChoiceType(std::string_view type);
  bool Thinking(MemberValue value);
  bool OutputConfig(MemberValue value);
  bool Format(MemberValue value);
  bool Metadata(MemberValue value);
  bool ServiceTier(MemberValue value);
  bool McpServers(MemberValue value);
  bool Speed(MemberValue value);
  bool InferenceGeo(MemberValue value);

  Conversation& conversation_;
  MemberWalk walk_;
  PartReader parts_;
  bool has_messages_ = false;
};

constexpr std::array<MessagesBody::Field, 20> MessagesBody::kFields = {{
    {"model", &MessagesBody::Model},
    {"messages", &MessagesBody::Messages},
    {"system", &MessagesBody::System},
    {"max_tokens", &MessagesBody::MaxTokens},
    {"stream", &MessagesBody::Stream},
    {"stop_sequences", &MessagesBody::StopSequences},
    {"temperature", &MessagesBody::Temperature},
    {"top_p", &MessagesBody::TopP},
    {"top_k", &MessagesBody::TopK},
    {"tools", &MessagesBody::Tools},
    {"tool_choice", &MessagesBody::Choice},
    {"thinking", &MessagesBody::Thinking},
    {"output_config", &MessagesBody::OutputConfig},
    {"output_format", &MessagesBody::Format},  // the name in the beta of 2025-11-13
    {"metadata", &MessagesBody::Metadata},
    {"service_tier", &MessagesBody::ServiceTier},
    {"cache_control", &MessagesBody::CacheControl},
    {"mcp_servers", &MessagesBody::McpServers},
    {"speed", &MessagesBody::Speed},
    {"inference_geo", &MessagesBody::InferenceGeo},
}};

bool MessagesBody::Read(simdjson::ondemand::object root) {
  const auto member = [this](std::string_view key, MemberValue value) {
    return Member(key, value);
  };
  if (!walk_.Members(root, member)) return false;
  if (has_messages_) return true;
  return walk_.Missing("messages", R"([{"role":"user","content":"Hello"}])");
}

bool MessagesBody::Member(std::string_view key, MemberValue value) {
  const auto* const row = std::find_if(kFields.begin(), kFields.end(),
                                       [key](const Field& field) { return field.name == key; });
  return row == kFields.end() ? walk_.Drop("", key) : (this->*row->read)(value);
}

bool MessagesBody::MaxTokens(MemberValue value) {
  if (!walk_.Count(value, conversation_.max_tokens)) return false;
  if (conversation_.max_tokens != 0) return true;
  return walk_.NeedsMessages("of 0, which only fills the prompt cache,");
}

// --- messages ------------------------------------------------------------------------------------

bool MessagesBody::Messages(MemberValue value) {
  has_messages_ = true;
  if (!walk_.Elements(value, "an array of messages",
                      [this](MemberValue v) { return Message(v); })) {
    return false;
  }
  return !conversation_.turns.empty() || walk_.Refuse({" is empty; send at least 1 message."});
}

// The role decides what content may be, and may stand behind it: so it is judged at the end.
bool MessagesBody::Message(MemberValue value) {
  std::string role;
  if (!walk_.MemberText(value, "role", role)) return false;
  if (role.empty()) return walk_.Missing("role", "user");
  PartPlace place = PartPlace::kUser;
  Turn turn;
  if (role == "assistant") {
    turn.role = TurnRole::kAssistant;
    place = PartPlace::kAssistant;
  } else if (role == "system") {
    turn.role = TurnRole::kSystem;
    place = PartPlace::kSystem;
  } else if (role != "user") {
    return walk_.Refuse({".role must be user, assistant or system."});
  }
  bool has_content = false;
  const auto member = [&](std::string_view key, MemberValue inner) {
    if (key == "role") return true;
    if (key != "content") return walk_.Drop("messages.", key);
    has_content = true;
    return parts_.Content(inner, place, turn.parts);
  };
  if (!walk_.Members(value, "an object", member)) return false;
  if (!has_content) return walk_.Missing("content", "Hello");
  conversation_.turns.push_back(std::move(turn));
  return true;
}

bool MessagesBody::StopSequences(MemberValue value) {
  return walk_.Elements(value, "an array of strings", [this](MemberValue item) {
    return walk_.Text(item, conversation_.stop.emplace_back());
  });
}

// --- tools ---------------------------------------------------------------------------------------

bool MessagesBody::Tools(MemberValue value) {
  return walk_.Elements(value, "an array of tools", [this](MemberValue v) { return Tool(v); });
}

bool MessagesBody::Tool(MemberValue value) {
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  if (!type.empty() && type != "custom")
    return walk_.NeedsMessages("of type " + type.substr(0, 64));
  ToolDefinition tool;
  const auto member = [&](std::string_view key, MemberValue inner) {
    if (key == "name") return walk_.Text(inner, tool.name);
    if (key == "description") return walk_.Text(inner, tool.description);
    if (key == "input_schema") return walk_.RawObject(inner, tool.schema);
    if (key == "strict") return walk_.Flag(inner, tool.strict.emplace());
    if (key == "cache_control") return walk_.RawObject(inner, tool.cache_control);
    return key == "type" || walk_.Drop("tools.", key);
  };
  if (!walk_.Members(value, "an object", member)) return false;
  if (tool.name.empty()) return walk_.Missing("name", "get_weather");
  conversation_.tools.push_back(std::move(tool));
  return true;
}

bool MessagesBody::Choice(MemberValue value) {
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  if (type.empty()) return walk_.Missing("type", "auto");
  if (!ChoiceType(type)) return walk_.Refuse({".type must be auto, any, tool or none."});
  ToolChoice& choice = *conversation_.tool_choice;
  const auto member = [&](std::string_view key, MemberValue inner) {
    if (key == "name") return walk_.Text(inner, choice.name);
    if (key != "disable_parallel_tool_use") return key == "type" || walk_.Drop("tool_choice.", key);
    bool disabled = false;
    if (!walk_.Flag(inner, disabled)) return false;
    conversation_.parallel_tool_calls = !disabled;
    return true;
  };
  if (!walk_.Members(value, "an object", member)) return false;
  const bool named = choice.mode == ToolChoice::Mode::kNamed;
  if (!named) choice.name.clear();
  return !named || !choice.name.empty() || walk_.Missing("name", "get_weather");
}

bool MessagesBody::ChoiceType(std::string_view type) {
  using Mode = ToolChoice::Mode;
  constexpr std::array<std::pair<std::string_view, Mode>, 4> kModes = {{{"auto", Mode::kAuto},
                                                                        {"any", Mode::kRequired},
                                                                        {"tool", Mode::kNamed},
                                                                        {"none", Mode::kNone}}};
  const auto* const row = std::find_if(kModes.begin(), kModes.end(),
                                       [&](const auto& mode) { return mode.first == type; });
  if (row == kModes.end()) return false;
  conversation_.tool_choice.emplace().mode = row->second;
  return true;
}

// --- how the answer is to be ---------------------------------------------------------------------

bool MessagesBody::Thinking(MemberValue value) {
  using Mode = ThinkingRequest::Mode;
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  ThinkingRequest& thinking = conversation_.thinking;
  if (type == "enabled") {
    thinking.mode = Mode::kBudget;
  } else if (type == "adaptive" || type == "between_tools") {
    thinking.mode = Mode::kAdaptive;
  } else if (type == "disabled") {
    thinking.mode = Mode::kOff;
  } else {
    return walk_.Refuse({".type must be enabled, adaptive, between_tools or disabled."});
  }
  std::optional<std::int64_t> budget;
  const auto member = [&](std::string_view key, MemberValue inner) {
    if (key == "budget_tokens") return walk_.Count(inner, budget);
    if (key == "display") return walk_.Text(inner, thinking.display);
    return key == "type" || walk_.Drop("thinking.", key);
  };
  if (!walk_.Members(value, "an object", member)) return false;
  if (thinking.mode != Mode::kBudget) return true;
  if (!budget) return walk_.Missing("budget_tokens", "1024");
  thinking.budget_tokens = *budget;
  return true;
}

bool MessagesBody::OutputConfig(MemberValue value) {
  return walk_.Members(value, "an object", [this](std::string_view key, MemberValue inner) {
    if (key == "effort") return walk_.Text(inner, conversation_.thinking.effort);
    if (key == "format") return Format(inner);
    return walk_.Drop("output_config.", key);
  });
}

bool MessagesBody::Format(MemberValue value) {
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  if (type != "json_schema") return walk_.Refuse({".type must be json_schema."});
  AnswerFormat& format = conversation_.format;
  format.kind = AnswerFormat::Kind::kJsonSchema;
  const auto member = [&](std::string_view key, MemberValue inner) {
    if (key == "schema") return walk_.RawObject(inner, format.schema);
    return key == "type" || walk_.Drop("output_config.format.", key);
  };
  if (!walk_.Members(value, "an object", member)) return false;
  return !format.schema.empty() || walk_.Missing("schema", R"({"type":"object"})");
}

bool MessagesBody::Metadata(MemberValue value) {
  return walk_.Members(value, "an object", [this](std::string_view key, MemberValue inner) {
    return key == "user_id" ? walk_.Text(inner, conversation_.user) : walk_.Drop("metadata.", key);
  });
}

bool MessagesBody::ServiceTier(MemberValue value) {
  std::string tier;
  if (!walk_.Text(value, tier)) return false;
  if (tier != "auto" && tier != "standard_only") {
    return walk_.Refuse({" must be auto or standard_only."});
  }
  conversation_.service_tier = tier == "auto" ? "auto" : "default";
  return true;
}

// --- what other protocols do not have ------------------------------------------------------------

bool MessagesBody::McpServers(MemberValue value) {
  return walk_.Elements(value, "an array of servers",
                        [this](MemberValue) { return walk_.NeedsMessages("of the provider"); });
}

bool MessagesBody::Speed(MemberValue value) {
  std::string speed;
  return walk_.Text(value, speed) && (speed == "standard" || walk_.Drop("", "speed"));
}

// Where data may be processed: a promise that another protocol's backend does not know.
bool MessagesBody::InferenceGeo(MemberValue value) {
  std::string place;
  return walk_.Text(value, place) && walk_.NeedsMessages("for a place of processing");
}

}  // namespace

std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped) {
  thread_local JsonText text;
  conversation = {};
  conversation.protocol = ChatProtocol::kMessages;
  simdjson::ondemand::object root;
  if (!text.Open(body, root)) return BodyProblem{"The body must be a JSON object.", ""};
  MessagesBody reader(conversation, dropped);
  std::optional<BodyProblem> problem;
  if (!reader.Read(root)) problem = reader.problem();
  text.Trim();
  return problem;
}

}  // namespace headgate::backends::anthropic

#include "backends/protocols/openai_chat/body/message_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_chat/body/content_part.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {

using Kind = ContentPart::Kind;

// What the members of a message say. They come in any order, and the role decides what they mean.
struct MessageDraft {
  std::string role;
  std::string name;
  std::string tool_call_id;
  std::string refusal;
  std::string reasoning_content;
  std::string reasoning;
  std::vector<ContentPart> content;
  std::vector<ContentPart> thoughts;  // of thinking_blocks
  std::vector<ContentPart> calls;
  ContentPart legacy_call;  // function_call, if has_legacy_call
  bool has_legacy_call = false;
};

namespace {

constexpr Member<ContentPart> kFunctionMembers[] = {
    {"name", [](BodyValues& in, JsonValue value, const Path& path,
                ContentPart& call) { return in.Text(value, path, "a string", call.name); }},
    {"arguments",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& call) {
       if (TokenOf(value).starts_with('{')) return in.RawObject(value, path, call.arguments);
       return in.Text(value, path, R"(a string with a JSON object, such as "{}")", call.arguments);
     }},
};

bool ReadFunction(BodyValues& in, JsonValue value, const Path& path, ContentPart& call) {
  return in.Object<ContentPart>(value, path, "an object with name and arguments", kFunctionMembers,
                                call);
}

constexpr Member<ContentPart> kCallMembers[] = {
    {"id", [](BodyValues& in, JsonValue value, const Path& path,
              ContentPart& call) { return in.Text(value, path, "a string", call.id); }},
    {"type",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& call) {
       return in.Text(value, path, "\"function\"", call.media_type);
     }},
    {"function", ReadFunction},
    {"custom",
     [](BodyValues& in, JsonValue, const Path& path, ContentPart&) { return in.NeedsChat(path); }},
    // Some clients send back the index that the call had in the stream.
    {"index", [](BodyValues&, JsonValue, const Path&, ContentPart&) { return true; }},
};

// Models write broken arguments now and then, and clients send them back with the tool's complaint.
// A conversation must survive that, so such arguments become the text in an object.
void MakeObject(std::string& arguments) {
  if (const std::string_view said = config::Trim(arguments); said.empty() || said == "null") {
    arguments = "{}";
  } else if (!json::IsWholeObject(arguments)) {
    std::string wrapped = "{\"arguments\":";
    json::AppendJsonString(arguments, wrapped);
    wrapped += '}';
    arguments = std::move(wrapped);
  }
}

bool HasOnly(const std::vector<ContentPart>& parts, std::initializer_list<Kind> kinds) {
  return std::all_of(parts.begin(), parts.end(), [&](const ContentPart& part) {
    return std::find(kinds.begin(), kinds.end(), part.kind) != kinds.end();
  });
}

void MoveParts(std::vector<ContentPart>& from, std::vector<ContentPart>& to) {
  for (ContentPart& part : from) to.push_back(std::move(part));
}

void AddTextPart(Kind kind, std::string& text, std::vector<ContentPart>& parts) {
  if (text.empty()) return;
  ContentPart& part = parts.emplace_back();
  part.kind = kind;
  part.text = std::move(text);
}

bool ReadContent(BodyValues& values, JsonValue value, const Path& path, MessageDraft& message) {
  if (TokenOf(value).starts_with('"')) {
    return values.Text(value, path, "a string", message.content.emplace_back().text);
  }
  return values.Elements(value, path, "a string, an array of parts, or null",
                         [&](JsonValue part, const Path& at) {
                           return ReadContentPart(values, part, at, message.content.emplace_back());
                         });
}

bool ReadToolCalls(BodyValues& values, JsonValue value, const Path& path, MessageDraft& message) {
  return values.Elements(
      value, path, "an array of tool calls, or null", [&](JsonValue item, const Path& at) {
        ContentPart& call = message.calls.emplace_back();
        call.kind = Kind::kToolCall;
        if (!values.Object<ContentPart>(item, at, "an object with id and function", kCallMembers,
                                        call)) {
          return false;
        }
        call.media_type.clear();
        MakeObject(call.arguments);
        if (call.id.empty()) return values.Refuse(at, ".id is missing; send the id of the call.");
        return !call.name.empty() ||
               values.Refuse(at, ".function.name is missing; send the name of the function.");
      });
}

constexpr Member<MessageDraft> kMessageMembers[] = {
    {"role",
     [](BodyValues& in, JsonValue role, const Path& at, MessageDraft& message) {
       return in.Text(role, at, "a string such as \"user\"", message.role);
     }},
    {"content", ReadContent},
    {"tool_calls", ReadToolCalls},
    {"tool_call_id",
     [](BodyValues& in, JsonValue text, const Path& at, MessageDraft& message) {
       return in.Text(text, at, "a string", message.tool_call_id);
     }},
    {"refusal",
     [](BodyValues& in, JsonValue text, const Path& at, MessageDraft& message) {
       return in.Text(text, at, "a string or null", message.refusal);
     }},
    {"reasoning_content",
     [](BodyValues& in, JsonValue text, const Path& at, MessageDraft& message) {
       return in.Text(text, at, "a string or null", message.reasoning_content);
     }},
    {"reasoning",
     [](BodyValues& in, JsonValue text, const Path& at, MessageDraft& message) {
       return in.Text(text, at, "a string or null", message.reasoning);
     }},
    {"thinking_blocks",
     [](BodyValues& in, JsonValue blocks, const Path& at, MessageDraft& message) {
       return in.Elements(blocks, at, "an array of blocks", [&](JsonValue block, const Path& one) {
         return ReadThinkingBlock(in, block, one, message.thoughts.emplace_back());
       });
     }},
    {"function_call",
     [](BodyValues& in, JsonValue call, const Path& at, MessageDraft& message) {
       message.has_legacy_call = true;
       return ReadFunction(in, call, at, message.legacy_call);
     }},
    {"name", [](BodyValues& in, JsonValue text, const Path& at,
                MessageDraft& message) { return in.Text(text, at, "a string", message.name); }},
    {"audio",
     [](BodyValues& in, JsonValue, const Path& at, MessageDraft&) { return in.NeedsChat(at); }},
};

}  // namespace

bool MessageReader::Read(JsonValue value, const Path& path) {
  MessageDraft message;
  if (!values_.Object<MessageDraft>(value, path,
                                    R"(an object such as {"role": "user", "content": "Hello"})",
                                    kMessageMembers, message)) {
    return false;
  }
  const std::string& role = message.role;
  if (role == "tool" || role == "function") return AddToolResult(message, path);
  after_tool_ = false;
  if (!message.name.empty()) values_.Drop({.parent = &path, .name = "name"});
  if (role == "system" || role == "developer") return AddSystem(message, path);
  if (role == "user") return AddUser(message, path);
  if (role == "assistant") return AddAssistant(message, path);
  if (role.empty()) {
    return values_.Refuse(path, R"(.role is missing; send one, such as "role": "user".)");
  }
  return values_.Refuse(
      path, ".role must be \"system\", \"developer\", \"user\", \"assistant\" or \"tool\".");
}

Turn& MessageReader::NewTurn(TurnRole role) {
  Turn& turn = conversation_.turns.emplace_back();
  turn.role = role;
  return turn;
}

bool MessageReader::AddSystem(MessageDraft& message, const Path& path) {
  if (!HasOnly(message.content, {Kind::kText})) {
    return values_.Refuse(path, ".content must be a text, or parts of type \"text\".");
  }
  if (conversation_.turns.empty()) {
    MoveParts(message.content, conversation_.system);
  } else if (!message.content.empty()) {
    NewTurn(TurnRole::kSystem).parts = std::move(message.content);
  }
  return true;
}

bool MessageReader::AddUser(MessageDraft& message, const Path& path) {
  if (!HasOnly(message.content, {Kind::kText, Kind::kImage, Kind::kDocument})) {
    return values_.Refuse(path,
                          ".content of a user must not have a refusal; write texts, images "
                          "and files.");
  }
  NewTurn(TurnRole::kUser).parts = std::move(message.content);
  return true;
}

bool MessageReader::AddAssistant(MessageDraft& message, const Path& path) {
  if (!HasOnly(message.content, {Kind::kText, Kind::kRefusal})) {
    return values_.Refuse(path, ".content of an assistant must be texts and refusals.");
  }
  std::vector<ContentPart>& parts = NewTurn(TurnRole::kAssistant).parts;
  if (message.thoughts.empty()) {
    std::string& thought =
        message.reasoning_content.empty() ? message.reasoning : message.reasoning_content;
    AddTextPart(Kind::kThinking, thought, parts);
    if (!parts.empty()) parts.back().signature.protocol = ChatProtocol::kChatCompletions;
  } else {
    MoveParts(message.thoughts, parts);
  }
  // Clients send "" beside tool calls, which is not a text of the answer.
  for (ContentPart& part : message.content) {
    if (!part.text.empty()) parts.push_back(std::move(part));
  }
  AddTextPart(Kind::kRefusal, message.refusal, parts);
  MoveParts(message.calls, parts);
  if (message.has_legacy_call) {
    ContentPart& call = parts.emplace_back(std::move(message.legacy_call));
    call.kind = Kind::kToolCall;
    call.id = legacy_id_ = "call_function_" + std::to_string(++legacy_calls_);
    MakeObject(call.arguments);
  }
  return true;
}

bool MessageReader::AddToolResult(MessageDraft& message, const Path& path) {
  if (!HasOnly(message.content, {Kind::kText, Kind::kImage, Kind::kDocument})) {
    return values_.Refuse(path, ".content of a tool must be a text, or parts of type \"text\".");
  }
  if (message.role == "function") message.tool_call_id = legacy_id_;
  if (message.tool_call_id.empty()) {
    return values_.Refuse(path,
                          ".tool_call_id is missing; send the id of the call that the "
                          "message answers.");
  }
  if (!after_tool_) NewTurn(TurnRole::kUser);
  after_tool_ = true;
  ContentPart& part = conversation_.turns.back().parts.emplace_back();
  part.kind = Kind::kToolResult;
  part.id = std::move(message.tool_call_id);
  part.result = std::move(message.content);
  return true;
}

}  // namespace headgate::backends::openai_chat

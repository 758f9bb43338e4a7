#include "loadtest/sim/requests/prefill.h"

#include "loadtest/sim/requests/json_fields.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

std::string JoinedText(const json::object& message) {
  std::string text;
  const json::value* content = Member(message, "content");
  if (content == nullptr) return text;
  ForEachText(*content, [&text](std::string_view piece) { text += piece; });
  return text;
}

// The words are Anthropic's, which all servers without prefill use here.
[[noreturn]] void RefusePrefill() {
  RefuseBody(
      "This model does not support assistant message prefill. The conversation must end with a "
      "user message.",
      "messages");
}

// vLLM and SGLang: the last message goes on if two members of the body say so.
bool AsksToContinue(const json::object& body) {
  if (!FlagMember(body, "continue_final_message")) return false;
  const json::value* generation = Member(body, "add_generation_prompt");
  if (generation == nullptr || *generation != false) {
    RefuseBody("Cannot set both `continue_final_message` and `add_generation_prompt` to True.",
               "continue_final_message");
  }
  return true;
}

// Mistral and DeepSeek: the last message says it itself, and no other message may.
bool HasPrefixFlag(const json::array& messages) {
  for (std::size_t i = 0; i + 1 < messages.size(); ++i) {
    if (!messages[i].is_object() || !FlagMember(messages[i].get_object(), "prefix")) continue;
    RefuseBody("`prefix` is only allowed for the last message", "messages");
  }
  const json::object& last = messages.back().get_object();
  if (TextMember(last, "role") != "assistant") {
    if (FlagMember(last, "prefix")) {
      RefuseBody("`prefix` is only allowed for a message of the assistant", "messages");
    }
    return false;
  }
  if (!FlagMember(last, "prefix")) {
    RefuseBody(
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
        "assistant",
        "messages", "invalid_request_message_order");
  }
  return true;
}

// A provider without prefill refuses the members of others; self-hosted servers ignore them.
void RefuseForeignMembers(const json::object& body, const json::object& last) {
  for (const std::string_view name : {"continue_final_message", "add_generation_prompt"}) {
    if (Member(body, name) == nullptr) continue;
    RefuseBody("Unrecognized request argument supplied: " + std::string(name), "",
               "unknown_parameter");
  }
  if (Member(last, "prefix") != nullptr) {
    RefuseBody("Additional properties are not allowed ('prefix' was unexpected)", "messages",
               "unknown_parameter");
  }
}

bool Continues(const json::object& body, const json::array& messages, const RequestPlace& place) {
  const json::object& last = messages.back().get_object();
  const bool assistant = TextMember(last, "role") == "assistant";
  switch (place.prefill) {
    case Prefill::kContinueFinalMessage:
      return AsksToContinue(body) && assistant;
    case Prefill::kPrefixFlag:
      return HasPrefixFlag(messages);
    case Prefill::kLastMessage:
      return assistant;
    case Prefill::kRefused:
      if (assistant) RefusePrefill();
      return false;
    case Prefill::kNone:
      if (place.provider) RefuseForeignMembers(body, last);
      return false;
  }
  return false;
}

}  // namespace

void ReadPrefill(const json::object& body, const json::array& messages, const RequestPlace& place,
                 CompletionRequest& request) {
  if (!Continues(body, messages, place)) return;
  std::string text = JoinedText(messages.back().get_object());
  const bool spaced = !text.empty() && (text.back() == ' ' || text.back() == '\n');
  if (place.endpoint == Endpoint::kMessages && place.provider && spaced) {
    RefuseBody("messages: final assistant content cannot end with trailing whitespace", "messages");
  }
  request.prefix = std::move(text);
}

}  // namespace headgate::loadtest::sim

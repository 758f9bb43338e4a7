#include "loadtest/sim/requests/messages_request.h"

#include "loadtest/sim/requests/anthropic_rules.h"
#include "loadtest/sim/requests/json_fields.h"
#include "loadtest/sim/requests/prefill.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

// Reads one message. Returns whether it has the user's own words instead of tool results.
bool ReadTurn(const json::object& message, CompletionRequest& request) {
  const bool user = TextMember(message, "role") == "user";
  request.prompt_tokens += kMessageTokens;
  request.prompt.Message(user ? "user" : "assistant");
  const json::value* content = Member(message, "content");
  if (content == nullptr) RefuseBody("messages: content: Field required", "messages");
  CountTexts(*content, request);
  bool results = false;
  if (const json::array* blocks = content->if_array()) {
    for (const json::value& block : *blocks) {
      if (!block.is_object()) RefuseBody("messages: a content block must be an object", "messages");
      const std::string_view type = TextMember(block.get_object(), "type");
      if (type == "thinking") {
        request.signatures.emplace_back(TextMember(block.get_object(), "signature"));
      }
      if (type != "tool_result") continue;
      results = true;
      ++request.tool_results;
      const json::value* result = Member(block.get_object(), "content");
      if (result != nullptr) CountTexts(*result, request);
    }
  }
  std::string text;
  if (user) ForEachText(*content, [&text](std::string_view piece) { text += piece; });
  if (!text.empty()) request.last_user_text = std::move(text);
  return user && !results;
}

// Reads the tools that may be called. If the user spoke last, the answer is a call of the tool that
// tool_choice names, or of the first tool.
void ReadToolOffers(const json::object& body, bool asks, CompletionRequest& request) {
  const json::array* tools = ArrayMember(body, "tools");
  if (tools == nullptr) return;
  const json::object* choice = ObjectMember(body, "tool_choice");
  if (choice != nullptr && TextMember(*choice, "type") == "none") return;
  const std::string_view wanted = choice == nullptr ? "" : TextMember(*choice, "name");
  for (const json::value& value : *tools) {
    if (!value.is_object()) RefuseBody("tools: a tool must be an object", "tools");
    const json::object& tool = value.get_object();
    const std::string_view name = TextMember(tool, "name");
    request.tools.push_back({std::string(name), false});
    // A tool without a schema would run on the server. The simulator does not have such tools.
    const json::value* schema = Member(tool, "input_schema");
    if (!asks || request.tool_call || schema == nullptr || (!wanted.empty() && name != wanted)) {
      continue;
    }
    request.tool_call = ExampleCall(name, schema);
  }
}

}  // namespace

void ReadMessagesBody(const json::object& body, const RequestPlace& place,
                      CompletionRequest& request) {
  if (place.provider) CheckAnthropicRules(body, place);
  request.stream = FlagMember(body, "stream");
  request.max_tokens = CountMember(body, "max_tokens", 0);
  if (!request.max_tokens && request.endpoint == Endpoint::kMessages) {
    RefuseBody("max_tokens: Field required", "max_tokens");
  }
  if (const json::value* system = Member(body, "system")) {
    request.prompt.Message("system");
    if (CountTexts(*system, request)) request.prompt_tokens += kMessageTokens;
  }
  const json::array* messages = ArrayMember(body, "messages");
  if (messages == nullptr) RefuseBody("messages: Field required", "messages");
  if (messages->empty()) RefuseBody("messages: at least one message is required", "messages");
  const json::array* stops = ArrayMember(body, "stop_sequences");
  if (stops != nullptr && !stops->empty() && stops->front().is_string()) {
    request.stop_sequence = TextOf(stops->front().get_string());
  }
  bool asks = false;
  for (const json::value& message : *messages) {
    if (!message.is_object()) RefuseBody("messages: Input should be an object", "messages");
    asks = ReadTurn(message.get_object(), request);
  }
  ReadPrefill(body, *messages, place, request);
  ReadToolOffers(body, asks, request);
}

}  // namespace headgate::loadtest::sim

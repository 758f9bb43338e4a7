#include "backends/protocols/openai_responses/conversation_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/input/body_reading.h"
#include "backends/protocols/openai_responses/input/item_reader.h"
#include "backends/protocols/openai_responses/input/tool_reader.h"

namespace headgate::backends::openai_responses {
namespace {

// Members that refer to what OpenAI keeps.
constexpr std::string_view kStoredState[] = {"previous_response_id", "conversation", "prompt"};

class ConversationReader {
 public:
  ConversationReader(Conversation& conversation, DroppedFields& dropped)
      : reading_(dropped), conversation_(conversation), tools_(reading_, conversation) {}

  bool Read(std::string_view body);
  const std::optional<BodyProblem>& problem() const { return reading_.problem(); }

 private:
  void DropUnknown();
  bool RefuseState();
  bool ReadPlain();
  bool ReadSampling();
  bool ReadInclude();
  bool ReadFormat();
  bool ReadSchema(const json::Members& format);
  bool ReadReasoning();
  bool ReadMetadata();
  bool ReadStreamOptions();
  bool ReadInput();

  BodyReading reading_;
  Conversation& conversation_;
  ToolReader tools_;
  json::PaddedCopy copy_;
  json::Members body_;
};

bool ConversationReader::Read(std::string_view body) {
  conversation_.protocol = ChatProtocol::kResponses;
  if (!reading_.Object(copy_.Take(body), {}, body_)) return false;
  DropUnknown();
  return RefuseState() && ReadPlain() && ReadSampling() && ReadInclude() && ReadFormat() &&
         ReadReasoning() && ReadMetadata() && ReadStreamOptions() && ReadInput();
}

void ConversationReader::DropUnknown() {
  reading_.DropOthers(body_,
                      {"model",        "input",         "instructions",      "stream",
                       "store",        "include",       "max_output_tokens", "temperature",
                       "top_p",        "tools",         "tool_choice",       "parallel_tool_calls",
                       "text",         "reasoning",     "metadata",          "user",
                       "background",   "conversation",  "safety_identifier", "service_tier",
                       "prompt",       "truncation",    "prompt_cache_key",  "previous_response_id",
                       "top_logprobs", "stream_options"},
                      {});
}

bool ConversationReader::RefuseState() {
  for (const std::string_view name : kStoredState) {
    if (!body_.Find(name).empty()) return reading_.NeedsResponses(name, {});
  }
  std::optional<bool> background;
  if (!reading_.Bool(body_, "background", {}, background)) return false;
  return !background.value_or(false) || reading_.NeedsResponses("background", {});
}

bool ConversationReader::ReadPlain() {
  std::string truncation;
  std::optional<bool> stream;
  std::optional<bool> store;
  if (!reading_.Text(body_, "model", {}, conversation_.model) ||
      !reading_.Bool(body_, "stream", {}, stream) || !reading_.Bool(body_, "store", {}, store) ||
      !reading_.Text(body_, "user", {}, conversation_.user) ||
      !reading_.Text(body_, "safety_identifier", {}, conversation_.user) ||
      !reading_.Text(body_, "service_tier", {}, conversation_.service_tier) ||
      !reading_.Text(body_, "prompt_cache_key", {}, conversation_.cache_key) ||
      !reading_.Text(body_, "truncation", {}, truncation)) {
    return false;
  }
  conversation_.stream = stream.value_or(false);
  if (store.value_or(false)) reading_.Drop("store");
  if (!truncation.empty() && truncation != "disabled") reading_.Drop("truncation");
  return true;
}

bool ConversationReader::ReadSampling() {
  std::optional<std::int64_t> logprobs;
  if (!reading_.Integer(body_, "max_output_tokens", {}, 1, conversation_.max_tokens) ||
      !reading_.Number(body_, "temperature", {}, conversation_.temperature) ||
      !reading_.Number(body_, "top_p", {}, conversation_.top_p) ||
      !reading_.Integer(body_, "top_logprobs", {}, 0, logprobs) ||
      !reading_.Bool(body_, "parallel_tool_calls", {}, conversation_.parallel_tool_calls)) {
    return false;
  }
  return logprobs.value_or(0) == 0 || reading_.NeedsResponses("top_logprobs", {});
}

// Encrypted thoughts are written whenever the backend gives a signature, so that asking for them
// leaves no trace in the conversation.
bool ConversationReader::ReadInclude() {
  const std::string_view value = body_.Find("include");
  std::vector<std::string_view> elements;
  if (value.empty()) return true;
  if (!json::IsArray(value)) return reading_.Wrong("include", "a list of strings", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse("include", "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string at = ElementPath("include", i);
    if (!json::IsText(elements[i])) return reading_.Wrong(at, "a string", elements[i]);
    if (elements[i] == R"("reasoning.encrypted_content")") continue;
    if (elements[i] == R"("message.output_text.logprobs")") return reading_.NeedsResponses(at, {});
    reading_.Drop("include");
  }
  return true;
}

bool ConversationReader::ReadFormat() {
  const std::string_view value = body_.Find("text");
  json::Members text;
  json::Members format;
  std::string type = "text";
  if (value.empty()) return true;
  if (!reading_.Object(value, "text", text)) return false;
  if (!reading_.Text(text, "verbosity", "text", conversation_.verbosity)) return false;
  reading_.DropOthers(text, {"format", "verbosity"}, "text.");
  if (text.Find("format").empty()) return true;
  if (!reading_.Object(text.Find("format"), "text.format", format)) return false;
  if (!reading_.Text(format, "type", "text.format", type)) return false;
  if (type == "json_schema") return ReadSchema(format);
  if (type == "json_object") {
    conversation_.format.kind = AnswerFormat::Kind::kJsonObject;
    return true;
  }
  return type == "text" ||
         reading_.Refuse("text.format.type", R"(must be "text", "json_object" or "json_schema")");
}

bool ConversationReader::ReadSchema(const json::Members& format) {
  constexpr std::string_view kAt = "text.format";
  AnswerFormat& to = conversation_.format;
  to.kind = AnswerFormat::Kind::kJsonSchema;
  if (!reading_.Text(format, "name", kAt, to.name) ||
      !reading_.Text(format, "description", kAt, to.description) ||
      !reading_.KeptObject(format, "schema", kAt, to.schema) ||
      !reading_.Bool(format, "strict", kAt, to.strict)) {
    return false;
  }
  reading_.DropOthers(format, {"type", "name", "description", "schema", "strict"}, "text.format.");
  return !to.schema.empty() ||
         reading_.Refuse("text.format.schema", "is missing; send a JSON schema");
}

bool ConversationReader::ReadReasoning() {
  const std::string_view value = body_.Find("reasoning");
  json::Members members;
  ThinkingRequest& thinking = conversation_.thinking;
  if (value.empty()) return true;
  if (!reading_.Object(value, "reasoning", members)) return false;
  // `generate_summary` is the older name of `summary`.
  if (!reading_.Text(members, "effort", "reasoning", thinking.effort) ||
      !reading_.Text(members, "generate_summary", "reasoning", thinking.display) ||
      !reading_.Text(members, "summary", "reasoning", thinking.display)) {
    return false;
  }
  if (thinking.effort == "none") thinking.mode = ThinkingRequest::Mode::kOff;
  reading_.DropOthers(members, {"effort", "summary", "generate_summary"}, "reasoning.");
  return true;
}

bool ConversationReader::ReadMetadata() {
  const std::string_view value = body_.Find("metadata");
  json::Members members;
  if (value.empty()) return true;
  if (!reading_.Object(value, "metadata", members)) return false;
  for (const json::Members::Member& member : members) {
    std::string text;
    if (member.value == "null") continue;
    if (!reading_.Text(members, member.name, "metadata", text)) return false;
    conversation_.metadata.emplace_back(member.name, std::move(text));
  }
  return true;
}

bool ConversationReader::ReadStreamOptions() {
  const std::string_view value = body_.Find("stream_options");
  json::Members members;
  std::optional<bool> obfuscation;
  if (value.empty()) return true;
  if (!reading_.Object(value, "stream_options", members)) return false;
  if (!reading_.Bool(members, "include_obfuscation", "stream_options", obfuscation)) return false;
  if (obfuscation.value_or(false)) reading_.Drop("stream_options.include_obfuscation");
  reading_.DropOthers(members, {"include_obfuscation"}, "stream_options.");
  return true;
}

// In the order of what depends on what: items may bring more tools, and the choice is among all.
bool ConversationReader::ReadInput() {
  std::string instructions;
  if (!reading_.Text(body_, "instructions", {}, instructions)) return false;
  if (!instructions.empty()) {
    conversation_.system.emplace_back().text = std::move(instructions);
  }
  const std::string_view tools = body_.Find("tools");
  if (!tools.empty() && !tools_.ReadTools(tools, "tools")) return false;
  ItemReader items(reading_, tools_, conversation_);
  return items.Read(body_.Find("input")) && tools_.ReadChoice(body_.Find("tool_choice"));
}

}  // namespace

std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped) {
  ConversationReader reader(conversation, dropped);
  if (reader.Read(body)) return std::nullopt;
  return reader.problem();
}

}  // namespace headgate::backends::openai_responses

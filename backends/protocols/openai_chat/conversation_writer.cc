#include "backends/protocols/openai_chat/conversation_writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_chat/body/message_writer.h"
#include "backends/protocols/translation/user_name.h"

namespace headgate::backends::openai_chat {
namespace {

using json::AppendInteger;
using json::AppendJsonString;
using Field = ConversationField;

// OpenAI's limits, openai-openapi 2.3.0, August 2026.
constexpr std::size_t kMostStops = 4;

// Writes the members behind the messages.
class BodyWriter {
 public:
  BodyWriter(const Conversation& conversation, const BackendTraits& traits, DroppedFields& dropped,
             std::string& out)
      : conversation_(conversation), traits_(traits), dropped_(dropped), out_(out) {}

  void WriteStream();
  void WriteSampling();
  void WriteStop();
  void WriteTools();
  void WriteToolChoice();
  void WriteFormat();
  void WriteThinking();
  void WriteTexts();
  void WriteUser();
  void WritePriority();
  void DropRest();

 private:
  void Key(std::string_view name) { out_.append(",\"").append(name).append("\":"); }
  void Drop(Field field) { dropped_.emplace(FieldName(conversation_.protocol, field)); }
  void NumberIf(bool taken, std::string_view name, const std::string& number, Field field);
  void TextIf(bool taken, std::string_view name, const std::string& text, Field field);

  const Conversation& conversation_;
  const BackendTraits& traits_;
  DroppedFields& dropped_;
  std::string& out_;
};

void BodyWriter::NumberIf(bool taken, std::string_view name, const std::string& number,
                          Field field) {
  if (number.empty()) return;
  if (!taken) return Drop(field);
  Key(name);
  out_ += number;
}

void BodyWriter::TextIf(bool taken, std::string_view name, const std::string& text, Field field) {
  if (text.empty()) return;
  if (!taken) return Drop(field);
  Key(name);
  AppendJsonString(text, out_);
}

void BodyWriter::WriteStream() {
  if (!conversation_.stream) return;
  out_ += R"(,"stream":true,"stream_options":{"include_usage":true})";
}

void BodyWriter::WriteSampling() {
  if (conversation_.max_tokens) {
    // Models that reason refuse max_tokens at OpenAI; Ollama ignores max_completion_tokens.
    Key(traits_.is_openai ? "max_completion_tokens" : "max_tokens");
    AppendInteger(*conversation_.max_tokens, out_);
  }
  const bool sampling = traits_.takes_sampling;
  NumberIf(sampling, "temperature", conversation_.temperature, Field::kTemperature);
  NumberIf(sampling, "top_p", conversation_.top_p, Field::kTopP);
  NumberIf(sampling && !traits_.is_openai, "top_k", conversation_.top_k, Field::kTopK);
  NumberIf(true, "seed", conversation_.seed, Field::kSeed);
  NumberIf(true, "presence_penalty", conversation_.presence_penalty, Field::kPresencePenalty);
  NumberIf(true, "frequency_penalty", conversation_.frequency_penalty, Field::kFrequencyPenalty);
}

// Always an array: TGI takes nothing else.
void BodyWriter::WriteStop() {
  std::size_t count = conversation_.stop.size();
  if (traits_.is_openai && count > kMostStops) {
    count = kMostStops;
    Drop(Field::kStop);
  }
  if (count == 0) return;
  Key("stop");
  for (std::size_t i = 0; i < count; ++i) {
    out_ += i == 0 ? '[' : ',';
    AppendJsonString(conversation_.stop[i], out_);
  }
  out_ += ']';
}

void BodyWriter::WriteTools() {
  if (conversation_.tools.empty()) return;
  Key("tools");
  char before = '[';
  for (const ToolDefinition& tool : conversation_.tools) {
    out_ += before;
    before = ',';
    out_ += R"({"type":"function","function":{"name":)";
    AppendJsonString(tool.name, out_);
    if (!tool.description.empty()) {
      Key("description");
      AppendJsonString(tool.description, out_);
    }
    if (!tool.schema.empty()) {
      Key("parameters");
      out_ += tool.schema;
    }
    if (tool.strict) {
      Key("strict");
      out_ += *tool.strict ? "true" : "false";
    }
    out_ += "}}";
    if (!tool.cache_control.empty()) Drop(Field::kCacheControl);
  }
  out_ += ']';
  WriteToolChoice();
}

// OpenAI refuses both members without tools.
void BodyWriter::WriteToolChoice() {
  using Mode = ToolChoice::Mode;
  if (conversation_.tool_choice) {
    Key("tool_choice");
    switch (conversation_.tool_choice->mode) {
      case Mode::kAuto:
        out_ += "\"auto\"";
        break;
      case Mode::kRequired:
        out_ += "\"required\"";
        break;
      case Mode::kNone:
        out_ += "\"none\"";
        break;
      case Mode::kNamed:
        out_ += R"({"type":"function","function":{"name":)";
        AppendJsonString(conversation_.tool_choice->name, out_);
        out_ += "}}";
        break;
    }
  }
  if (conversation_.parallel_tool_calls) {
    Key("parallel_tool_calls");
    out_ += *conversation_.parallel_tool_calls ? "true" : "false";
  }
}

void BodyWriter::WriteFormat() {
  const AnswerFormat& format = conversation_.format;
  if (format.kind == AnswerFormat::Kind::kText) return;
  if (format.kind == AnswerFormat::Kind::kJsonObject) {
    out_ += R"(,"response_format":{"type":"json_object"})";
    return;
  }
  out_ += R"(,"response_format":{"type":"json_schema","json_schema":{"name":)";
  AppendJsonString(format.name.empty() ? "out" : format.name, out_);
  if (!format.description.empty()) {
    Key("description");
    AppendJsonString(format.description, out_);
  }
  Key("schema");
  out_ += format.schema;
  // Anthropic's answers always follow their schema.
  const bool strict = format.strict.value_or(conversation_.protocol == ChatProtocol::kMessages);
  if (format.strict || strict) {
    Key("strict");
    out_ += strict ? "true" : "false";
  }
  out_ += "}}";
}

// An effort says roughly what a budget says. Anthropic's guide to extended thinking (2026) calls
// 16,000 tokens and more a budget for complex tasks, and begins at 1,024.
std::string_view EffortOf(const ThinkingRequest& thinking) {
  if (!thinking.effort.empty()) return thinking.effort;
  if (thinking.mode == ThinkingRequest::Mode::kOff) return "none";
  if (thinking.mode != ThinkingRequest::Mode::kBudget) return {};
  if (thinking.budget_tokens < 4096) return "low";
  return thinking.budget_tokens < 16000 ? "medium" : "high";
}

void BodyWriter::WriteThinking() {
  const ThinkingRequest& thinking = conversation_.thinking;
  if (thinking.mode == ThinkingRequest::Mode::kBudget) Drop(Field::kThinkingBudget);
  const std::string_view effort = EffortOf(thinking);
  if (effort.empty()) {
    // How much is left to the model, as it is without a word about it.
    if (thinking.mode == ThinkingRequest::Mode::kAdaptive) Drop(Field::kThinkingBudget);
    return;
  }
  if (traits_.takes_effort) {
    Key("reasoning_effort");
    AppendJsonString(effort, out_);
  } else {
    Drop(thinking.effort.empty() ? Field::kThinkingBudget : Field::kEffort);
  }
}

void BodyWriter::WriteTexts() {
  const bool openai = traits_.is_openai;
  TextIf(openai, "verbosity", conversation_.verbosity, Field::kVerbosity);
  if (openai || conversation_.service_tier != "auto") {
    TextIf(openai, "service_tier", conversation_.service_tier, Field::kServiceTier);
  }
  TextIf(openai, "prompt_cache_key", conversation_.cache_key, Field::kCacheKey);
}

// `user` is deprecated at OpenAI, and all that other servers know.
void BodyWriter::WriteUser() {
  if (conversation_.user.empty()) return;
  if (!traits_.is_openai) {
    TextIf(true, "user", conversation_.user, Field::kUser);
    return;
  }
  Key("safety_identifier");
  AppendJsonString(UserWithin(conversation_.user, kLongestUserOfOpenAi), out_);
}

void BodyWriter::WritePriority() {
  if (!traits_.priority) return;
  Key("priority");
  AppendInteger(*traits_.priority, out_);
}

// OpenAI takes metadata only for answers that it is to store, and other servers take none.
void BodyWriter::DropRest() {
  if (!conversation_.metadata.empty()) Drop(Field::kMetadata);
  if (!conversation_.cache_control.empty()) Drop(Field::kCacheControl);
}

}  // namespace

std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out) {
  out = "{\"model\":";
  AppendJsonString(traits.model, out);
  out += ",\"messages\":";
  if (!MessageWriter(conversation, traits, dropped, out).Write()) {
    return BodyProblem{
        .message =
            "A document is an address, which a backend that speaks chat completions does not "
            "take. Send the document in base64 or as a text.",
        .param = {}};
  }
  BodyWriter body(conversation, traits, dropped, out);
  body.WriteStream();
  body.WriteSampling();
  body.WriteStop();
  body.WriteTools();
  body.WriteFormat();
  body.WriteThinking();
  body.WriteTexts();
  body.WriteUser();
  body.WritePriority();
  body.DropRest();
  out += '}';
  return std::nullopt;
}

}  // namespace headgate::backends::openai_chat

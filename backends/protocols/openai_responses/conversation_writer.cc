#include "backends/protocols/openai_responses/conversation_writer.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_responses/input_writer.h"
#include "backends/protocols/translation/user_name.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendInteger;
using json::AppendJsonString;

constexpr std::int64_t kLeastTokensOfOpenAi = 16;
// Budgets that the levels of effort stand for: between those of LiteLLM (1,024, 2,048 and 4,096)
// and Anthropic's examples (10,000 and more).
constexpr std::int64_t kLowBudget = 2048;
constexpr std::int64_t kMediumBudget = 8192;

class BodyWriter {
 public:
  BodyWriter(const Conversation& conversation, const BackendTraits& traits, DroppedFields& dropped,
             std::string& out)
      : conversation_(conversation), traits_(traits), dropped_(dropped), out_(out) {}

  void WriteBody();

 private:
  void WriteInstructions();
  void WriteLimits();
  void WriteTools();
  void WriteTool(const ToolDefinition& tool);
  void WriteChoice();
  void WriteText();
  void WriteFormat();
  void WriteReasoning();
  void WriteNames();
  void WritePriority();
  void DropTheUnsayable();

  std::string_view Effort();
  std::string_view Summary() const;
  // Appends ,"name": .
  void Name(std::string_view name) { out_.append(",\"").append(name).append("\":"); }
  void Text(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    Name(name);
    AppendJsonString(text, out_);
  }
  void Drop(bool said, ConversationField field) {
    if (said) dropped_.emplace(FieldName(conversation_.protocol, field));
  }

  const Conversation& conversation_;
  const BackendTraits& traits_;
  DroppedFields& dropped_;
  std::string& out_;
};

void BodyWriter::WriteBody() {
  out_ += R"({"model":)";
  AppendJsonString(traits_.model, out_);
  WriteInstructions();
  Name("input");
  WriteInput(conversation_, traits_, dropped_, out_);
  out_ += conversation_.stream ? R"(,"stream":true,"store":false)" : R"(,"store":false)";
  WriteLimits();
  WriteTools();
  WriteText();
  WriteReasoning();
  WriteNames();
  WritePriority();
  DropTheUnsayable();
  out_ += '}';
}

void BodyWriter::WriteInstructions() {
  std::string instructions;
  for (const ContentPart& part : conversation_.system) {
    Drop(!part.cache_control.empty(), ConversationField::kCacheControl);
    if (part.text.empty()) continue;
    if (!instructions.empty()) instructions += "\n\n";
    instructions += part.text;
  }
  Text("instructions", instructions);
}

void BodyWriter::WriteLimits() {
  if (conversation_.max_tokens) {
    const std::int64_t least = traits_.is_openai ? kLeastTokensOfOpenAi : 1;
    Name("max_output_tokens");
    AppendInteger(std::max(*conversation_.max_tokens, least), out_);
  }
  const auto sampling = [this](std::string_view name, const std::string& number,
                               ConversationField field) {
    if (number.empty()) return;
    if (!traits_.takes_sampling) return Drop(true, field);
    Name(name);
    out_ += number;
  };
  sampling("temperature", conversation_.temperature, ConversationField::kTemperature);
  sampling("top_p", conversation_.top_p, ConversationField::kTopP);
}

void BodyWriter::WriteTools() {
  if (conversation_.tools.empty()) return;
  Name("tools");
  char separator = '[';
  for (const ToolDefinition& tool : conversation_.tools) {
    out_ += separator;
    separator = ',';
    WriteTool(tool);
  }
  out_ += ']';
  WriteChoice();
  if (!conversation_.parallel_tool_calls) return;
  Name("parallel_tool_calls");
  out_ += *conversation_.parallel_tool_calls ? "true" : "false";
}

// Responses makes a schema strict if nothing is said; the other protocols do not.
void BodyWriter::WriteTool(const ToolDefinition& tool) {
  out_ += R"({"type":"function","name":)";
  AppendJsonString(tool.name, out_);
  Text("description", tool.description);
  Name("parameters");
  out_ += tool.schema.empty() ? R"({"type":"object","properties":{}})" : tool.schema;
  if (tool.strict || conversation_.protocol != ChatProtocol::kResponses) {
    Name("strict");
    out_ += tool.strict.value_or(false) ? "true" : "false";
  }
  Drop(!tool.cache_control.empty(), ConversationField::kCacheControl);
  out_ += '}';
}

void BodyWriter::WriteChoice() {
  if (!conversation_.tool_choice) return;
  Name("tool_choice");
  switch (conversation_.tool_choice->mode) {
    case ToolChoice::Mode::kAuto:
      out_ += R"("auto")";
      return;
    case ToolChoice::Mode::kRequired:
      out_ += R"("required")";
      return;
    case ToolChoice::Mode::kNone:
      out_ += R"("none")";
      return;
    case ToolChoice::Mode::kNamed:
      out_ += R"({"type":"function","name":)";
      AppendJsonString(conversation_.tool_choice->name, out_);
      out_ += '}';
  }
}

void BodyWriter::WriteText() {
  const bool format = conversation_.format.kind != AnswerFormat::Kind::kText;
  if (!format && conversation_.verbosity.empty()) return;
  Name("text");
  out_ += '{';
  if (format) WriteFormat();
  if (!conversation_.verbosity.empty()) {
    out_ += format ? R"(,"verbosity":)" : R"("verbosity":)";
    AppendJsonString(conversation_.verbosity, out_);
  }
  out_ += '}';
}

void BodyWriter::WriteFormat() {
  const AnswerFormat& format = conversation_.format;
  if (format.kind == AnswerFormat::Kind::kJsonObject) {
    out_ += R"("format":{"type":"json_object"})";
    return;
  }
  out_ += R"("format":{"type":"json_schema","name":)";
  AppendJsonString(format.name.empty() ? "answer" : format.name, out_);
  Text("description", format.description);
  Name("schema");
  out_ += format.schema.empty() ? "{}" : format.schema;
  // Anthropic always keeps to a schema.
  const bool strict = format.strict.value_or(conversation_.protocol == ChatProtocol::kMessages);
  if (format.strict || strict) {
    Name("strict");
    out_ += strict ? "true" : "false";
  }
  out_ += '}';
}

// Returns the level of effort; empty if none is to be written.
std::string_view BodyWriter::Effort() {
  const ThinkingRequest& thinking = conversation_.thinking;
  const bool budget = thinking.mode == ThinkingRequest::Mode::kBudget;
  Drop(budget, ConversationField::kThinkingBudget);
  if (!traits_.takes_effort) {
    Drop(!thinking.effort.empty(), ConversationField::kEffort);
    return {};
  }
  if (thinking.mode == ThinkingRequest::Mode::kOff) return "none";
  if (!thinking.effort.empty() || !budget) return thinking.effort;
  if (thinking.budget_tokens <= kLowBudget) return "low";
  return thinking.budget_tokens <= kMediumBudget ? "medium" : "high";
}

// Returns how the client wants to read the thoughts. A client of Messages that turns thinking on
// reads them if it does not say otherwise.
std::string_view BodyWriter::Summary() const {
  const ThinkingRequest& thinking = conversation_.thinking;
  const bool on = thinking.mode == ThinkingRequest::Mode::kAdaptive ||
                  thinking.mode == ThinkingRequest::Mode::kBudget;
  if (thinking.mode == ThinkingRequest::Mode::kOff || thinking.display == "omitted") return {};
  if (thinking.display == "summarized" || (thinking.display.empty() && on)) return "auto";
  return thinking.display;
}

void BodyWriter::WriteReasoning() {
  const std::string_view effort = Effort();
  const std::string_view summary = Summary();
  const bool on = conversation_.thinking.mode == ThinkingRequest::Mode::kAdaptive ||
                  conversation_.thinking.mode == ThinkingRequest::Mode::kBudget;
  if (on || !summary.empty() || (!effort.empty() && effort != "none")) {
    Name("include");
    out_ += R"(["reasoning.encrypted_content"])";
  }
  if (effort.empty() && summary.empty()) return;
  Name("reasoning");
  out_ += '{';
  if (!effort.empty()) {
    out_ += R"("effort":)";
    AppendJsonString(effort, out_);
  }
  if (!summary.empty()) {
    out_ += effort.empty() ? R"("summary":)" : R"(,"summary":)";
    AppendJsonString(summary, out_);
  }
  out_ += '}';
}

void BodyWriter::WriteNames() {
  Text("service_tier", conversation_.service_tier);
  Text("prompt_cache_key", conversation_.cache_key);
  if (traits_.is_openai) {
    Text("safety_identifier", UserWithin(conversation_.user, kLongestUserOfOpenAi));
  } else {
    Text("user", conversation_.user);
  }
  if (conversation_.metadata.empty()) return;
  Name("metadata");
  char separator = '{';
  for (const auto& [name, text] : conversation_.metadata) {
    out_ += separator;
    separator = ',';
    AppendJsonString(name, out_);
    out_ += ':';
    AppendJsonString(text, out_);
  }
  out_ += '}';
}

void BodyWriter::WritePriority() {
  if (!traits_.priority) return;
  Name("priority");
  AppendInteger(*traits_.priority, out_);
}

void BodyWriter::DropTheUnsayable() {
  Drop(!conversation_.top_k.empty(), ConversationField::kTopK);
  Drop(!conversation_.seed.empty(), ConversationField::kSeed);
  Drop(!conversation_.presence_penalty.empty(), ConversationField::kPresencePenalty);
  Drop(!conversation_.frequency_penalty.empty(), ConversationField::kFrequencyPenalty);
  Drop(!conversation_.stop.empty(), ConversationField::kStop);
  Drop(!conversation_.cache_control.empty(), ConversationField::kCacheControl);
}

}  // namespace

std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out) {
  BodyWriter(conversation, traits, dropped, out).WriteBody();
  return std::nullopt;
}

}  // namespace headgate::backends::openai_responses

#include "backends/protocols/anthropic/conversation_writer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/anthropic/parts/part_writer.h"
#include "backends/protocols/anthropic/parts/thinking_plan.h"
#include "backends/protocols/anthropic/parts/turn_writer.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/translation/user_name.h"

namespace headgate::backends::anthropic {
namespace {

using Field = ConversationField;

constexpr std::string_view kJsonInstruction =
    "Answer with a single JSON object and nothing else: no words around it, no Markdown fence.";

double NumberOf(std::string_view literal) {
  double number = 0;
  const char* const end = literal.data() + literal.size();
  // Of a number that no double holds, only the sign matters here.
  if (std::from_chars(literal.data(), end, number).ec == std::errc::result_out_of_range) {
    return literal.find("e-") != std::string_view::npos ? 0 : 1e300;
  }
  return number;
}

class MessagesRequest {
 public:
  MessagesRequest(const Conversation& conversation, const BackendTraits& traits,
                  DroppedFields& dropped, std::string& out)
      : said_(conversation), traits_(traits), dropped_(dropped), out_(out) {}

  std::optional<BodyProblem> Write();

 private:
  void Drop(Field field) { dropped_.emplace(FieldName(said_.protocol, field)); }
  void DropIf(bool condition, Field field) {
    if (condition) Drop(field);
  }
  void Member(std::string_view name, std::string_view json) {
    out_.append(",\"").append(name).append("\":").append(json);
  }
  std::optional<BodyProblem> Messages();
  void System(bool texts);
  void Tools();
  void Tool(const ToolDefinition& tool);
  void Choice();
  void OutputConfig(const ThinkingPlan& plan);
  void Sampling(bool thinks);
  void Stop();
  void Rest();

  const Conversation& said_;
  const BackendTraits& traits_;
  DroppedFields& dropped_;
  std::string& out_;
};

std::optional<BodyProblem> MessagesRequest::Write() {
  const std::int64_t max_tokens = said_.max_tokens.value_or(traits_.default_max_tokens);
  out_ += "{\"model\":";
  json::AppendJsonString(traits_.model, out_);
  out_ += ",\"max_tokens\":";
  json::AppendInteger(max_tokens, out_);
  if (std::optional<BodyProblem> problem = Messages()) return problem;
  Tools();
  Choice();
  const ThinkingPlan plan = PlanThinking(said_, traits_, max_tokens, dropped_);
  AppendThinking(plan, out_);
  OutputConfig(plan);
  Sampling(plan.Thinks());
  Stop();
  Rest();
  out_ += '}';
  return std::nullopt;
}

// A conversation of system texts alone, which OpenAI's clients may send, becomes the user's.
std::optional<BodyProblem> MessagesRequest::Messages() {
  std::vector<MergedMessage> messages = MergeTurns(said_, traits_, dropped_);
  const bool system_alone = messages.empty();
  if (system_alone) {
    MergedMessage& message = messages.emplace_back();
    for (const ContentPart& part : said_.system) {
      if (HasWords(part.text)) message.pieces.push_back({&part, false});
    }
    if (message.pieces.empty()) {
      return BodyProblem{"The conversation has no text; send at least 1 message with a text.", ""};
    }
  }
  System(!system_alone);
  out_ += ",\"messages\":";
  return AppendMessages(messages, out_);
}

// One text is a string, several are blocks. `texts`: with the texts of the conversation.
void MessagesRequest::System(bool texts) {
  std::vector<const ContentPart*> parts;
  for (const ContentPart& part : said_.system) {
    if (texts && HasWords(part.text)) parts.push_back(&part);
  }
  ContentPart instruction;
  if (said_.format.kind == AnswerFormat::Kind::kJsonObject) {
    instruction.text = kJsonInstruction;
    parts.push_back(&instruction);
  }
  if (parts.empty()) return;
  out_ += ",\"system\":";
  if (parts.size() == 1 && parts.front()->cache_control.empty()) {
    json::AppendJsonString(parts.front()->text, out_);
    return;
  }
  out_ += '[';
  for (const ContentPart* const part : parts) {
    if (part != parts.front()) out_ += ',';
    AppendTextBlock(part->text, part->cache_control, out_);
  }
  out_ += ']';
}

void MessagesRequest::Tools() {
  if (said_.tools.empty()) return;
  out_ += ",\"tools\":[";
  for (const ToolDefinition& tool : said_.tools) {
    if (&tool != &said_.tools.front()) out_ += ',';
    Tool(tool);
  }
  out_ += ']';
}

void MessagesRequest::Tool(const ToolDefinition& tool) {
  out_ += "{\"name\":";
  json::AppendJsonString(tool.name, out_);
  if (!tool.description.empty()) {
    out_ += ",\"description\":";
    json::AppendJsonString(tool.description, out_);
  }
  out_ += ",\"input_schema\":";
  AppendInputSchema(tool.schema, out_);
  if (tool.strict) Member("strict", *tool.strict ? "true" : "false");
  if (!tool.cache_control.empty()) Member("cache_control", tool.cache_control);
  out_ += '}';
}

// Anthropic refuses a tool_choice without tools.
void MessagesRequest::Choice() {
  if (said_.tools.empty()) return;
  using Mode = ToolChoice::Mode;
  const bool one_by_one = said_.parallel_tool_calls == false;
  if (!said_.tool_choice && !one_by_one) return;
  const Mode mode = said_.tool_choice ? said_.tool_choice->mode : Mode::kAuto;
  switch (mode) {
    case Mode::kAuto:
      Member("tool_choice", R"({"type":"auto")");
      break;
    case Mode::kRequired:
      Member("tool_choice", R"({"type":"any")");
      break;
    case Mode::kNone:
      Member("tool_choice", R"({"type":"none")");
      break;
    case Mode::kNamed:
      Member("tool_choice", R"({"type":"tool","name":)");
      json::AppendJsonString(said_.tool_choice->name, out_);
      break;
  }
  if (one_by_one && mode != Mode::kNone) Member("disable_parallel_tool_use", "true");
  out_ += '}';
}

// A schema is always kept to, so only `strict: false` is lost.
void MessagesRequest::OutputConfig(const ThinkingPlan& plan) {
  const bool schema = said_.format.kind == AnswerFormat::Kind::kJsonSchema;
  DropIf(schema && said_.format.strict == false, Field::kFormatStrict);
  DropIf(schema && !said_.format.description.empty(), Field::kFormatDescription);
  if (!schema && plan.effort.empty()) return;
  out_ += ",\"output_config\":{";
  if (!plan.effort.empty()) {
    out_ += "\"effort\":";
    json::AppendJsonString(plan.effort, out_);
    if (schema) out_ += ',';
  }
  if (schema) {
    out_ += R"("format":{"type":"json_schema","schema":)";
    out_ += said_.format.schema.empty() ? std::string_view("{}") : said_.format.schema;
    out_ += '}';
  }
  out_ += '}';
}

// A model that thinks takes a temperature of 1, a top_p from 0.95 and no top_k. Models since Claude
// Opus 4.1 refuse temperature and top_p together.
void MessagesRequest::Sampling(bool thinks) {
  const bool takes = traits_.takes_sampling;
  const double temperature = NumberOf(said_.temperature);
  const double top_p = NumberOf(said_.top_p);
  const bool has_temperature = !said_.temperature.empty() && takes && (!thinks || temperature == 1);
  const bool has_top_p =
      !said_.top_p.empty() && takes && !has_temperature && (!thinks || top_p >= 0.95);
  const bool has_top_k = !said_.top_k.empty() && takes && !thinks;
  // Other protocols go up to 2.
  if (has_temperature) Member("temperature", temperature > 1 ? "1" : said_.temperature);
  if (has_top_p) Member("top_p", said_.top_p);
  if (has_top_k) Member("top_k", said_.top_k);
  DropIf(!said_.temperature.empty() && !has_temperature, Field::kTemperature);
  DropIf(!said_.top_p.empty() && !has_top_p, Field::kTopP);
  DropIf(!said_.top_k.empty() && !has_top_k, Field::kTopK);
}

// Anthropic refuses stop sequences of white space alone.
void MessagesRequest::Stop() {
  bool any = false;
  for (const std::string& sequence : said_.stop) {
    if (!HasWords(sequence)) {
      Drop(Field::kStop);
      continue;
    }
    out_ += any ? "," : ",\"stop_sequences\":[";
    json::AppendJsonString(sequence, out_);
    any = true;
  }
  if (any) out_ += ']';
}

void MessagesRequest::Rest() {
  if (!said_.user.empty()) {
    out_ += ",\"metadata\":{\"user_id\":";
    json::AppendJsonString(UserWithin(said_.user, kLongestUserOfAnthropic), out_);
    out_ += '}';
  }
  // Anthropic's auto is its priority tier where the account has one. Flex is cheaper and slower,
  // and the answer is the same without it.
  const std::string_view tier = said_.service_tier;
  if (tier == "default") {
    Member("service_tier", "\"standard_only\"");
  } else if (tier == "auto" || tier == "priority") {
    Member("service_tier", "\"auto\"");
  } else {
    DropIf(!tier.empty(), Field::kServiceTier);
  }
  if (!said_.cache_control.empty()) Member("cache_control", said_.cache_control);
  if (said_.stream) Member("stream", "true");
  DropIf(!said_.seed.empty(), Field::kSeed);
  DropIf(!said_.presence_penalty.empty(), Field::kPresencePenalty);
  DropIf(!said_.frequency_penalty.empty(), Field::kFrequencyPenalty);
  DropIf(!said_.verbosity.empty(), Field::kVerbosity);
  DropIf(!said_.cache_key.empty(), Field::kCacheKey);
  DropIf(!said_.metadata.empty(), Field::kMetadata);
}

}  // namespace

std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out) {
  return MessagesRequest(conversation, traits, dropped, out).Write();
}

}  // namespace headgate::backends::anthropic

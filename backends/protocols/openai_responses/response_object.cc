#include "backends/protocols/openai_responses/response_object.h"

#include <algorithm>
#include <array>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_responses/input/wrapping.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendInteger;
using json::AppendJsonString;

// The tiers that the SDKs know.
constexpr std::array<std::string_view, 5> kTiers = {"auto", "default", "flex", "scale", "priority"};

class ResponseWriter {
 public:
  ResponseWriter(const AnswerContext& context, const ResponseFacts& facts, std::string& out)
      : context_(context), request_(*context.request), facts_(facts), out_(out) {}

  void WriteResponse();

 private:
  void WriteStatus();
  void RepeatInstructions();
  void RepeatReasoning();
  void RepeatFormat();
  void RepeatTools();
  void RepeatTool(const ToolDefinition& tool);
  void RepeatChoice();
  void WriteUsage();
  void RepeatMetadata();
  std::string_view Tier() const;

  void Name(std::string_view name) { out_.append(",\"").append(name).append("\":"); }
  void Text(std::string_view name, std::string_view text) {
    Name(name);
    AppendJsonString(text, out_);
  }
  // An empty text is null.
  void TextOrNull(std::string_view name, std::string_view text) {
    if (!text.empty()) return Text(name, text);
    Name(name);
    out_ += "null";
  }
  void Raw(std::string_view name, std::string_view json) {
    Name(name);
    out_ += json;
  }

  const AnswerContext& context_;
  const Conversation& request_;
  const ResponseFacts& facts_;
  std::string& out_;
};

void ResponseWriter::WriteResponse() {
  out_ += R"({"id":)";
  AppendJsonString(facts_.id, out_);
  out_ += R"(,"object":"response","created_at":)";
  AppendInteger(context_.created, out_);
  WriteStatus();
  out_ += R"(,"background":false,"error":null)";
  RepeatInstructions();
  Name("max_output_tokens");
  if (request_.max_tokens) {
    AppendInteger(*request_.max_tokens, out_);
  } else {
    out_ += "null";
  }
  Text("model", facts_.model.empty() ? std::string_view(request_.model) : facts_.model);
  Name("output");
  out_.append("[").append(facts_.items).append("]");
  Raw("parallel_tool_calls", request_.parallel_tool_calls.value_or(true) ? "true" : "false");
  Raw("previous_response_id", "null");
  TextOrNull("prompt_cache_key", request_.cache_key);
  RepeatReasoning();
  TextOrNull("safety_identifier", request_.user);
  Text("service_tier", Tier());
  Raw("store", "false");
  Raw("temperature", request_.temperature.empty() ? "1.0" : request_.temperature);
  RepeatFormat();
  RepeatChoice();
  RepeatTools();
  Raw("top_logprobs", "0");
  Raw("top_p", request_.top_p.empty() ? "1.0" : request_.top_p);
  Text("truncation", "disabled");
  WriteUsage();
  Raw("user", "null");
  RepeatMetadata();
  out_ += '}';
}

void ResponseWriter::WriteStatus() {
  const bool incomplete = facts_.finish && IsIncomplete(*facts_.finish, facts_.refused_in_words);
  if (!facts_.finish) {
    out_ += R"(,"status":"in_progress","incomplete_details":null)";
  } else if (!incomplete) {
    out_ += R"(,"status":"completed","incomplete_details":null)";
  } else {
    out_ += R"(,"status":"incomplete","incomplete_details":{"reason":)";
    out_ += *facts_.finish == FinishReason::kRefusal ? R"("content_filter"})"
                                                     : R"("max_output_tokens"})";
  }
}

void ResponseWriter::RepeatInstructions() {
  std::string instructions;
  for (const ContentPart& part : request_.system) {
    if (!instructions.empty()) instructions += "\n\n";
    instructions += part.text;
  }
  TextOrNull("instructions", instructions);
}

void ResponseWriter::RepeatReasoning() {
  out_ += R"(,"reasoning":{"effort":)";
  const std::string& effort = request_.thinking.effort;
  const std::string& display = request_.thinking.display;
  if (effort.empty()) {
    out_ += "null";
  } else {
    AppendJsonString(effort, out_);
  }
  TextOrNull("summary", display);
  out_ += '}';
}

void ResponseWriter::RepeatFormat() {
  const AnswerFormat& format = request_.format;
  out_ += R"(,"text":{"format":{"type":)";
  switch (format.kind) {
    case AnswerFormat::Kind::kText:
      out_ += R"("text")";
      break;
    case AnswerFormat::Kind::kJsonObject:
      out_ += R"("json_object")";
      break;
    case AnswerFormat::Kind::kJsonSchema:
      out_ += R"("json_schema")";
      Text("name", format.name);
      TextOrNull("description", format.description);
      Raw("schema", format.schema.empty() ? "{}" : format.schema);
      Raw("strict", format.strict.value_or(false) ? "true" : "false");
  }
  out_ += '}';
  Text("verbosity", request_.verbosity.empty() ? "medium" : request_.verbosity);
  out_ += '}';
}

// Puts the tools of a namespace together again: they are one after another.
void ResponseWriter::RepeatTools() {
  Name("tools");
  out_ += '[';
  std::string_view open;
  bool first = true;
  for (const ToolDefinition& tool : request_.tools) {
    const std::string_view space = SplitToolName(tool.name).space;
    if (!open.empty() && open != space) out_ += "]}";
    const bool goes_on = !space.empty() && open == space;
    if (!first) out_ += ',';
    if (!space.empty() && !goes_on) {
      out_ += R"({"type":"namespace","name":)";
      AppendJsonString(space, out_);
      out_ += R"(,"description":"","tools":[)";
    }
    open = space;
    first = false;
    RepeatTool(tool);
  }
  if (!open.empty()) out_ += "]}";
  out_ += ']';
}

void ResponseWriter::RepeatTool(const ToolDefinition& tool) {
  const bool custom = tool.schema == kCustomToolSchema;
  out_ += custom ? R"({"type":"custom")" : R"({"type":"function")";
  Text("name", SplitToolName(tool.name).name);
  if (custom) {
    Text("description", tool.description);
    Raw("format", R"({"type":"text"})");
  } else {
    TextOrNull("description", tool.description);
    Raw("parameters", tool.schema.empty() ? "null" : tool.schema);
    Raw("strict", tool.strict.value_or(false) ? "true" : "false");
  }
  out_ += '}';
}

void ResponseWriter::RepeatChoice() {
  const ToolChoice choice = request_.tool_choice.value_or(ToolChoice());
  switch (choice.mode) {
    case ToolChoice::Mode::kAuto:
      return Text("tool_choice", "auto");
    case ToolChoice::Mode::kRequired:
      return Text("tool_choice", "required");
    case ToolChoice::Mode::kNone:
      return Text("tool_choice", "none");
    case ToolChoice::Mode::kNamed:
      Name("tool_choice");
      out_ += IsCustomTool(request_, choice.name) ? R"({"type":"custom")" : R"({"type":"function")";
      Text("name", SplitToolName(choice.name).name);
      out_ += '}';
  }
}

void ResponseWriter::WriteUsage() {
  Name("usage");
  if (facts_.usage == nullptr || !facts_.usage->tokens) {
    out_ += "null";
    return;
  }
  const ReportedTokens& tokens = *facts_.usage->tokens;
  const auto count = [this](std::string_view name, std::int64_t number) {
    out_ += name;
    AppendInteger(number, out_);
  };
  count(R"({"input_tokens":)", tokens.input);
  count(R"(,"input_tokens_details":{"cached_tokens":)", tokens.cached_input);
  count(R"(,"cache_write_tokens":)", tokens.cache_write);
  count(R"(},"output_tokens":)", tokens.output);
  count(R"(,"output_tokens_details":{"reasoning_tokens":)", tokens.reasoning);
  count(R"(},"total_tokens":)", tokens.input + tokens.output);
  out_ += '}';
}

std::string_view ResponseWriter::Tier() const {
  const auto known = [](std::string_view tier) {
    return std::find(kTiers.begin(), kTiers.end(), tier) != kTiers.end();
  };
  if (facts_.usage != nullptr && known(facts_.usage->service_tier)) {
    return facts_.usage->service_tier;
  }
  if (facts_.finish) return "default";
  return known(request_.service_tier) ? std::string_view(request_.service_tier) : "auto";
}

void ResponseWriter::RepeatMetadata() {
  Name("metadata");
  out_ += '{';
  const char* separator = "";
  for (const auto& [name, text] : request_.metadata) {
    out_ += separator;
    separator = ",";
    AppendJsonString(name, out_);
    out_ += ':';
    AppendJsonString(text, out_);
  }
  out_ += '}';
}

}  // namespace

void AppendResponse(const AnswerContext& context, const ResponseFacts& facts, std::string& out) {
  ResponseWriter(context, facts, out).WriteResponse();
}

std::string ResponseId(std::string_view id, const AnswerContext& context) {
  if (id.starts_with("resp_")) return std::string(id);
  return config::Concat("resp_", context.request_id);
}

bool IsIncomplete(FinishReason finish, bool refused_in_words) {
  return finish == FinishReason::kLength || (finish == FinishReason::kRefusal && !refused_in_words);
}

}  // namespace headgate::backends::openai_responses

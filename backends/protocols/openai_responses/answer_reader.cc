#include "backends/protocols/openai_responses/answer_reader.h"

#include <simdjson.h>

#include <optional>
#include <vector>

#include "backends/protocols/openai/usage.h"
#include "backends/protocols/openai_responses/input/wrapping.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

constexpr std::size_t kLongestServiceTier = 32;

std::optional<ReportedTokens> TokensOf(std::string_view usage) {
  thread_local simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object fields;
  if (usage.empty()) return std::nullopt;
  const simdjson::padded_string_view padded(usage.data(), usage.size(),
                                            usage.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  if (document.get_object().get(fields) != simdjson::SUCCESS) return std::nullopt;
  return openai::ReadUsage(fields);
}

bool Contains(std::string_view value, std::string_view part) {
  return value.find(part) != std::string_view::npos;
}

// Returns why a response is incomplete.
FinishReason WhyIncomplete(const json::Members& response) {
  const std::string_view details = response.Find("incomplete_details");
  return Contains(details, R"("content_filter")") ? FinishReason::kRefusal : FinishReason::kLength;
}

bool IsResponse(const json::Members& members) {
  return members.Find("object") == R"("response")" ||
         (json::IsArray(members.Find("output")) && json::IsText(members.Find("status")));
}

}  // namespace

std::string TextOf(const json::Members& members, std::string_view name) {
  std::string text;
  json::ReadText(members.Find(name), text);
  return text;
}

std::string ArgumentsOf(const json::Members& item) {
  if (item.Find("type") == R"("custom_tool_call")") {
    return WrapCustomInput(TextOf(item, "input"));
  }
  return TextOf(item, "arguments");
}

void ResponseReading::Emit(EventKind kind, std::string_view text) {
  AnswerEvent event;
  event.kind = kind;
  event.text = text;
  event.protocol = ChatProtocol::kResponses;
  sink_->On(event);
}

void ResponseReading::EmitStart(const json::Members& response) {
  const std::string id = TextOf(response, "id");
  const std::string model = TextOf(response, "model");
  AnswerEvent event;
  event.kind = EventKind::kStart;
  event.id = id;
  event.model = model;
  sink_->On(event);
}

void ResponseReading::EmitCall(const json::Members& item) {
  const std::string id = TextOf(item, "call_id");
  const std::string plain = TextOf(item, "name");
  const std::string space = TextOf(item, "namespace");
  const std::string name = JoinToolName({space, plain});
  // Some servers give a call no id but the item's own.
  const std::string item_id = TextOf(item, "id");
  AnswerEvent event;
  event.kind = EventKind::kToolCall;
  event.id = id.empty() ? item_id : id;
  event.name = name;
  NoteCall();
  nameless_ |= plain.empty();
  sink_->On(event);
}

void ResponseReading::EmitSignature(std::string_view encrypted_content) {
  if (!encrypted_content.empty()) Emit(EventKind::kSignature, encrypted_content);
}

void ResponseReading::EmitItem(std::string_view value) {
  json::Members item;
  if (!item.Read(value)) return;
  const std::string_view type = item.Find("type");
  if (type == R"("message")") {
    EmitMessage(item);
  } else if (type == R"("reasoning")") {
    EmitThought(item);
  } else if (type == R"("function_call")" || type == R"("custom_tool_call")") {
    EmitCall(item);
    const std::string arguments = ArgumentsOf(item);
    if (!arguments.empty()) Emit(EventKind::kToolArguments, arguments);
    Emit(EventKind::kPartEnd);
  }
}

void ResponseReading::EmitMessage(const json::Members& item) {
  std::vector<std::string_view> parts;
  json::ReadElements(item.Find("content"), parts);
  for (const std::string_view value : parts) {
    json::Members part;
    if (!part.Read(value)) continue;
    const bool refusal = part.Find("type") == R"("refusal")";
    const std::string text = TextOf(part, refusal ? "refusal" : "text");
    if (text.empty()) continue;
    if (refusal) NoteRefusal();
    Emit(refusal ? EventKind::kRefusal : EventKind::kText, text);
    Emit(EventKind::kPartEnd);
  }
}

void ResponseReading::EmitThought(const json::Members& item) {
  bool begun = false;
  EmitTexts(item.Find("summary"), begun);
  EmitTexts(item.Find("content"), begun);
  const std::string signature = TextOf(item, "encrypted_content");
  EmitSignature(signature);
  if (begun || !signature.empty()) Emit(EventKind::kPartEnd);
}

void ResponseReading::EmitTexts(std::string_view list, bool& begun) {
  std::vector<std::string_view> texts;
  json::ReadElements(list, texts);
  for (const std::string_view value : texts) {
    json::Members members;
    if (!members.Read(value)) continue;
    if (begun) Emit(EventKind::kThinking, "\n\n");
    begun = true;
    Emit(EventKind::kThinking, TextOf(members, "text"));
  }
}

void ResponseReading::EmitUsage(const json::Members& response) {
  AnswerUsage usage;
  usage.tokens = TokensOf(response.Find("usage"));
  usage.service_tier = TextOf(response, "service_tier");
  if (usage.service_tier.size() > kLongestServiceTier) usage.service_tier.clear();
  if (!usage.tokens && usage.service_tier.empty()) return;
  AnswerEvent event;
  event.kind = EventKind::kUsage;
  event.usage = &usage;
  sink_->On(event);
}

void ResponseReading::EmitFailure(const json::Members& response) {
  EmitUsage(response);
  std::string document = R"({"error":)";
  const std::string_view error = response.Find("error");
  document.append(error.empty() ? "{}" : error) += '}';
  Emit(EventKind::kError, document);
}

bool ResponseReading::EmitEnd(const json::Members& response, bool incomplete) {
  const std::string_view status = response.Find("status");
  const bool failed = status == R"("failed")" || status == R"("cancelled")";
  if (failed || !response.Find("error").empty()) {
    EmitFailure(response);
    return true;
  }
  EmitUsage(response);
  AnswerEvent event;
  event.kind = EventKind::kFinish;
  if (incomplete || status == R"("incomplete")") {
    event.finish = WhyIncomplete(response);
  } else if (called_) {
    event.finish = FinishReason::kToolCalls;
  } else {
    event.finish = refused_ ? FinishReason::kRefusal : FinishReason::kStop;
  }
  if (nameless_ && event.finish != FinishReason::kLength) return false;
  sink_->On(event);
  Emit(EventKind::kEnd);
  return true;
}

bool ReadAnswer(std::string_view body, AnswerSink& sink) {
  json::PaddedCopy copy;
  json::Members response;
  if (!response.Read(copy.Take(body)) || !IsResponse(response)) return false;
  const std::string_view status = response.Find("status");
  if (status == R"("queued")" || status == R"("in_progress")") return false;
  std::vector<std::string_view> items;
  const bool has_output = json::ReadElements(response.Find("output"), items);
  if (!has_output && response.Find("error").empty()) return false;
  ResponseReading reading;
  reading.Use(sink);
  reading.EmitStart(response);
  for (const std::string_view item : items) reading.EmitItem(item);
  return reading.EmitEnd(response);
}

}  // namespace headgate::backends::openai_responses

#include "loadtest/sim/dialects/responses_shapes.h"

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

using Kind = AnswerPart::Kind;

std::string ItemId(const AnswerPart& part, std::string_view tag, std::int64_t index) {
  std::string id = part.kind == Kind::kThinking ? "rs_"
                   : part.kind == Kind::kText   ? "msg_"
                   : part.call.custom           ? "ctc_"
                                                : "fc_";
  return id.append(tag).append("_").append(std::to_string(index));
}

void AppendResponsesUsage(std::string& out, const Usage& usage) {
  const auto count = [&out](std::string_view name, std::int64_t value) {
    out.append(name);
    AppendNumber(out, value);
  };
  count(R"({"input_tokens":)", usage.input);
  count(R"(,"input_tokens_details":{"cached_tokens":)", usage.cached);
  count(R"(,"cache_write_tokens":)", usage.cache_write);
  count(R"(},"output_tokens":)", usage.output);
  count(R"(,"output_tokens_details":{"reasoning_tokens":)", usage.thinking);
  count(R"(},"total_tokens":)", usage.input + usage.output);
  out += '}';
}

// Returns why a response is incomplete. The text is empty if the response is complete.
std::string_view IncompleteReason(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
    case FinishReason::kContext:
      return "max_output_tokens";
    case FinishReason::kRefusal:
      return "content_filter";
    default:
      return {};
  }
}

std::string_view StatusOf(FinishReason reason) {
  return IncompleteReason(reason).empty() ? "completed" : "incomplete";
}

}  // namespace

ResponsesShapes::ResponsesShapes(Personality personality, const CompletionRequest& request,
                                 std::uint64_t tag, std::int64_t created)
    : personality_(personality),
      request_(request),
      openai_(personality == Personality::kOpenAi || personality == Personality::kAzure),
      tag_(Hex(tag)),
      created_(std::to_string(created)) {}

ResponsesShapes::PartNames ResponsesShapes::NamesOf(const AnswerPart& part) const {
  if (part.kind == Kind::kText) {
    return {"response.output_text.delta",  "response.output_text.done",
            "response.content_part.added", "response.content_part.done",
            R"(,"content_index":0)",       "text"};
  }
  if (part.kind == Kind::kToolCall && part.call.custom) {
    return {"response.custom_tool_call_input.delta",
            "response.custom_tool_call_input.done",
            "",
            "",
            "",
            "input"};
  }
  if (part.kind == Kind::kToolCall) {
    return {"response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "",
            "",
            "",
            "arguments"};
  }
  if (part.redacted) return {};
  if (!openai_) {
    return {"response.reasoning_text.delta", "response.reasoning_text.done",
            "response.reasoning_part.added", "response.reasoning_part.done",
            R"(,"content_index":0)",         "text"};
  }
  if (!request_.wants_summary) return {};
  return {"response.reasoning_summary_text.delta",
          "response.reasoning_summary_text.done",
          "response.reasoning_summary_part.added",
          "response.reasoning_summary_part.done",
          R"(,"summary_index":0)",
          "text"};
}

std::string& ResponsesShapes::Open(EventSink& sink, std::string_view type) {
  std::string& out = sink.Json();
  out.append(R"({"type":")").append(type).append(R"(","sequence_number":)");
  AppendNumber(out, sequence_++);
  return out;
}

std::string& ResponsesShapes::OpenInItem(EventSink& sink, std::string_view type,
                                         std::string_view index) {
  std::string& out = Open(sink, type);
  out.append(R"(,"item_id":")").append(item_id_).append(R"(","output_index":)");
  AppendNumber(out, index_);
  out.append(index);
  return out;
}

void ResponsesShapes::AppendResponse(std::string& out, std::string_view status,
                                     std::string_view output, const Usage* usage,
                                     std::string_view error, FinishReason reason) const {
  out.append(R"({"id":"resp_)").append(tag_).append(R"(","object":"response","created_at":)");
  out.append(created_).append(R"(,"status":")").append(status);
  out.append(R"(","background":false,"completed_at":)");
  out.append(status == "completed" ? std::string_view(created_) : "null");
  out.append(R"(,"error":)").append(error).append(R"(,"incomplete_details":)");
  if (status == "incomplete") {
    out.append(R"({"reason":")").append(IncompleteReason(reason)).append("\"}");
  } else {
    out.append("null");
  }
  out.append(R"(,"model":)");
  AppendQuoted(out, request_.model);
  out.append(R"(,"output":[)").append(output).append("],");
  out.append(request_.echoed);
  out.append(R"(,"service_tier":)").append(status == "in_progress" ? "\"auto\"" : "\"default\"");
  out.append(R"(,"usage":)");
  if (usage == nullptr) {
    out.append("null");
  } else {
    AppendResponsesUsage(out, *usage);
  }
  out += '}';
}

void ResponsesShapes::SendResponse(EventSink& sink, std::string_view type,
                                   std::string_view status) {
  std::string& out = Open(sink, type);
  out.append(R"(,"response":)");
  AppendResponse(out, status, output_, usage_ ? &*usage_ : nullptr, "null", reason_);
  out += '}';
  sink.Send(type);
}

void ResponsesShapes::Begin(EventSink& sink, const Usage* /*usage*/) {
  SendResponse(sink, "response.created", "in_progress");
  SendResponse(sink, "response.in_progress", "in_progress");
}

void ResponsesShapes::AppendContent(std::string& out, const AnswerPart& part,
                                    std::string_view text) const {
  if (part.kind == Kind::kText) {
    out.append(R"({"type":"output_text","annotations":[],"logprobs":[],"text":)");
  } else if (openai_) {
    out.append(R"({"type":"summary_text","text":)");
  } else {
    out.append(R"({"type":"reasoning_text","text":)");
  }
  AppendQuoted(out, text);
  out += '}';
}

void ResponsesShapes::AppendReasoning(std::string& out, const AnswerPart& part,
                                      std::string_view text, ItemState state) const {
  const bool told = state != ItemState::kAdded && !NamesOf(part).delta.empty();
  out.append(R"(,"type":"reasoning","summary":[)");
  if (told && openai_) AppendContent(out, part, text);
  out += ']';
  if (!openai_) {
    out.append(R"(,"content":[)");
    if (told) AppendContent(out, part, text);
    out += ']';
  } else if (request_.wants_encrypted) {
    out.append(R"(,"encrypted_content":)");
    AppendQuoted(out, state == ItemState::kAdded ? std::string_view() : part.signature);
  }
}

void ResponsesShapes::AppendItem(std::string& out, const AnswerPart& part, std::string_view text,
                                 std::int64_t index, ItemState state) const {
  out.append(R"({"id":")").append(ItemId(part, tag_, index)).append("\"");
  if (part.kind == Kind::kThinking) {
    AppendReasoning(out, part, text, state);
    // OpenAI's reasoning items have no status.
    if (openai_) {
      out += '}';
      return;
    }
  } else if (part.kind == Kind::kText) {
    out.append(R"(,"type":"message","role":"assistant","content":[)");
    if (state != ItemState::kAdded) AppendContent(out, part, text);
    out += ']';
  } else {
    out.append(part.call.custom ? R"(,"type":"custom_tool_call","input":)"
                                : R"(,"type":"function_call","arguments":)");
    AppendQuoted(out, text);
    out.append(R"(,"call_id":)");
    AppendQuoted(out, CallId(part.call, "call_", tag_, index));
    out.append(R"(,"name":)");
    AppendQuoted(out, part.call.name);
  }
  constexpr std::string_view kStatus[] = {"in_progress", "completed", "incomplete"};
  out.append(R"(,"status":")").append(kStatus[static_cast<std::size_t>(state)]).append("\"}");
}

void ResponsesShapes::BeginPart(EventSink& sink, const AnswerPart& part) {
  part_ = &part;
  item_id_ = ItemId(part, tag_, index_);
  text_.clear();
  std::string& out = Open(sink, "response.output_item.added");
  out.append(R"(,"output_index":)");
  AppendNumber(out, index_);
  out.append(R"(,"item":)");
  AppendItem(out, part, "", index_, ItemState::kAdded);
  out += '}';
  sink.Send("response.output_item.added");
  const PartNames names = NamesOf(part);
  if (names.part_added.empty()) return;
  std::string& added = OpenInItem(sink, names.part_added, names.index);
  added.append(R"(,"part":)");
  AppendContent(added, part, "");
  added += '}';
  sink.Send(names.part_added);
}

void ResponsesShapes::Token(EventSink& sink, std::string_view piece) {
  text_ += piece;
  const PartNames names = NamesOf(*part_);
  if (names.delta.empty() || piece.empty()) return;
  std::string& out = OpenInItem(sink, names.delta, names.index);
  out.append(R"(,"delta":)");
  AppendQuoted(out, piece);
  out.append(part_->kind == Kind::kText ? R"(,"logprobs":[]})" : "}");
  sink.Send(names.delta);
}

void ResponsesShapes::EndPart(EventSink& sink, bool complete) {
  const PartNames names = NamesOf(*part_);
  if (!names.done.empty()) {
    std::string& out = OpenInItem(sink, names.done, names.index);
    out.append(",\"").append(names.text).append("\":");
    AppendQuoted(out, text_);
    out.append(part_->kind == Kind::kText ? R"(,"logprobs":[]})" : "}");
    sink.Send(names.done);
  }
  if (!names.part_done.empty()) {
    std::string& out = OpenInItem(sink, names.part_done, names.index);
    out.append(R"(,"part":)");
    AppendContent(out, *part_, text_);
    out += '}';
    sink.Send(names.part_done);
  }
  std::string item;
  AppendItem(item, *part_, text_, index_, complete ? ItemState::kDone : ItemState::kCutOff);
  std::string& out = Open(sink, "response.output_item.done");
  out.append(R"(,"output_index":)");
  AppendNumber(out, index_);
  out.append(R"(,"item":)").append(item).append("}");
  sink.Send("response.output_item.done");
  if (index_ > 0) output_ += ',';
  output_ += item;
  ++index_;
}

void ResponsesShapes::Finish(EventSink& /*sink*/, FinishReason reason, const Usage* usage) {
  reason_ = reason;
  if (usage != nullptr) usage_ = *usage;
}

void ResponsesShapes::End(EventSink& sink) {
  const std::string_view status = StatusOf(reason_);
  SendResponse(sink, "response." + std::string(status), status);
}

// A stream that has not begun sends `response.created` and an event named `error`. The helpers of
// OpenAI's SDKs refuse a stream whose first event is not `response.created`. A stream that has
// begun sends a failed response.
void ResponsesShapes::Error(EventSink& sink, const Refusal& refusal) {
  const bool begun = sequence_ > 0;
  if (!begun) SendResponse(sink, "response.created", "in_progress");
  const std::string_view type = begun ? "response.failed" : "error";
  std::string error;
  error.append(begun ? R"({"code":)" : R"(,"code":)");
  const std::string_view code = ErrorCode(refusal);
  AppendQuoted(error, code.empty() ? std::string_view("server_error") : code);
  error.append(R"(,"message":)");
  AppendQuoted(error, refusal.message);
  error.append(begun ? "}" : R"(,"param":null)");
  std::string& out = Open(sink, type);
  if (begun) {
    out.append(R"(,"response":)");
    AppendResponse(out, "failed", output_, nullptr, error, reason_);
  } else {
    out.append(error);
  }
  out += '}';
  sink.Send(type);
}

void ResponsesShapes::Whole(std::string& out, const WholeAnswer& answer) const {
  std::string items;
  std::int64_t index = 0;
  for (const WholePart& part : answer.parts) {
    if (index > 0) items += ',';
    AppendItem(items, *part.part, part.text, index++,
               part.complete ? ItemState::kDone : ItemState::kCutOff);
  }
  AppendResponse(out, StatusOf(answer.reason), items, answer.usage ? &*answer.usage : nullptr,
                 "null", answer.reason);
}

}  // namespace headgate::loadtest::sim

#include "backends/protocols/openai_responses/stream_writer.h"

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_responses/input/wrapping.h"
#include "backends/protocols/openai_responses/response_object.h"
#include "backends/protocols/sse/sse_writer.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendInteger;
using json::AppendJsonString;
using EventKind = AnswerEvent::Kind;
using OutputKind = OutputItem::Kind;

constexpr std::string_view kContentPlace = R"(,"content_index":0)";
constexpr std::string_view kSummaryPlace = R"(,"summary_index":0)";
constexpr std::string_view kNoLogprobs = R"(,"logprobs":[])";

bool IsMessage(OutputKind kind) {
  return kind == OutputKind::kText || kind == OutputKind::kRefusal;
}
bool IsCall(OutputKind kind) {
  return kind == OutputKind::kFunction || kind == OutputKind::kCustom;
}

std::string_view DeltaType(OutputKind kind) {
  switch (kind) {
    case OutputKind::kText:
      return "response.output_text.delta";
    case OutputKind::kRefusal:
      return "response.refusal.delta";
    case OutputKind::kThought:
      return "response.reasoning_summary_text.delta";
    case OutputKind::kFunction:
      return "response.function_call_arguments.delta";
    case OutputKind::kCustom:
      break;
  }
  return "response.custom_tool_call_input.delta";
}

std::string_view PlaceOf(OutputKind kind) {
  if (IsMessage(kind)) return kContentPlace;
  return kind == OutputKind::kThought ? kSummaryPlace : std::string_view();
}

}  // namespace

void StreamWriter::On(const AnswerEvent& event) {
  if (over_) return;
  Take(event);
  const std::size_t kept =
      items_.size() + (item_ ? item_->text.size() + item_->signature.size() : 0);
  if (kept <= most_ || over_) return;
  too_long_ = over_ = true;
  item_.reset();
  items_ = {};
}

void StreamWriter::Take(const AnswerEvent& event) {
  switch (event.kind) {
    case EventKind::kPing:
      return AppendSseComment("ping", out_);
    case EventKind::kStart:
      return Start(event);
    case EventKind::kUsage:
      usage_ = *event.usage;
      return;
    case EventKind::kPartEnd:
      part_ended_ = true;
      return;
    case EventKind::kFinish:
      finish_ = event.finish;
      return CloseItem(event.finish == FinishReason::kLength ? "incomplete" : "completed");
    case EventKind::kError:
      over_ = true;
      return;
    case EventKind::kEnd:
      return End();
    default:
      return TakePart(event);
  }
}

BegunAnswer StreamWriter::begun() const {
  return {.id = id_, .model = model_, .created = context_.created, .next_number = sequence_};
}

void StreamWriter::TakePart(const AnswerEvent& event) {
  if (part_ended_) CloseItem("completed");
  switch (event.kind) {
    case EventKind::kText:
      OpenText(OutputKind::kText);
      return Delta(event.text);
    case EventKind::kRefusal:
      refused_ = true;
      OpenText(OutputKind::kRefusal);
      return Delta(event.text);
    case EventKind::kThinking:
      OpenText(OutputKind::kThought);
      return Delta(event.text);
    case EventKind::kSignature:
      return TakeSignature(event);
    case EventKind::kToolCall:
      return OpenCall(event);
    case EventKind::kToolArguments:
      if (item_ && IsCall(item_->kind)) Delta(event.text);
      return;
    default:
      return;
  }
}

void StreamWriter::Start(const AnswerEvent& event) {
  id_ = ResponseId(event.id, context_);
  model_ = event.model;
  WholeEvent("response.created", nullptr);
  WholeEvent("response.in_progress", nullptr);
}

void StreamWriter::GoOn(const ClientSeam& seam) {
  id_ = seam.id;
  model_ = seam.model;
  sequence_ = seam.sequence;
  if (!seam.part_open) return;
  item_ = NewItem(OutputKind::kText, count_, context_);
  if (!seam.item_id.empty()) item_->id = seam.item_id;
  std::string text;
  AppendJsonString(seam.text, text);
  item_->text.assign(text, 1, text.size() - 2);
  item_->escaped = true;
  BeginDeltas(OutputKind::kText);
  if (!seam.content_open) OpenContent(OutputKind::kText);
}

// Opens an item for a text of this kind, unless it is the current one.
void StreamWriter::OpenText(OutputKind kind) {
  if (item_ && item_->kind == kind && !item_->hidden) return;
  CloseItem("completed");
  item_ = NewItem(kind, count_, context_);
  OpenItem(kind);
  OpenContent(kind);
}

void StreamWriter::OpenContent(OutputKind kind) {
  BeginOfItem(kind == OutputKind::kThought ? "response.reasoning_summary_part.added"
                                           : "response.content_part.added",
              PlaceOf(kind));
  out_ += R"(,"part":)";
  if (kind == OutputKind::kThought) {
    AppendSummaryPart(*item_, out_);
  } else {
    AppendContentPart(*item_, out_);
  }
  EndEvent();
}

void StreamWriter::OpenCall(const AnswerEvent& event) {
  CloseItem("completed");
  const OutputKind kind =
      IsCustomTool(*context_.request, event.name) ? OutputKind::kCustom : OutputKind::kFunction;
  item_ = NewItem(kind, count_, context_);
  item_->call_id = CallIdOf(event.id, count_, context_);
  item_->name = event.name;
  OpenItem(kind);
}

void StreamWriter::OpenItem(OutputKind kind) {
  Begin("response.output_item.added");
  out_ += R"(,"output_index":)";
  AppendInteger(static_cast<std::int64_t>(count_), out_);
  out_ += R"(,"item":)";
  AppendEmptyItem(*item_, out_);
  EndEvent();
  BeginDeltas(kind);
}

void StreamWriter::BeginDeltas(OutputKind kind) {
  const std::size_t before = out_.size();
  BeginOfItem(DeltaType(kind), PlaceOf(kind));
  delta_begin_.assign(out_, before).append(R"(,"delta":)");
  out_.resize(before);
  delta_end_ = kind == OutputKind::kText ? kNoLogprobs : std::string_view();
}

void StreamWriter::TakeSignature(const AnswerEvent& event) {
  if (!item_ || item_->kind != OutputKind::kThought) {
    CloseItem("completed");
    item_ = NewItem(OutputKind::kThought, count_, context_);
    item_->hidden = true;
    OpenItem(OutputKind::kThought);
  }
  if (item_->signature.empty()) {
    item_->signature = SignatureFor(ChatProtocol::kResponses, event.text, event.protocol, context_);
  } else {
    item_->signature += event.text;
  }
}

// The input of a custom tool is a text inside the JSON of its arguments, and is known at their end.
void StreamWriter::Delta(std::string_view text) {
  if (item_->kind == OutputKind::kCustom) {
    item_->text += text;
    return;
  }
  if (text.empty()) return;
  out_ += delta_begin_;
  const std::size_t begin = out_.size();
  AppendJsonString(text, out_);
  item_->text.append(out_, begin + 1, out_.size() - begin - 2);
  item_->escaped = true;
  out_ += delta_end_;
  EndEvent();
}

void StreamWriter::CloseItem(std::string_view status) {
  part_ended_ = false;
  if (!item_) return;
  if (IsMessage(item_->kind)) {
    CloseContent();
  } else if (IsCall(item_->kind)) {
    CloseCall();
  } else {
    if (!item_->hidden) CloseThought();
    if (item_->signature.empty()) {
      item_->signature = SignatureFor(ChatProtocol::kResponses, {}, context_.backend, context_);
    }
  }
  if (!items_.empty()) items_ += ',';
  const std::size_t begin = items_.size();
  AppendItem(*item_, status, items_);
  item_.reset();  // before the next copy of a text that may be long
  Begin("response.output_item.done");
  out_ += R"(,"output_index":)";
  AppendInteger(static_cast<std::int64_t>(count_), out_);
  out_ += R"(,"item":)";
  out_.append(items_, begin);
  EndEvent();
  ++count_;
}

void StreamWriter::CloseContent() {
  const bool refusal = item_->kind == OutputKind::kRefusal;
  BeginOfItem(refusal ? "response.refusal.done" : "response.output_text.done", kContentPlace);
  out_ += refusal ? R"(,"refusal":)" : R"(,"text":)";
  AppendItemText(*item_, out_);
  out_ += delta_end_;
  EndEvent();
  BeginOfItem("response.content_part.done", kContentPlace);
  out_ += R"(,"part":)";
  AppendContentPart(*item_, out_);
  EndEvent();
}

void StreamWriter::CloseThought() {
  BeginOfItem("response.reasoning_summary_text.done", kSummaryPlace);
  out_ += R"(,"text":)";
  AppendItemText(*item_, out_);
  EndEvent();
  BeginOfItem("response.reasoning_summary_part.done", kSummaryPlace);
  out_ += R"(,"part":)";
  AppendSummaryPart(*item_, out_);
  EndEvent();
}

void StreamWriter::CloseCall() {
  if (item_->kind == OutputKind::kCustom) return CloseCustomCall();
  // A client parses what the deltas add up to.
  if (item_->text.empty()) Delta("{}");
  BeginOfItem("response.function_call_arguments.done");
  out_ += R"(,"name":)";
  AppendJsonString(SplitToolName(item_->name).name, out_);
  out_ += R"(,"arguments":)";
  AppendItemText(*item_, out_);
  EndEvent();
}

void StreamWriter::CloseCustomCall() {
  out_ += delta_begin_;
  const std::size_t begin = out_.size();
  AppendJsonString(UnwrapCustomInput(item_->text), out_);
  item_->text.assign(out_, begin + 1, out_.size() - begin - 2);
  item_->escaped = true;
  EndEvent();
  BeginOfItem("response.custom_tool_call_input.done");
  out_ += R"(,"input":)";
  AppendItemText(*item_, out_);
  EndEvent();
}

void StreamWriter::End() {
  CloseItem("completed");
  if (!finish_) finish_ = FinishReason::kStop;
  const bool incomplete = IsIncomplete(*finish_, refused_);
  WholeEvent(incomplete ? "response.incomplete" : "response.completed", &usage_);
  over_ = true;
}

void StreamWriter::Begin(std::string_view type) {
  out_.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
}

void StreamWriter::BeginOfItem(std::string_view type, std::string_view place) {
  Begin(type);
  out_ += R"(,"item_id":)";
  AppendJsonString(item_->id, out_);
  out_ += R"(,"output_index":)";
  AppendInteger(static_cast<std::int64_t>(count_), out_);
  out_ += place;
}

void StreamWriter::EndEvent() {
  out_ += R"(,"sequence_number":)";
  AppendInteger(sequence_++, out_);
  out_ += "}\n\n";
}

void StreamWriter::WholeEvent(std::string_view type, const AnswerUsage* usage) {
  Begin(type);
  out_ += R"(,"response":)";
  AppendResponse(context_,
                 {.id = id_,
                  .model = model_,
                  .items = items_,
                  .finish = usage == nullptr ? std::nullopt : finish_,
                  .refused_in_words = refused_,
                  .usage = usage},
                 out_);
  EndEvent();
}

}  // namespace headgate::backends::openai_responses

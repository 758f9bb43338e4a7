#include "backends/protocols/openai_chat/stream_writer.h"

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai/client_writer.h"
#include "backends/protocols/openai_chat/body/wire_words.h"
#include "backends/protocols/sse/sse_writer.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::openai_chat {
namespace {

using json::AppendJsonString;

// Behind a delta. A client that asks for usage reads it as null in all chunks but the last.
constexpr std::string_view kTail = "},\"finish_reason\":null}]}\n\n";
constexpr std::string_view kTailWithUsage = "},\"finish_reason\":null}],\"usage\":null}\n\n";

}  // namespace

void StreamWriter::On(const AnswerEvent& event) {
  if (over_) return;
  if (event.kind == Kind::kPing) return AppendSseComment("ping", out_);
  over_ = event.kind == Kind::kError || event.kind == Kind::kEnd;
  if (event.kind == Kind::kError) return;
  if (!started_) Start(event.id, event.model);
  switch (event.kind) {
    case Kind::kText:
      return WriteText("\"content\":", event.text);
    case Kind::kThinking:
      thought_ += event.text;
      return WriteText("\"reasoning_content\":", event.text);
    case Kind::kSignature:
      signature_ += event.text;
      signature_protocol_ = event.protocol;
      break;
    case Kind::kRefusal:
      return WriteText("\"refusal\":", event.text);
    case Kind::kToolCall:
      return WriteCall(event);
    case Kind::kToolArguments:
      return WriteArguments(event.text);
    case Kind::kPartEnd:
      return WriteThought();
    case Kind::kUsage:
      usage_ = *event.usage;
      break;
    case Kind::kFinish:
      return WriteFinish(event.finish);
    case Kind::kEnd:
      return WriteEnd();
    case Kind::kStart:
    case Kind::kPing:
    case Kind::kError:
      break;
  }
}

void StreamWriter::Start(std::string_view id, std::string_view model) {
  SetHead(AnswerId(id, context_.request_id),
          model.empty() ? std::string_view(context_.request->model) : model);
  Begin();
  out_ += R"("role":"assistant","content":"")";
  EndDelta();
}

void StreamWriter::GoOn(const ClientSeam& seam) { SetHead(seam.id, seam.model); }

void StreamWriter::SetHead(std::string_view id, std::string_view model) {
  started_ = true;
  start_ = "data: {\"id\":";
  AppendJsonString(id, start_);
  start_ += R"(,"object":"chat.completion.chunk","created":)";
  json::AppendInteger(context_.created, start_);
  start_ += ",\"model\":";
  AppendJsonString(model, start_);
  start_ += ",\"choices\":[";
  head_ = start_ + R"({"index":0,"delta":{)";
  tail_ = context_.request->stream_usage ? kTailWithUsage : kTail;
}

void StreamWriter::WriteText(std::string_view key, std::string_view text) {
  if (text.empty()) return;
  Begin();
  out_ += key;
  AppendJsonString(text, out_);
  EndDelta();
}

void StreamWriter::WriteCall(const AnswerEvent& event) {
  if (context_.request->legacy_calls) return WriteLegacyCall(event.name);
  Begin();
  out_ += "\"tool_calls\":[{\"index\":";
  json::AppendInteger(calls_, out_);
  out_ += ",\"id\":";
  AppendJsonString(CallIdOf(event.id, static_cast<std::size_t>(calls_++), context_), out_);
  out_ += R"(,"type":"function","function":{"name":)";
  AppendJsonString(event.name, out_);
  out_ += R"(,"arguments":""}}])";
  EndDelta();
}

// There is room for one call.
void StreamWriter::WriteLegacyCall(std::string_view name) {
  if (++calls_ > 1) return;
  Begin();
  out_ += R"("function_call":{"name":)";
  AppendJsonString(name, out_);
  out_ += R"(,"arguments":""})";
  EndDelta();
}

void StreamWriter::WriteLegacyArguments(std::string_view text) {
  if (calls_ > 1) return;
  Begin();
  out_ += R"("function_call":{"arguments":)";
  AppendJsonString(text, out_);
  out_ += '}';
  EndDelta();
}

void StreamWriter::WriteArguments(std::string_view text) {
  if (text.empty()) return;
  if (context_.request->legacy_calls) return WriteLegacyArguments(text);
  Begin();
  out_ += "\"tool_calls\":[{\"index\":";
  json::AppendInteger(calls_ - 1, out_);
  out_ += ",\"function\":{\"arguments\":";
  AppendJsonString(text, out_);
  out_ += "}}]";
  EndDelta();
}

void StreamWriter::WriteThought() {
  if (!signature_.empty()) {
    Begin();
    out_ += "\"thinking_blocks\":[";
    AppendThinkingBlock(
        thought_,
        SignatureFor(ChatProtocol::kChatCompletions, signature_, signature_protocol_, context_),
        out_);
    out_ += ']';
    EndDelta();
  }
  thought_.clear();
  signature_.clear();
}

void StreamWriter::WriteFinish(FinishReason reason) {
  if (finished_) return;
  finished_ = true;
  Begin();
  out_.append("},\"finish_reason\":\"")
      .append(FinishWord(reason, *context_.request))
      .append("\"}]");
  out_ += context_.request->stream_usage ? ",\"usage\":null}\n\n" : "}\n\n";
}

void StreamWriter::WriteEnd() {
  WriteFinish(calls_ > 0 ? FinishReason::kToolCalls : FinishReason::kStop);
  if (context_.request->stream_usage && usage_.tokens) {
    out_ += start_;
    out_ += "],\"usage\":";
    AppendUsage(*usage_.tokens, out_);
    if (!usage_.service_tier.empty()) {
      out_ += ",\"service_tier\":";
      AppendJsonString(usage_.service_tier, out_);
    }
    out_ += "}\n\n";
  }
  openai::AppendStreamEnd(out_);
}

}  // namespace headgate::backends::openai_chat

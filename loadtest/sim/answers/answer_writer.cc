#include "loadtest/sim/answers/answer_writer.h"

#include <ctime>

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/dialects/errors.h"
#include "loadtest/sim/http/http_response.h"

namespace headgate::loadtest::sim {
namespace {

// Small enough to split events, and characters of four bytes.
constexpr std::size_t kTornBytes = 3;

}  // namespace

AnswerWriter::AnswerWriter(Context& context, Channel& channel, const CompletionRequest& request,
                           const Fault& fault, Framing framing, std::uint64_t tag)
    : context_(context),
      channel_(channel),
      request_(request),
      fault_(fault),
      framing_(std::move(framing)),
      request_id_("req_" + Hex(tag)),
      shapes_(MakeShapes(context.options.personality, request, tag, std::time(nullptr))) {
  if (fault.close_after || framing_.version < 11) framing_.keep_alive = false;
}

std::string AnswerWriter::ExtraHead() const {
  std::string extra = RequestIdLine(context_.options.personality, request_id_);
  extra += framing_.head_lines;
  if (fault_.encoded) extra += "content-encoding: gzip\r\n";
  return extra;
}

std::string AnswerWriter::ErrorBody(const Refusal& refusal) const {
  return ErrorJson(context_.options.personality, request_.endpoint, refusal, request_id_);
}

void AnswerWriter::Head() {
  if (has_head_) return;
  has_head_ = true;
  chunked_ = framing_.version >= 11;
  const std::string extra = "cache-control: no-cache\r\n" + ExtraHead();
  ResponseHead head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.chunked = chunked_;
  head.keep_alive = framing_.keep_alive;
  head.extra = extra;
  AppendHead(context_.out, head);
}

void AnswerWriter::Begin(const Usage& usage) {
  Head();
  if (!fault_.error_event) shapes_->Begin(*this, fault_.no_usage ? nullptr : &usage);
}

void AnswerWriter::Malformed() {
  Json().append("{\"broken");
  Send(shapes_->TextEvent());
}

void AnswerWriter::StreamError(const Refusal& refusal) {
  shapes_->Error(*this, refusal);
  if (chunked_) context_.out.append(kLastChunk);
}

void AnswerWriter::FinishStream(FinishReason reason, const Usage& usage) {
  shapes_->Finish(*this, reason, fault_.no_usage ? nullptr : &usage);
  if (!fault_.no_done) shapes_->End(*this);
  if (chunked_) context_.out.append(kLastChunk);
}

std::string& AnswerWriter::Json() {
  context_.event.clear();
  return context_.event;
}

void AnswerWriter::Send(std::string_view name) {
  const std::string_view eol = fault_.crlf ? "\r\n" : "\n";
  ++events_;
  std::string& framed = context_.frame;
  framed.clear();
  if (fault_.comment && events_ % *fault_.comment == 0) {
    framed.append(": keep-alive").append(eol).append(eol);
  }
  if (!name.empty()) framed.append("event: ").append(name).append(eol);
  framed.append("data: ").append(context_.event).append(eol).append(eol);
  Frame(framed);
}

void AnswerWriter::Frame(std::string_view bytes) {
  if (!chunked_) {
    context_.out.append(bytes);
    return;
  }
  if (!fault_.split) {
    AppendChunk(context_.out, bytes);
    return;
  }
  for (std::size_t at = 0; at < bytes.size(); at += kTornBytes) {
    AppendChunk(context_.out, bytes.substr(at, kTornBytes));
    Flush();  // one TCP segment for each chunk, unless the network joins them
  }
}

void AnswerWriter::Whole(const WholeAnswer& answer, bool cut) {
  context_.event.clear();
  shapes_->Whole(context_.event, answer);
  Body(context_.event, cut);
}

void AnswerWriter::Body(std::string_view body, bool cut) {
  const std::string extra = ExtraHead();
  ResponseHead head;
  head.extra = extra;
  chunked_ = fault_.split && framing_.version >= 11;
  head.chunked = chunked_;
  if (fault_.no_length) {
    framing_.keep_alive = false;
  } else if (!chunked_) {
    head.length = body.size();
  }
  head.keep_alive = framing_.keep_alive;
  AppendHead(context_.out, head);
  if (cut) body = body.substr(0, body.size() / 2);
  Frame(body);
  if (chunked_ && !cut) context_.out.append(kLastChunk);
}

void AnswerWriter::Error(const Refusal& refusal) {
  const std::string body = ErrorBody(refusal);
  std::string extra = ExtraHead();
  if (fault_.retry_after) {
    extra.append("retry-after: ").append(std::to_string(*fault_.retry_after)).append("\r\n");
  }
  ResponseHead head;
  head.status = refusal.status;
  head.length = body.size();
  head.keep_alive = framing_.keep_alive;
  head.extra = extra;
  AppendHead(context_.out, head);
  context_.out.append(body);
}

void AnswerWriter::ErrorAsAnswer(const Refusal& refusal) { Body(ErrorBody(refusal), false); }

void AnswerWriter::Flush() {
  if (context_.out.empty()) return;
  if (fault_.trickle) {
    const std::string_view bytes = context_.out;
    for (std::size_t at = 0; at < bytes.size(); ++at) channel_.Write(bytes.substr(at, 1));
  } else {
    channel_.Write(context_.out);
  }
  context_.out.clear();
}

}  // namespace headgate::loadtest::sim

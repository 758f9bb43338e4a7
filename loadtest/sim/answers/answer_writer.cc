#include "loadtest/sim/answers/answer_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

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
      framing_(framing),
      tag_(tag),
      shapes_(context.options.personality, request, tag, std::time(nullptr)) {
  if (fault.close_after || framing.version < 11) framing_.keep_alive = false;
}

std::string AnswerWriter::ExtraHead() const {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + 16, tag_, 16);
  std::string extra = "x-request-id: req_";
  if (error == std::errc{}) extra.append(digits.data(), end);
  extra += "\r\n";
  if (fault_.encoded) extra += "content-encoding: gzip\r\n";
  return extra;
}

void AnswerWriter::Begin() {
  chunked_ = framing_.version >= 11;
  const std::string extra = "cache-control: no-cache\r\n" + ExtraHead();
  ResponseHead head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.chunked = chunked_;
  head.keep_alive = framing_.keep_alive;
  head.extra = extra;
  AppendHead(context_.out, head);
  if (fault_.error_event) return;
  for (std::int64_t i = 0; i < request_.choices && request_.endpoint == Endpoint::kChat; ++i) {
    context_.event.clear();
    shapes_.RoleChunk(context_.event, i);
    Event(context_.event);
  }
}

void AnswerWriter::Token(std::string_view piece) {
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    context_.event.clear();
    if (!request_.tool_call) {
      shapes_.TextChunk(context_.event, i, piece);
    } else if (!tool_started_) {
      shapes_.ToolChunk(context_.event, i, *request_.tool_call);
    } else {
      shapes_.ArgumentsChunk(context_.event, i, piece);
    }
    Event(context_.event);
  }
  tool_started_ = true;
}

void AnswerWriter::Malformed() { Event("{\"broken"); }

void AnswerWriter::StreamError(const Refusal& refusal) {
  Event(ErrorJson(context_.options.personality, refusal));
  Terminate(true);
}

void AnswerWriter::FinishStream(FinishReason reason, const Usage& usage) {
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    context_.event.clear();
    shapes_.FinishChunk(context_.event, i, reason);
    Event(context_.event);
  }
  if (request_.include_usage && !fault_.no_usage) {
    context_.event.clear();
    shapes_.UsageChunk(context_.event, usage);
    Event(context_.event);
  }
  Terminate(!fault_.no_done);
}

void AnswerWriter::Terminate(bool done) {
  if (done) Event("[DONE]");
  if (chunked_) context_.out.append(kLastChunk);
}

void AnswerWriter::Event(std::string_view json) {
  const std::string_view eol = fault_.crlf ? "\r\n" : "\n";
  ++events_;
  std::string& framed = context_.frame;
  framed.clear();
  if (fault_.comment && events_ % *fault_.comment == 0) {
    framed.append(": keep-alive").append(eol).append(eol);
  }
  framed.append("data: ").append(json).append(eol).append(eol);
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
  shapes_.Whole(context_.event, request_.choices, answer);
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
  const std::string body = ErrorJson(context_.options.personality, refusal);
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

void AnswerWriter::ErrorAsAnswer(const Refusal& refusal) {
  Body(ErrorJson(context_.options.personality, refusal), false);
}

void AnswerWriter::Flush() {
  if (context_.out.empty()) return;
  channel_.Write(context_.out);
  context_.out.clear();
}

}  // namespace headgate::loadtest::sim

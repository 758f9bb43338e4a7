#include "backends/protocols/translated_stream.h"

#include <utility>

#include "backends/protocols/translator.h"

namespace headgate::backends {
namespace {

std::unique_ptr<ResumedWriter> MakeResumedWriter(const AnswerContinuation& continuation,
                                                 std::string& out) {
  return std::make_unique<ResumedWriter>(
      continuation.seam,
      MakeStreamWriter(continuation.client, continuation.context, *continuation.client_seam, out));
}

}  // namespace

void TranslatedStream::Events::On(const AnswerEvent& event) {
  using Kind = AnswerEvent::Kind;
  switch (event.kind) {
    case Kind::kPing:
      waiting |= !started;
      if (!started) return;  // nothing is written ahead of the answer's beginning
      break;
    case Kind::kError:
      failed = true;
      error = event.text;
      return;
    case Kind::kUsage:
      usage = *event.usage;
      if (!started) return;  // of an answer that failed before it began
      break;
    case Kind::kStart:
      break;
    case Kind::kEnd:
      done = true;
      before_end = written->size();
      if (!started) return;  // nothing but its end
      has_content = true;
      break;
    case Kind::kFinish:
      finished = true;
      has_content = true;
      break;
    default:
      has_content = true;
      break;
  }
  started = true;
  writer->On(event);
}

TranslatedStream::TranslatedStream(ChatProtocol backend, ChatProtocol client,
                                   const AnswerContext& context)
    : reader_(MakeStreamReader(backend)), writer_(MakeStreamWriter(client, context, written_)) {
  events_.writer = writer_.get();
  events_.written = &written_;
}

TranslatedStream::TranslatedStream(const AnswerContinuation& continuation)
    : reader_(MakeStreamReader(continuation.backend)),
      writer_(MakeResumedWriter(continuation, written_)),
      resumed_(static_cast<const ResumedWriter*>(writer_.get())) {
  events_.writer = writer_.get();
  events_.written = &written_;
}

void TranslatedStream::Feed(std::string_view bytes, std::string& out) {
  events_.waiting = false;
  if (ended()) return;
  reader_->Feed(bytes, events_);
  // Events that close a long answer are long too: they are moved rather than copied.
  std::string end;
  if (events_.done) {
    end = written_.substr(events_.before_end);
    written_.resize(events_.before_end);
  }
  if (out.empty()) {
    out.swap(written_);
  } else {
    out.append(written_);
  }
  written_ = std::move(end);
}

std::string_view TranslatedStream::comments() const { return events_.waiting ? ":\n\n" : ""; }

StreamEnd TranslatedStream::end() const {
  return {.error = error_event(),
          .malformed = malformed(),
          .closed = done(),
          .finished = !unusable() && (events_.finished || reader_->finished())};
}

AnswerUsage TranslatedStream::usage() const {
  AnswerUsage latest = reader_->usage();
  const bool known = latest.tokens || !latest.service_tier.empty();
  return known ? latest : events_.usage;
}

void TranslatedStream::AppendEnd(std::string& out) {
  if (!events_.done) reader_->EndAtClose(events_);
  out.append(written_);
  written_.clear();
}

}  // namespace headgate::backends

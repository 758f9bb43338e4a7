#include "backends/protocols/openai_chat/chunks/answer_parts.h"

#include "backends/protocols/openai_chat/body/wire_words.h"

namespace headgate::backends::openai_chat {

void AnswerParts::Take(const Chunk& chunk, AnswerSink& sink) {
  const bool again = chunk.thought_is_whole && open_ == Kind::kThinking;
  if (!again) TakeText(Kind::kThinking, chunk.thinking, sink);
  TakeSignatures(chunk, sink);
  TakeText(Kind::kText, chunk.text, sink);
  TakeText(Kind::kRefusal, chunk.refusal, sink);
  if (chunk.calls.empty()) return;
  Close(sink);
  for (const CallFragment& fragment : chunk.calls) calls_.Take(fragment, sink);
}

void AnswerParts::Finish(AnswerSink& sink) {
  Close(sink);
  calls_.Finish(sink);
  for (const LateText& late : late_) TakeText(late.kind, late.text, sink);
  late_.clear();
  late_size_ = 0;
  Close(sink);
}

void AnswerParts::TakeText(Kind kind, std::string_view text, AnswerSink& sink) {
  if (text.empty()) return;
  if (open_ != kind) {
    calls_.EndWhole(sink);
    if (calls_.open()) {
      if (late_.empty() || late_.back().kind != kind) late_.push_back({.kind = kind, .text = {}});
      late_.back().text += text;
      late_size_ += text.size();
      return;
    }
    Open(kind, sink);
  }
  sink.On(EventOf(kind, text));
}

// A signature belongs to the thoughts before it, which are still open; hidden thoughts are a part
// of their own.
void AnswerParts::TakeSignatures(const Chunk& chunk, AnswerSink& sink) {
  AnswerEvent event = EventOf(Kind::kSignature);
  event.protocol = ChatProtocol::kChatCompletions;
  if (!chunk.signature.empty() && open_ == Kind::kThinking) {
    event.text = chunk.signature;
    sink.On(event);
  }
  if (chunk.hidden.empty() || calls_.open()) return;
  Open(Kind::kSignature, sink);
  event.text = chunk.hidden;
  sink.On(event);
  Close(sink);
}

void AnswerParts::Open(Kind kind, AnswerSink& sink) {
  Close(sink);
  open_ = kind;
}

void AnswerParts::Close(AnswerSink& sink) {
  if (open_ == Kind::kPartEnd) return;
  open_ = Kind::kPartEnd;
  sink.On(EventOf(Kind::kPartEnd));
}

}  // namespace headgate::backends::openai_chat

#include "backends/protocols/anthropic/parts/stream_blocks.h"

#include <algorithm>
#include <utility>

namespace headgate::backends::anthropic {

// `type` is a token.
StreamBlocks::Kind StreamBlocks::KindOf(std::string_view type) {
  if (type == "\"text\"") return Kind::kText;
  if (type == "\"thinking\"") return Kind::kThinking;
  if (type == "\"redacted_thinking\"") return Kind::kHidden;
  return type == "\"tool_use\"" ? Kind::kCall : Kind::kSkipped;
}

StreamBlocks::Block* StreamBlocks::Waiting(std::int64_t index) {
  const auto block = std::find_if(waiting_.begin(), waiting_.end(),
                                  [index](const Block& b) { return b.index == index; });
  return block == waiting_.end() ? nullptr : &*block;
}

void StreamBlocks::Start(std::optional<std::int64_t> index, const BlockFields& block,
                         AnswerSink& sink) {
  Block begun{.index = index.value_or(next_index_), .kind = KindOf(block.type)};
  next_index_ = begun.index + 1;
  const bool thought = begun.kind == Kind::kThinking;
  begun.id = TokenText(block.id, buffer_);
  begun.name = TokenText(block.name, buffer_);
  begun.text = TokenText(thought ? block.thinking : block.text, buffer_);
  begun.signature = TokenText(begun.kind == Kind::kHidden ? block.data : block.signature, buffer_);
  begun.input = InputObject(block.input, buffer_);
  if (is_open_ && open_.kind == Kind::kCall) {
    waiting_.push_back(std::move(begun));
    return;
  }
  EndOpen(sink);
  Open(std::move(begun), sink);
}

void StreamBlocks::Delta(std::optional<std::int64_t> index, const BlockFields& delta,
                         AnswerSink& sink) {
  if (!is_open_ || (index && *index != open_.index)) {
    DeltaOfUnknown(index.value_or(next_index_), delta, sink);
    return;
  }
  switch (open_.kind) {
    case Kind::kText:
      Tell(AnswerEvent::Kind::kText, delta.text, sink);
      break;
    case Kind::kThinking:
      Tell(AnswerEvent::Kind::kThinking, delta.thinking, sink);
      Tell(AnswerEvent::Kind::kSignature, delta.signature, sink);
      break;
    case Kind::kCall:
      open_.has_arguments |= delta.partial_json.size() > 2;
      Tell(AnswerEvent::Kind::kToolArguments, delta.partial_json, sink);
      break;
    case Kind::kHidden:
    case Kind::kSkipped:
      break;
  }
}

// A delta of a block that waits, or of a block that never began: some servers leave out the start
// of a text.
void StreamBlocks::DeltaOfUnknown(std::int64_t index, const BlockFields& delta, AnswerSink& sink) {
  if (Block* const block = Waiting(index)) {
    Keep(delta, *block);
    return;
  }
  if (delta.text.empty() && delta.thinking.empty()) return;
  Block begun{.index = index, .kind = delta.text.empty() ? Kind::kThinking : Kind::kText};
  if (is_open_ && open_.kind == Kind::kCall) {
    Keep(delta, waiting_.emplace_back(std::move(begun)));
    return;
  }
  EndOpen(sink);
  Open(std::move(begun), sink);
  Delta(index, delta, sink);
}

void StreamBlocks::Keep(const BlockFields& delta, Block& block) {
  const std::size_t before = block.text.size() + block.signature.size();
  block.text += TokenText(delta.text, buffer_);
  block.text += TokenText(delta.thinking, buffer_);
  block.text += TokenText(delta.partial_json, buffer_);
  block.signature += TokenText(delta.signature, buffer_);
  waiting_bytes_ += block.text.size() + block.signature.size() - before;
}

void StreamBlocks::Stop(std::optional<std::int64_t> index, AnswerSink& sink) {
  if (is_open_ && (!index || *index == open_.index)) {
    Close(sink);
  } else if (Block* const block = index ? Waiting(*index) : nullptr) {
    block->stopped = true;
  }
}

void StreamBlocks::CloseAll(AnswerSink& sink) {
  while (is_open_) Close(sink);
}

// Ends the open block, and tells the blocks that waited for it, up to one that may grow.
void StreamBlocks::Close(AnswerSink& sink) {
  EndOpen(sink);
  while (!is_open_ && !waiting_.empty()) {
    Block next = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    waiting_bytes_ -= std::min(waiting_bytes_, next.text.size() + next.signature.size());
    const bool stopped = next.stopped;
    Open(std::move(next), sink);
    if (stopped || open_.kind == Kind::kSkipped) EndOpen(sink);
  }
}

void StreamBlocks::Open(Block block, AnswerSink& sink) {
  open_ = std::move(block);
  is_open_ = true;
  pair_.Clear();
  const auto tell = [&sink](AnswerEvent::Kind kind, std::string_view text) {
    if (!text.empty()) sink.On({.kind = kind, .text = text});
  };
  switch (open_.kind) {
    case Kind::kText:
      tell(AnswerEvent::Kind::kText, open_.text);
      break;
    case Kind::kThinking:
      tell(AnswerEvent::Kind::kThinking, open_.text);
      tell(AnswerEvent::Kind::kSignature, open_.signature);
      break;
    case Kind::kHidden:
      tell(AnswerEvent::Kind::kSignature, open_.signature);
      break;
    case Kind::kCall:
      calls_ = true;
      nameless_ |= open_.name.empty();
      sink.On({.kind = AnswerEvent::Kind::kToolCall, .id = open_.id, .name = open_.name});
      open_.has_arguments = !open_.text.empty();
      tell(AnswerEvent::Kind::kToolArguments, open_.text);
      break;
    case Kind::kSkipped:
      break;
  }
}

// A call without a fragment has its arguments in its start, or none: they are told as JSON all the
// same, as a whole answer has them.
void StreamBlocks::EndOpen(AnswerSink& sink) {
  if (!is_open_) return;
  is_open_ = false;
  if (open_.kind == Kind::kSkipped) return;
  if (const std::string_view half = pair_.Rest(); open_.kind == Kind::kText && !half.empty()) {
    sink.On({.kind = AnswerEvent::Kind::kText, .text = half});
  }
  if (open_.kind == Kind::kCall && !open_.has_arguments) {
    sink.On({.kind = AnswerEvent::Kind::kToolArguments,
             .text = open_.input.empty() ? std::string_view("{}") : open_.input});
  }
  sink.On({.kind = AnswerEvent::Kind::kPartEnd});
}

void StreamBlocks::Tell(AnswerEvent::Kind kind, std::string_view token, AnswerSink& sink) {
  const bool is_text = kind != AnswerEvent::Kind::kSignature;
  const std::string_view text = TokenText(is_text ? pair_.Join(token) : token, buffer_);
  if (!text.empty()) sink.On({.kind = kind, .text = text});
}

}  // namespace headgate::backends::anthropic

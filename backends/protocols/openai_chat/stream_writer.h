#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/client_seam.h"

namespace headgate::backends::openai_chat {

// Writes an answer as the events of a streamed chat completion: a chunk with the role, one chunk
// for each piece, a chunk with the finish_reason, the usage if the client asked for it, and [DONE].
// Thoughts are reasoning_content; when a thought that has a signature ends, a chunk with the whole
// thought in thinking_blocks follows, as a client sends it back. kError writes nothing, and nothing
// is written after it. A piece of text allocates nothing but room in the output. Worker-bound; one
// use.
class StreamWriter final : public AnswerStreamWriter {
 public:
  // Appends to `out`, which outlives the writer, as do the context's request and request_id.
  StreamWriter(const AnswerContext& context, std::string& out) : out_(out), context_(context) {}

  // Writes the rest of a stream, whose beginning the client has. Writes nothing itself.
  // REQUIRES: On was not called.
  void GoOn(const ClientSeam& seam);

  void On(const AnswerEvent& event) override;

 private:
  using Kind = AnswerEvent::Kind;

  void Start(std::string_view id, std::string_view model);
  void SetHead(std::string_view id, std::string_view model);
  // A chunk with one choice: `key` and `text` are the one member of its delta.
  void WriteText(std::string_view key, std::string_view text);
  void WriteCall(const AnswerEvent& event);
  void WriteArguments(std::string_view text);
  void WriteLegacyCall(std::string_view name);
  void WriteLegacyArguments(std::string_view text);
  void WriteThought();
  void WriteFinish(FinishReason reason);
  void WriteEnd();
  void Begin() { out_ += head_; }
  void EndDelta() { out_ += tail_; }

  std::string& out_;
  const AnswerContext context_;
  std::string start_;  // of each chunk, up to its choices
  std::string head_;   // of a chunk with a delta, up to the delta's brace
  std::string_view tail_;
  AnswerUsage usage_;
  std::string thought_;    // the text of the open thought
  std::string signature_;  // of the open thought, or of hidden thoughts
  ChatProtocol signature_protocol_ = ChatProtocol::kMessages;
  std::int64_t calls_ = 0;
  bool started_ = false;
  bool finished_ = false;
  bool over_ = false;
};

}  // namespace headgate::backends::openai_chat

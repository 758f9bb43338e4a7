#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/sse/split_pair.h"

namespace headgate::backends::openai_chat {

// A piece of a tool call. Members that are not said are empty.
struct CallFragment {
  static constexpr std::int64_t kNoIndex = -1;

  std::int64_t index = kNoIndex;
  std::string id;
  std::string name;
  std::string arguments;
};

// What one chunk of a stream, or a whole answer, says of its first choice. The views are valid
// until the reader's next Read.
struct Chunk {
  std::string_view id;
  std::string_view model;
  bool has_choice = false;   // a choice with index 0 or without one
  bool has_message = false;  // its delta or message is an object
  // There may be usage or an error, which AnswerFields tell.
  bool needs_fields = false;
  bool has_tier = false;
  std::string_view thinking;
  std::string_view signature;  // of thinking_blocks
  // The thought is that of a block with a signature, which has all of the thought in it.
  bool thought_is_whole = false;
  std::string_view hidden;  // the data of redacted_thinking
  std::string_view text;
  std::string_view refusal;
  std::span<const CallFragment> calls;
  std::string_view finish;         // finish_reason; empty if it says nothing
  std::string_view stop_sequence;  // of vLLM's stop_reason or SGLang's matched_stop

  bool generated() const {
    return !(thinking.empty() && text.empty() && refusal.empty() && calls.empty());
  }
};

// Reads the dialects of chunks: thoughts as reasoning_content (DeepSeek, SGLang, llama.cpp),
// reasoning (vLLM, Ollama, OpenRouter), thinking_blocks (LiteLLM) or parts of the content
// (Mistral); content as a text or as parts; the deprecated function_call as a fragment of a tool
// call. In the steady state nothing is allocated. Worker-bound.
class ChunkReader {
 public:
  // `streamed`: the chunks are those of one stream, in order. A surrogate pair that is split over
  // two of them is put together.
  explicit ChunkReader(bool streamed = false) : streamed_(streamed) {}

  // Copies `json`. Returns false if it is not a JSON object.
  bool Read(std::string_view json, Chunk& chunk);

  // The copy, followed by 64 readable bytes. Valid until the next Read.
  std::string_view copy() const { return copy_; }

 private:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;

  bool ReadMember(std::string_view key, Value value, Chunk& chunk);
  bool ReadChoices(Value value, Chunk& chunk);
  bool ReadChoice(Object choice, Chunk& chunk);
  bool ReadMessage(Value value, Chunk& chunk);
  bool ReadContent(Value value, Chunk& chunk);
  bool ReadContentPart(Object part);
  bool ReadThinkingBlocks(Value value);
  bool ReadCalls(Value value);
  bool ReadCall(Object call);
  bool ReadFunction(Value value, CallFragment& fragment);
  CallFragment& NewFragment();
  std::string_view PieceIn(Value value, SplitPair& pair, std::string& scratch) const;
  void Clear();

  const bool streamed_;
  SplitPair content_pair_;
  SplitPair reasoning_content_pair_;
  SplitPair reasoning_pair_;
  simdjson::ondemand::parser parser_;
  std::string copy_;
  // Texts that are not copied where they lie, because they have escapes or come in parts.
  std::string id_text_;
  std::string model_text_;
  std::string finish_text_;
  std::string stop_text_;
  std::string content_;
  std::string refusal_;
  std::string reasoning_content_;
  std::string reasoning_;
  std::string part_text_;
  std::string part_thinking_;
  std::string block_thinking_;
  std::string signature_;
  std::string hidden_;
  std::vector<CallFragment> fragments_;  // the first used_fragments_ count
  std::size_t used_fragments_ = 0;
};

}  // namespace headgate::backends::openai_chat

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/anthropic/parts/block_fields.h"
#include "backends/protocols/sse/split_pair.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::anthropic {

// The content blocks of a streamed answer, told one after another. Anthropic sends them so. Other
// servers of this protocol may mix the fragments of parallel calls: a block that begins while a
// call is open waits until the call is whole. Blocks of server tools are skipped. In the steady
// state nothing is allocated. Worker-bound.
class StreamBlocks {
 public:
  // `index`: of the block; nullopt: the backend leaves it out, and means the current block.
  void Start(std::optional<std::int64_t> index, const BlockFields& block, AnswerSink& sink);
  void Delta(std::optional<std::int64_t> index, const BlockFields& delta, AnswerSink& sink);
  void Stop(std::optional<std::int64_t> index, AnswerSink& sink);
  // Ends all blocks.
  void CloseAll(AnswerSink& sink);

  bool calls() const { return calls_; }        // a call has begun
  bool nameless() const { return nameless_; }  // one of them has no name
  // Returns whether more waits than a stream of this protocol could need.
  bool too_large() const { return waiting_.size() > kMostWaiting || waiting_bytes_ > kMostBytes; }

 private:
  static constexpr std::size_t kMostWaiting = 256;
  static constexpr std::size_t kMostBytes = 8u << 20;

  enum class Kind : std::uint8_t { kText, kThinking, kHidden, kCall, kSkipped };
  struct Block {
    std::int64_t index = 0;
    Kind kind = Kind::kSkipped;
    std::string id;
    std::string name;
    std::string text;       // that waits: text, thoughts, arguments
    std::string signature;  // that waits, or the whole of hidden thoughts
    std::string input;      // of a call that came with its arguments
    bool stopped = false;
    bool has_arguments = false;
  };

  static Kind KindOf(std::string_view type);
  Block* Waiting(std::int64_t index);
  void Open(Block block, AnswerSink& sink);
  void EndOpen(AnswerSink& sink);
  void Close(AnswerSink& sink);
  void DeltaOfUnknown(std::int64_t index, const BlockFields& delta, AnswerSink& sink);
  void Keep(const BlockFields& delta, Block& block);
  void Tell(AnswerEvent::Kind kind, std::string_view token, AnswerSink& sink);

  Block open_;
  bool is_open_ = false;
  bool calls_ = false;
  bool nameless_ = false;
  std::int64_t next_index_ = 0;
  std::vector<Block> waiting_;
  std::size_t waiting_bytes_ = 0;
  SplitPair pair_;  // of the text of the open block
  std::string buffer_;
};

}  // namespace headgate::backends::anthropic

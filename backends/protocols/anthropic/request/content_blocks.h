#pragma once

#include <cstddef>
#include <string_view>

#include "backends/protocols/request/body_fields.h"

namespace headgate::backends::anthropic {

// Anthropic's content blocks, wherever they stand: in a message, in `system`, in a tool's result,
// in a document. Worker-bound; one use.
class ContentBlocks : public BodyFields {
 public:
  using BodyFields::BodyFields;

 protected:
  // Reads a string, a list of blocks or null. Texts get `role`; those of a tool's result become
  // TextRole::kTool.
  bool ReadBlocks(TextRole role);

  // Counts of the blocks that were read at the top level since the last ReadBlocks began. A string
  // counts as a block.
  std::size_t results() const { return results_; }  // results of tools
  std::size_t others() const { return others_; }
  bool ends_in_result() const { return ends_in_result_; }

 private:
  // A block that is being read. Its members may come in any order.
  struct Block {
    std::size_t first_text = 0;  // in the facts
    std::string_view type;
    std::string_view source_type;
    std::string_view media_type;
    std::string_view data;
    bool has_source = false;
    bool is_result = false;  // it has a tool_use_id
    bool reminds = false;    // it is a reminder of Claude Code's
  };

  bool ReadList();
  bool ReadBlock();
  void JudgeSource(const Block& block);
  void JudgeBlock(const Block& block);
  bool ReadType();
  bool ReadBlockText();
  bool ReadContent();
  bool ReadSource();
  bool ReadSourceType();
  bool ReadMediaType();
  bool ReadData();
  bool ReadFileId();
  bool ReadToolUseId();

  TextRole role_ = TextRole::kUser;
  Block* block_ = nullptr;
  std::size_t depth_ = 0;  // of lists of blocks
  std::size_t results_ = 0;
  std::size_t others_ = 0;
  bool ends_in_result_ = false;
};

}  // namespace headgate::backends::anthropic

#include "backends/protocols/anthropic/request/content_blocks.h"

#include <algorithm>
#include <array>

namespace headgate::backends::anthropic {
namespace {

// Lists of blocks inside of each other: a message's, a tool result's, a document's.
constexpr std::size_t kDeepestList = 3;

// Texts that Claude Code adds behind the results of tools. Nobody has typed them.
constexpr std::string_view kReminder = "<system-reminder>";

// Blocks whose content the protocols of other providers have as well.
constexpr std::array<std::string_view, 8> kCommonBlocks = {
    "text",        "image",    "document",          "tool_use",
    "tool_result", "thinking", "redacted_thinking", "search_result"};

bool IsCommon(std::string_view type) {
  return type.empty() ||
         std::find(kCommonBlocks.begin(), kCommonBlocks.end(), type) != kCommonBlocks.end();
}

}  // namespace

bool ContentBlocks::ReadBlocks(TextRole role) {
  role_ = role;
  results_ = others_ = 0;
  ends_in_result_ = false;
  if (TakeNull()) return true;
  if (cursor_.Peek() != '"') return ReadList();
  others_ = 1;
  return ReadText(role_);
}

bool ContentBlocks::ReadList() {
  if (depth_ == kDeepestList) return cursor_.SkipValue();
  ++depth_;
  const bool good = ReadElements("a string or an array of blocks", [this] { return ReadBlock(); });
  --depth_;
  return good;
}

// A block of an unknown type is read like any other: a backend that looks at the members would
// otherwise be sent an image that was never counted.
bool ContentBlocks::ReadBlock() {
  using B = ContentBlocks;
  static constexpr Field<B> kFields[] = {
      {"type", &B::ReadType},
      {"text", &B::ReadBlockText},
      {"content", &B::ReadContent},
      {"source", &B::ReadSource},
      {"tool_use_id", &B::ReadToolUseId},
      {"file_id", &B::ReadFileId},
      // Of a call of a tool.
      {"name", &B::MeasureToolValue},
      {"input", &B::MeasureToolValue},
  };
  Block block{.first_text = facts_.texts.size()};
  Block* const around = block_;
  block_ = &block;
  if (!ReadMembers(*this, kFields, R"(an object such as {"type": "text", "text": "Hello"})")) {
    return false;
  }
  block_ = around;
  if (block.has_source) JudgeSource(block);
  JudgeBlock(block);
  return true;
}

void ContentBlocks::JudgeSource(const Block& block) {
  constexpr std::size_t kQuotes = 2;
  if (block.type == "image" ||
      (block.type != "document" && block.media_type.starts_with("image/"))) {
    AddImage(block.data);
  } else if (block.source_type == "text") {
    AddText(role_, block.data);
  } else if (!block.data.empty()) {
    AddFile(block.data.size() + kQuotes);
  } else if (block.source_type == "url") {
    AddFile(0);
  } else if (block.source_type != "content") {
    HideInput();
  }
}

void ContentBlocks::JudgeBlock(const Block& block) {
  const bool result = block.type == "tool_result" || (block.type.empty() && block.is_result);
  if (!IsCommon(block.type)) {
    HideInput();
    NoteNativeOnly("blocks of Anthropic's own tools");
  }
  if (block.type == "thinking" || block.type == "redacted_thinking") facts_.has_thoughts = true;
  if (result) {
    for (std::size_t i = block.first_text; i < facts_.texts.size(); ++i) {
      facts_.texts[i].role = TextRole::kTool;
    }
  }
  if (depth_ > 1) return;
  ++(result ? results_ : others_);
  ends_in_result_ = result || (ends_in_result_ && block.reminds);
}

bool ContentBlocks::ReadType() {
  return ReadNullableString(block_->type, "a string such as \"text\"");
}

bool ContentBlocks::ReadBlockText() {
  std::string_view text;
  if (!ReadNullableString(text, "a string")) return false;
  block_->reminds = text.starts_with(kReminder);
  AddText(role_, text);
  return true;
}

// Results of the provider's own tools have other objects here, which are not read.
bool ContentBlocks::ReadContent() {
  if (TakeNull()) return true;
  if (cursor_.Peek() == '"') return ReadText(role_);
  return cursor_.Peek() == '{' ? cursor_.SkipValue() : ReadList();
}

bool ContentBlocks::ReadSource() {
  using B = ContentBlocks;
  static constexpr Field<B> kFields[] = {{"type", &B::ReadSourceType},
                                         {"media_type", &B::ReadMediaType},
                                         {"data", &B::ReadData},
                                         {"content", &B::ReadContent},
                                         {"file_id", &B::ReadFileId}};
  // A search result has the name of its source.
  if (cursor_.Peek() == '"') return cursor_.SkipValue();
  if (TakeNull()) return true;
  block_->has_source = true;
  return ReadMembers(*this, kFields, R"(an object such as {"type": "url", "url": "https://…"})");
}

bool ContentBlocks::ReadSourceType() {
  return ReadNullableString(block_->source_type, "a string such as \"base64\"");
}

bool ContentBlocks::ReadMediaType() {
  return ReadNullableString(block_->media_type, "a string such as \"image/png\"");
}

// Base64, or a text: `type` may come later. Nothing is copied if there is no escape in it.
bool ContentBlocks::ReadData() { return ReadNullableString(block_->data, "a string"); }

bool ContentBlocks::ReadFileId() { return TakeNativeOnly("file ids"); }

bool ContentBlocks::ReadToolUseId() {
  std::string_view id;
  if (!ReadNullableString(id, "a string")) return false;
  block_->is_result = !id.empty();
  return true;
}

}  // namespace headgate::backends::anthropic

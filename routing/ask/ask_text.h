#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "routing/ask/block_search.h"
#include "routing/text/text_structure.h"

namespace headgate::routing {

// What a message asks, apart from the material that stands beside it: documents, memories, logs,
// programs, conversations to be named. Material is what stands in fences, in tags and between
// bracketed lines, in quotes, in lines that are built like code, logs or consoles, and in several
// lines with labels (mails, transcripts, YAML). An element or label that names an ask, such as
// `<user_query>`, holds it. Of what is left, a long text is reduced to its first and its last
// sentences, because people ask before or after the material. About 600 bytes, on the stack; of the
// text only the size is initialised.
//
// However a message is built, a fixed number of its lines, of quotation marks and of bytes in
// search of the ends of blocks is looked at.
struct AskText {
  static constexpr std::size_t kMost = 448;
  // A message of fewer bytes is not reduced to its ends.
  static constexpr std::size_t kLong = 1536;

  AskText() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): 448 bytes
  std::string_view text() const { return {bytes.data(), size}; }

  std::size_t size = 0;
  std::size_t left_out = 0;  // bytes that are not in the ask
  bool only_ends = false;    // some of what stands outside of the material is left out
  int technical_lines = 0;   // of logs, consoles, SQL and commands
  // Of what stands outside of the material. Views into the message; empty: there is none, or a
  // quote in it was left out.
  int paragraphs = 0;
  std::string_view first;
  std::string_view last;
  // What may still be looked at, in all pieces of the message.
  int lines = 104;
  int quotation_marks = 64;
  SearchBudget search;
  std::array<char, kMost> bytes;
};

// Appends the ask of `text`, which is a message or one piece of it. REQUIRES: `shape` is that of
// the message (AddShape). Reads the first 2 KiB and the last 1.5 KiB of a longer text, or the first
// and the last lines of a text of many lines, and looks for the ends of fences and tags between
// them. Allocates nothing; less than a nanosecond per byte.
void AddAsk(std::string_view text, const TextShape& shape, AskText& ask);

}  // namespace headgate::routing

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "routing/text/line_shape.h"
#include "routing/text/text_structure.h"

namespace headgate::routing {

// Tells the lines of a text that are part of a patch, a trace or a program from those that somebody
// says. A line such as `main()` is a part of them only because of the lines above it. Views into
// the text; allocates nothing. Thread-compatible.
class BuiltLines {
 public:
  // REQUIRES: `shape` is that of the message that `text` is a piece of (AddShape).
  BuiltLines(std::string_view text, const TextShape& shape)
      : text_(text),
        worth_a_look_(shape.code_lines + shape.trace_lines + shape.data_lines > 0 || shape.trace ||
                      shape.diff),
        diff_(shape.diff) {}

  // Whether `raw`, a line of the text with its indent and its end, is such a part. `next` is where
  // the line behind it begins. To be called for the lines in their order. REQUIRES: the line is not
  // blank.
  bool Reads(std::string_view raw, std::size_t next);
  // To be called for a blank line.
  void PassBlank() { after_blank_ = true; }

 private:
  // What the lines above are part of.
  enum class Block : std::uint8_t { kNone, kPatch, kTrace, kProgram };

  Block BegunBy(const Line& line, std::size_t next) const;
  bool Continues(const Line& line, char first) const;

  const std::string_view text_;
  const bool worth_a_look_;
  const bool diff_;
  Block block_ = Block::kNone;
  bool after_blank_ = false;
};

}  // namespace headgate::routing

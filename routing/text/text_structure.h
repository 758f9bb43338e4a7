#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::routing {

// What the shape of a text shows, without knowledge of the words of any language.
enum class Structure : std::uint8_t {
  kNone,
  kDiff,          // a unified diff or an apply_patch envelope
  kStackTrace,    // frames of a trace, a panic, a compiler's diagnostic
  kFence,         // a code fence with a language, or with lines of code inside; code spans
  kCodeDensity,   // lines that are built like code
  kMathNotation,  // LaTeX, mathematical symbols
};

// Counts over one text, or over several texts that belong together.
struct TextShape {
  int bytes = 0;  // read, not counting line ends
  int lines = 0;  // not blank, outside of fences
  int code_lines = 0;
  int code_characters = 0;  // brackets and operators, outside of fences
  int data_lines = 0;       // JSON, which is dense without being code
  int fenced_lines = 0;     // in fences that name no programming language
  int fenced_code_lines = 0;
  int code_fences = 0;  // fences that name a programming language
  int code_spans = 0;   // `identifier()` in running text
  int trace_lines = 0;
  int math_marks = 0;
  bool diff = false;
  bool trace = false;  // a line that only a stack trace or a compiler writes
};

// Adds `text` to `shape` and returns the number of bytes read. Reads only the head (two thirds) and
// the tail of a text longer than `budget` bytes. Allocates nothing; about a nanosecond per byte.
std::size_t AddShape(std::string_view text, std::size_t budget, TextShape& shape);

// The strongest structure of which there is enough.
Structure Judge(const TextShape& shape);

}  // namespace headgate::routing

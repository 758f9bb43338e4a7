#pragma once

#include <cstddef>
#include <string_view>

namespace headgate::routing {

// At how many places of a line each sign is looked for. More say the same, and a line of such signs
// alone would cost several nanoseconds for each byte.
inline constexpr int kMostPlaces = 128;

// One line without its end, and the counts of one pass over its bytes. Views into the text.
struct Line {
  std::string_view text;    // without blanks at either end; not empty
  std::size_t indent = 0;   // bytes of leading blanks
  int code_characters = 0;  // brackets and operators
  int parentheses = 0;      // opening parentheses
  int operator_bytes = 0;   // & | = > +
  int formula_bytes = 0;  // \ $ ^ and 0xE2, with which the mathematical operators of Unicode begin
  int backticks = 0;
};

// Counts the bytes of `line`, which has at most 4,095 bytes.
Line ReadLine(std::string_view line);

// The number of signs of code: terminators, block openers, operators, calls, assignments. A line
// with 2 or more is code. Pure.
int CodeMarks(const Line& line);

// A line of JSON, which has brackets like code but is data.
bool IsData(std::string_view text);

// A frame such as `at f (file.js:1:2)`. A single frame proves nothing.
bool IsTraceFrame(std::string_view text);
// A line that only a trace, a panic or a compiler writes.
bool IsTraceHeader(std::string_view text);

// A line that only a patch has. "--- " is not one: it needs "+++ " in the next line.
bool IsDiffHeader(std::string_view text);

// The number of spans in single backticks that look like an identifier, a path or a call.
int CodeSpans(const Line& line);

}  // namespace headgate::routing

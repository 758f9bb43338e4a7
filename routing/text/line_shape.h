#pragma once

#include <cstddef>
#include <string_view>

namespace headgate::routing {

// One line without its end, and what one pass over its bytes has counted. Views into the text.
struct Line {
  std::string_view text;    // without blanks at either end; not empty
  std::size_t indent = 0;   // bytes of leading blanks
  int code_characters = 0;  // brackets and operators
  int parentheses = 0;      // opening ones
  int operator_bytes = 0;   // & | = > +
  int formula_bytes = 0;  // \ $ ^ and 0xE2, with which the mathematical operators of Unicode begin
  int backticks = 0;
};

// Counts the bytes of `line`, which has at most 4,095 bytes.
Line ReadLine(std::string_view line);

// Marks of a language built on code: terminators, block openers, operators, calls, assignments. 2
// and more: the line is code. Pure.
int CodeMarks(const Line& line);

// A line of JSON, which has code's brackets but is data.
bool IsData(std::string_view text);

// A frame such as `at f (file.js:1:2)`; one alone proves nothing.
bool IsTraceFrame(std::string_view text);
// A line that nothing but a trace, a panic or a compiler writes.
bool IsTraceHeader(std::string_view text);

// A line that only a patch has; "--- " needs "+++ " behind it and is not among them.
bool IsDiffHeader(std::string_view text);

// LaTeX commands, pairs of dollars, powers, operators of Unicode. Pure.
int MathMarks(const Line& line);

// Spans in single backticks whose content is built like an identifier, a path or a call.
int CodeSpans(const Line& line);

}  // namespace headgate::routing

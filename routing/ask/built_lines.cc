#include "routing/ask/built_lines.h"

#include <algorithm>

#include "routing/text/ascii.h"
#include "routing/text/formula_marks.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kLongestLine = 1536;

// A line such as `KeyError: 'name'` or `java.io.IOException: closed`, which stands before or behind
// the frames of a trace.
bool NamesError(string_view line) {
  constexpr std::size_t kShortestName = 5;
  const string_view name = line.substr(0, line.find(": "));
  return name.size() >= kShortestName && name.size() < line.size() &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) { return IsAlphanumeric(c) || c == '.' || c == '_' || c == '$'; }) &&
         std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

bool BuiltLines::Reads(string_view raw, std::size_t next) {
  if (!worth_a_look_ || raw.size() > kLongestLine) return false;
  if (raw.back() == '\n') raw.remove_suffix(1);
  const Line line = ReadLine(raw);
  bool built = true;
  if (const Block begun = BegunBy(line, next); begun != Block::kNone) {
    block_ = begun;
  } else if (!Continues(line, raw[0])) {
    const bool program = CodeMarks(line) >= 2 && MathMarks(line) == 0;
    const bool data = !program && IsData(line.text);  // also a `}` alone
    if (!data) block_ = program ? Block::kProgram : Block::kNone;
    built = program || data || line.text[0] == '+' || line.text.starts_with("--");
  }
  after_blank_ = false;
  return built;
}

BuiltLines::Block BuiltLines::BegunBy(const Line& line, std::size_t next) const {
  const string_view text = line.text;
  const bool file = text.starts_with("--- ") || text.starts_with("+++ ");
  if (IsDiffHeader(text) || (diff_ && file)) return Block::kPatch;
  if (IsTraceHeader(text) || IsTraceFrame(text)) return Block::kTrace;
  if (!NamesError(text)) return Block::kNone;
  const string_view rest = text_.substr(next, kLongestLine);
  const string_view behind = Trim(rest.substr(0, rest.find('\n')));
  return !behind.empty() && IsTraceFrame(behind) ? Block::kTrace : Block::kNone;
}

// Whether the line is more of what the lines above are part of. `first` is its first byte, also if
// that is a blank.
bool BuiltLines::Continues(const Line& line, char first) const {
  switch (block_) {
    case Block::kPatch:
      return IsBlank(first) || first == '+' || first == '\\' || (first == '-' && !after_blank_) ||
             line.text.starts_with("index ");
    case Block::kTrace:
      return IsBlank(first) || (!after_blank_ && NamesError(line.text));
    case Block::kProgram:
      return line.indent >= 2 || first == '\t' || (!after_blank_ && line.text.back() == ';');
    case Block::kNone:
      break;
  }
  return false;
}

}  // namespace headgate::routing

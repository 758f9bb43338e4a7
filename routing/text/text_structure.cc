#include "routing/text/text_structure.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "routing/text/ascii.h"
#include "routing/text/formula_marks.h"
#include "routing/text/line_shape.h"

namespace headgate::routing {
namespace {

using std::string_view;

// The counters of a line have 12 bits, which limits a window.
constexpr std::size_t kLongestWindow = 4095;

// How many lines that are not blank are read of a window; 4 KiB of code have about as many.
constexpr int kMostLines = 128;

// Names after a fence that mean text or data, not a program.
constexpr std::array<string_view, 14> kNeutralFences = {
    "",     "csv",    "json",  "jsonl",     "log",  "markdown", "md",
    "none", "output", "plain", "plaintext", "text", "tsv",      "txt"};
constexpr std::array<string_view, 3> kMathFences = {"latex", "math", "tex"};

enum class Fence : std::uint8_t { kNone, kCode, kMath, kNeutral, kEnd };

template <std::size_t N>
bool IsOneOf(const std::array<string_view, N>& names, string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](string_view known) { return EqualsIgnoringCase(known, name); });
}

// What a line that starts with three backticks or tildes opens. A language is a single word;
// "```This text```" is a span.
Fence FenceOf(string_view text) {
  constexpr std::size_t kLongestLanguage = 20;
  if (!text.starts_with("```") && !text.starts_with("~~~")) return Fence::kNone;
  string_view name = text.substr(3);
  while (!name.empty() && name.front() == text.front()) name.remove_prefix(1);
  name = Trim(name);
  if (IsOneOf(kNeutralFences, name)) return Fence::kNeutral;
  if (IsOneOf(kMathFences, name)) return Fence::kMath;
  const bool word =
      name.size() <= kLongestLanguage && std::all_of(name.begin(), name.end(), [](char c) {
        return IsAlphanumeric(c) || c == '+' || c == '#' || c == '-' || c == '.' || c == '_';
      });
  return word ? Fence::kCode : Fence::kNone;
}

// Reads the lines of one window.
class ShapeReader {
 public:
  explicit ShapeReader(TextShape& shape) : shape_(shape) {}

  void Read(string_view window) {
    int lines = 0;
    while (true) {
      PassBlank(window);
      if (window.empty() || lines++ == kMostLines) return;
      const void* const found = std::memchr(window.data(), '\n', window.size());
      const std::size_t size =
          found == nullptr
              ? window.size()
              : static_cast<std::size_t>(static_cast<const char*>(found) - window.data());
      const Line line = ReadLine(window.substr(0, size));
      shape_.bytes += static_cast<int>(size);
      if (!line.text.empty()) Add(line);
      window.remove_prefix(std::min(size + 1, window.size()));
    }
  }

 private:
  // Counts and removes the blank lines at the beginning of the window.
  void PassBlank(string_view& window) {
    std::size_t begin = 0;  // of a line
    int ends = 0;
    for (std::size_t i = 0; i < window.size() && (IsBlank(window[i]) || window[i] == '\n'); ++i) {
      if (window[i] != '\n') continue;
      begin = i + 1;
      ++ends;
    }
    shape_.bytes += static_cast<int>(begin) - ends;
    window.remove_prefix(begin);
  }

  void Add(const Line& line) {
    if (ChangesFence(line.text)) return;
    AddPatch(line.text);
    if (IsTraceHeader(line.text)) shape_.trace = true;
    if (IsTraceFrame(line.text)) ++shape_.trace_lines;
    const int math = MathMarks(line);
    shape_.math_marks += math;
    const bool data = IsData(line.text);
    const bool code = math == 0 && !data && CodeMarks(line) >= 2;
    if (fenced_) {
      ++shape_.fenced_lines;
      shape_.fenced_code_lines += code ? 1 : 0;
      return;
    }
    ++shape_.lines;
    shape_.code_lines += code ? 1 : 0;
    shape_.data_lines += data ? 1 : 0;
    shape_.code_characters += line.code_characters;
    shape_.code_spans += CodeSpans(line);
  }

  bool ChangesFence(string_view text) {
    const Fence fence = FenceOf(text);
    if (fence == Fence::kNone) return false;
    if (fenced_ && fence == Fence::kNeutral) {
      fenced_ = false;
      return true;
    }
    fenced_ = true;
    shape_.code_fences += fence == Fence::kCode ? 1 : 0;
    shape_.math_marks += fence == Fence::kMath ? 2 : 0;
    return true;
  }

  void AddPatch(string_view text) {
    shape_.diff |= IsDiffHeader(text) || (after_old_file_ && text.starts_with("+++ "));
    after_old_file_ = text.starts_with("--- ");
  }

  TextShape& shape_;
  bool fenced_ = false;
  bool after_old_file_ = false;
};

}  // namespace

std::size_t AddShape(string_view text, std::size_t budget, TextShape& shape) {
  const std::size_t size = std::min({text.size(), budget, 2 * kLongestWindow});
  if (size == text.size() && size <= kLongestWindow) {
    ShapeReader(shape).Read(text);
    return size;
  }
  const std::size_t head = std::min(size - size / 3, kLongestWindow);
  ShapeReader(shape).Read(text.substr(0, head));
  ShapeReader(shape).Read(text.substr(text.size() - (size - head)));
  return size;
}

Structure Judge(const TextShape& shape) {
  if (shape.diff) return Structure::kDiff;
  if (shape.trace || shape.trace_lines >= 2) return Structure::kStackTrace;
  if (shape.code_fences > 0) return Structure::kFence;
  // A quarter of the lines, because prose has a few lines that look like code.
  if (shape.fenced_code_lines > 0 && shape.fenced_code_lines * 4 >= shape.fenced_lines) {
    return Structure::kFence;
  }
  // Formulas with some code (a figure in Asymptote, a pasted table) are more frequent than code
  // with formulas in its comments.
  if (shape.math_marks >= 2 && shape.math_marks >= shape.code_lines) {
    return Structure::kMathNotation;
  }
  const bool many = shape.code_lines >= 2 && shape.code_lines * 4 >= shape.lines;
  if (many || shape.code_lines >= 8) return Structure::kCodeDensity;
  if (shape.code_spans > 0) return Structure::kFence;
  // For snippets of a line or two: brackets and operators are a tenth of code and far less of
  // prose.
  const bool dense = shape.code_characters * 10 >= shape.bytes && shape.bytes >= 24;
  if (dense && shape.code_lines > 0 && shape.data_lines == 0) return Structure::kCodeDensity;
  return Structure::kNone;
}

}  // namespace headgate::routing

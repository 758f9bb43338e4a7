#include "routing/text/topic_shape.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace headgate::routing {
namespace {

using std::string_view;

// The properties of a text and the number of their bins, in the order of rows. ASCII punctuation
// comes after them, with four rows for each character.
enum Property : std::uint8_t {
  kCodeLines,
  kCodeCharacters,
  kDataLines,
  kFencedLines,
  kFencedCode,
  kCodeFences,
  kCodeSpans,
  kTraces,
  kMath,
  kPatch,
  kLineCount,
  kWordCount,
  kNumbers,
  kNumberShare,
  kIdentifiers,
  kFileNames,
  kFlags,
  kPaths,
  kShortLetters,
  kHighShare,
  kSyllabicShare,
  kEnd,
  kPropertyCount
};
constexpr std::array<string_view, kPropertyCount> kPropertyNames = {
    "code lines",  "code characters", "data lines",   "fenced lines",   "fenced code",
    "code fences", "code spans",      "stack traces", "mathematics",    "patch",
    "lines",       "words",           "numbers",      "number share",   "identifiers",
    "file names",  "flags",           "paths",        "single letters", "letters beyond ASCII",
    "syllables",   "end of text"};
constexpr std::uint32_t kBins = 8;
constexpr std::uint32_t kPunctuationRows = kPropertyCount * kBins;
constexpr std::uint32_t kPunctuationBins = 4;
constexpr string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
static_assert(kPunctuationRows + kPunctuation.size() * kPunctuationBins <= kShapeRows);

// 0, 1, 2..3, 4..7, …
int Magnitude(int value) {
  return std::min(static_cast<int>(std::bit_width(static_cast<unsigned>(value))),
                  static_cast<int>(kBins) - 1);
}
// 0; then up to 2 %, 5, 10, 20, 35, 60, 100.
int Share(int part, int whole) {
  if (part == 0 || whole == 0) return 0;
  constexpr std::array<int, 6> kBounds = {2, 5, 10, 20, 35, 60};
  const int percent = part * 100 / whole;
  return 1 + static_cast<int>(std::upper_bound(kBounds.begin(), kBounds.end(), percent) -
                              kBounds.begin());
}

// 1 and up for the mark at the end of the text; 0: none.
int EndOf(string_view text) {
  constexpr std::size_t kLongestBlank = 256;
  text = text.substr(text.size() - std::min(text.size(), kLongestBlank));
  std::size_t end = text.size();
  while (end > 0 && static_cast<unsigned char>(text[end - 1]) <= ' ') --end;
  constexpr string_view kEnds = "?.:;!}";
  const std::size_t found = end == 0 ? string_view::npos : kEnds.find(text[end - 1]);
  return found == string_view::npos ? 0 : static_cast<int>(found) + 1;
}

class Writer {
 public:
  explicit Writer(TopicFeatures& out) : out_(out) { out_.shapes_size = 0; }

  void PutStructure(const TextShape& shape) {
    Put(kCodeLines, Share(shape.code_lines, shape.lines));
    Put(kCodeCharacters, Share(shape.code_characters, shape.bytes));
    Put(kDataLines, Share(shape.data_lines, shape.lines));
    Put(kFencedLines, Magnitude(shape.fenced_lines));
    Put(kFencedCode, Share(shape.fenced_code_lines, shape.fenced_lines));
    Put(kCodeFences, Magnitude(shape.code_fences));
    Put(kCodeSpans, Magnitude(shape.code_spans));
    Put(kTraces, Magnitude(shape.trace_lines + (shape.trace ? 2 : 0)));
    Put(kMath, Magnitude(shape.math_marks));
    Put(kPatch, shape.diff ? 1 : 0);
    Put(kLineCount, Magnitude(shape.lines));
  }

  void PutWords(const WordCounts& counts) {
    Put(kWordCount, std::min(Magnitude(out_.words) - 1, 7));
    Put(kNumbers, Magnitude(counts.numbers));
    Put(kNumberShare, Share(counts.numbers, out_.words));
    Put(kIdentifiers, Magnitude(counts.identifiers));
    Put(kFileNames, Magnitude(counts.file_names));
    Put(kFlags, Magnitude(counts.flags));
    Put(kPaths, Magnitude(counts.paths));
    Put(kShortLetters, Magnitude(counts.single_letters));
    Put(kHighShare, Share(counts.high, out_.words));
    Put(kSyllabicShare, Share(counts.syllables, out_.words));
  }

  void PutEnd(string_view text) { Put(kEnd, EndOf(text)); }

  void PutPunctuation(const WordCounts& counts) {
    for (std::size_t i = 0; i < kPunctuation.size(); ++i) {
      const int count = counts.punctuation[static_cast<unsigned char>(kPunctuation[i])];
      if (count == 0 || out_.shapes_size == TopicFeatures::kMostShapes) continue;
      const auto bin = static_cast<std::uint32_t>(
          std::min((Magnitude(count) - 1), static_cast<int>(kPunctuationBins) - 1));
      out_.shapes[out_.shapes_size++] = static_cast<std::uint16_t>(
          kPunctuationRows + static_cast<std::uint32_t>(i) * kPunctuationBins + bin);
    }
  }

 private:
  void Put(Property property, int bin) {
    out_.shapes[out_.shapes_size++] =
        static_cast<std::uint16_t>(static_cast<std::uint32_t>(property) * kBins +
                                   static_cast<std::uint32_t>(std::max(bin, 0)));
  }

  TopicFeatures& out_;
};

}  // namespace

void WriteShapeRows(string_view text, const TextShape& shape, const WordCounts& counts,
                    TopicFeatures& out) {
  Writer writer(out);
  writer.PutStructure(shape);
  writer.PutWords(counts);
  writer.PutEnd(text);
  writer.PutPunctuation(counts);
}

ShapeName NameOfShape(std::uint32_t row) {
  if (row < kPunctuationRows) return {kPropertyNames[row / kBins], static_cast<int>(row % kBins)};
  const std::uint32_t at = (row - kPunctuationRows) / kPunctuationBins;
  if (at >= kPunctuation.size()) return {};
  return {kPunctuation.substr(at, 1),
          static_cast<int>((row - kPunctuationRows) % kPunctuationBins)};
}

}  // namespace headgate::routing

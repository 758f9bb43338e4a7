#include "routing/text/line_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

// Five counters of 12 bits in one word: counting takes one load and one addition for each byte.
constexpr int kLane = 12;
constexpr std::uint64_t kLaneMask = (std::uint64_t{1} << kLane) - 1;
enum Lane : int { kCode, kParenthesis, kOperator, kFormula, kBacktick };

constexpr std::array<std::uint64_t, 256> kWeights = [] {
  std::array<std::uint64_t, 256> weights{};
  const auto count = [&](string_view bytes, Lane lane) {
    for (const char c : bytes) {
      weights[static_cast<unsigned char>(c)] |= std::uint64_t{1} << (kLane * lane);
    }
  };
  count("{}()[];=<>&|+*_", kCode);
  count("(", kParenthesis);
  count("&|=>+", kOperator);
  count("\\$^\xE2", kFormula);
  count("`", kBacktick);
  return weights;
}();

// A part of a line that is compared at once, by the vector instructions of the machine.
constexpr std::size_t kVector = 16;
using Vector [[gnu::vector_size(kVector)]] = unsigned char;

// The bytes at `bytes` without a weight in kWeights. It may miss some: counting them adds 0.
auto PlainBytes(const char* bytes) {
  Vector b;
  std::memcpy(&b, bytes, kVector);
  const auto letter = ((b | 0x20) - 'a') <= 'z' - 'a';
  const auto digit = (b - ',') <= ':' - ',';  // and , - . / :
  const auto blank = (b - ' ') <= '"' - ' ';  // and ! "
  const auto foreign = (b >= 0x80) & (b != 0xE2);
  return letter | digit | blank | foreign | (b == '\'');
}

constexpr std::size_t kBlock = 2 * kVector;

// Whether the block at `bytes` needs no counting, so that kWeights is read only for other blocks.
bool IsPlain(const char* bytes) {
  const auto plain = PlainBytes(bytes) & PlainBytes(bytes + kVector);
  std::array<std::uint64_t, kVector / sizeof(std::uint64_t)> words;
  static_assert(sizeof words == sizeof plain);
  std::memcpy(words.data(), &plain, sizeof words);
  return (words[0] & words[1]) == ~std::uint64_t{0};
}

std::uint64_t Count(string_view bytes) {
  std::uint64_t counts = 0;
  for (const char c : bytes) counts += kWeights[static_cast<unsigned char>(c)];
  return counts;
}

// An identifier of two or more characters directly before a parenthesis, except before the "(s)" of
// a plural. One letter is a function of mathematics.
bool HasCall(string_view text) {
  int places = 0;
  for (std::size_t at = text.find('('); at != string_view::npos; at = text.find('(', at + 1)) {
    if (++places > kMostPlaces) return false;
    if (at < 2 || !IsWord(text[at - 1]) || !IsWord(text[at - 2])) continue;
    const string_view inside = text.substr(at + 1);
    if (inside.empty() || IsBlank(inside[0])) continue;
    if (inside.starts_with("s)") || inside.starts_with("es)")) continue;
    return true;
  }
  return false;
}

// All except "::" have one of the bytes that Line::operator_bytes counts.
bool HasOperator(string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char next = text[i + 1];
    switch (text[i]) {
      case '&':
      case '|':
        if (next == text[i]) return true;
        break;
      case '+':
        if (next == '+' || next == '=') return true;
        break;
      case '=':
        if (next == '=' || next == '>' || next == '"') return true;
        break;
      case '-':
        if (next == '=' || next == '>') return true;
        break;
      case '!':
        if (next == '=') return true;
        break;
      case ':':
        if (next == '=' || next == ':') return true;
        break;
      default:
        break;
    }
  }
  return false;
}

bool HasAssignment(string_view text) {
  const std::size_t at = text.find('=');
  if (at == string_view::npos || at == 0 || at + 1 == text.size()) return false;
  std::size_t before = at;
  while (before > 0 && text[before - 1] == ' ') --before;
  return before > 0 && (IsWord(text[before - 1]) || text[before - 1] == ']') && text[at + 1] != '=';
}

// A `{` that opens a block, and not a JSON object or an argument of LaTeX.
bool OpensBlock(string_view text) {
  if (text.back() != '{' || text.size() < 2) return false;
  string_view before = text.substr(0, text.size() - 1);
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  return !before.empty() && before.back() != ':' && before.back() != '{' && before.back() != '[';
}

// "):" at the end of a call or definition.
bool OpensSuite(string_view text) {
  return text.size() > 3 && text.back() == ':' &&
         (text[text.size() - 2] == ')' || text[text.size() - 2] == ']') && HasCall(text);
}

bool StartsAsCode(string_view text) {
  if (text[0] != '#' && text[0] != '/') return false;
  return text.starts_with("#include") || text.starts_with("#!/") || text.starts_with("//") ||
         text.starts_with("/*") || text.starts_with("#define ");
}

// "name.ext:12" anywhere in the text; with `columns`, "name.ext:12:5".
bool HasSourcePosition(string_view text, bool columns) {
  int places = 0;
  for (std::size_t at = text.find(':'); at != string_view::npos; at = text.find(':', at + 1)) {
    if (++places > kMostPlaces) return false;
    std::size_t extension = at;
    while (extension > 0 && IsLetter(text[extension - 1])) --extension;
    if (extension == at || extension == 0 || text[extension - 1] != '.') continue;
    std::size_t end = at + 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end == at + 1) continue;
    if (!columns) return true;
    if (end + 1 < text.size() && text[end] == ':' && IsDigit(text[end + 1])) return true;
  }
  return false;
}

bool IsCodeSpan(string_view span) {
  if (span.size() < 2 || IsBlank(span.front()) || IsBlank(span.back())) return false;
  if (span.front() == '"' || span.front() == '{' || span.front() == '[') return false;
  return span.find_first_of("()_.=<>/;{}$@*|&-") != string_view::npos;
}

}  // namespace

Line ReadLine(string_view line) {
  std::uint64_t counts = 0;
  std::size_t at = 0;
  for (; at + kBlock <= line.size(); at += kBlock) {
    if (!IsPlain(line.data() + at)) counts += Count({line.data() + at, kBlock});
  }
  counts += Count(line.substr(at));
  const auto lane = [&](Lane which) {
    return static_cast<int>((counts >> (kLane * which)) & kLaneMask);
  };
  std::size_t indent = 0;
  while (indent < line.size() && IsBlank(line[indent])) ++indent;
  string_view text = line.substr(indent);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return {text,           indent,         lane(kCode), lane(kParenthesis), lane(kOperator),
          lane(kFormula), lane(kBacktick)};
}

int CodeMarks(const Line& line) {
  const string_view text = line.text;
  if (line.code_characters == 0) return StartsAsCode(text) ? 2 : 0;
  if (OpensBlock(text) || OpensSuite(text) || StartsAsCode(text)) return 2;
  // The end of a statement may also be the end of an item in a list, so it counts only as one mark.
  // An indent counts only beside other marks.
  const int terminator = text.back() == ';' ? 1 : 0;
  const bool operators = line.operator_bytes > 0;
  const int marks = (line.parentheses > 0 && HasCall(text) ? 1 : 0) +
                    ((operators || Contains(text, "::")) && HasOperator(text) ? 1 : 0) +
                    (operators && HasAssignment(text) ? 1 : 0);
  return terminator + marks + (marks > 0 && line.indent >= 2 ? 1 : 0);
}

bool IsData(string_view text) {
  const char first = text.front();
  if (first == '"') return Contains(text, "\":") || Contains(text, "\" :") || text.back() == ',';
  if (first != '{' && first != '[' && first != '}' && first != ']') return false;
  if (text.size() <= 2) return true;
  const char second = text[1];
  return second == '"' || second == '{' || second == '[' || second == ',' || IsDigit(second);
}

bool IsTraceFrame(string_view text) {
  if (text.starts_with("at ")) {
    return HasSourcePosition(text, false) || text.ends_with("(Native Method)") ||
           text.ends_with("(Unknown Source)") || Contains(text, ":line ");
  }
  if (text.starts_with("File \"")) return Contains(text, "\", line ");
  if (text.size() > 3 && text.front() == '#' && IsDigit(text[1])) {
    return Contains(text, " 0x") || Contains(text, ") at ") || HasSourcePosition(text, false);
  }
  return false;
}

bool IsTraceHeader(string_view text) {
  constexpr std::size_t kShortest = 12;  // a.c:1: error
  if (text.size() < kShortest) return false;
  switch (text.front()) {
    case 'T':
      if (text.starts_with("Traceback (most recent call last)")) return true;
      break;
    case 'E':
      if (text.starts_with("Exception in thread \"")) return true;
      break;
    case 'g':
      if (text.starts_with("goroutine ") && text.ends_with("]:")) return true;
      break;
    case 't':
      if (text.starts_with("thread '") && Contains(text, "' panicked at ")) return true;
      break;
    default:
      break;
  }
  constexpr std::array<string_view, 3> kSeverities = {": error", ": warning", ": fatal error"};
  return Contains(text, ": ") && HasSourcePosition(text, true) &&
         std::any_of(kSeverities.begin(), kSeverities.end(),
                     [&](string_view severity) { return Contains(text, severity); });
}

bool IsDiffHeader(string_view text) {
  switch (text.front()) {
    case '@':
      return text.starts_with("@@ -") && Contains(text.substr(4), " @@");
    case 'd':
      return text.starts_with("diff --git ");
    case '*':
      return text.starts_with("*** Begin Patch") || text.starts_with("*** Update File: ");
    default:
      return false;
  }
}

int CodeSpans(const Line& line) {
  constexpr std::size_t kLongestSpan = 80;
  if (line.backticks < 2) return 0;
  int spans = 0;
  std::size_t open = line.text.find('`');
  int places = 0;
  while (++places <= kMostPlaces && open != string_view::npos) {
    const std::size_t close = line.text.find('`', open + 1);
    if (close == string_view::npos) break;
    if (close - open <= kLongestSpan && IsCodeSpan(line.text.substr(open + 1, close - open - 1))) {
      ++spans;
    }
    open = line.text.find('`', close + 1);
  }
  return spans;
}

}  // namespace headgate::routing

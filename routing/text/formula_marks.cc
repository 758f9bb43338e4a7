#include "routing/text/formula_marks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

// Sorted. Commands of mathematics; not those of a document's layout, nor the short English words
// that are parts of Windows paths as well (\to, \in, \log).
constexpr std::array<string_view, 67> kCommands = {
    "Delta",    "Omega",   "Rightarrow", "Sigma",   "alpha",    "angle",   "approx", "beta",
    "binom",    "bmod",    "cap",        "cdot",    "cdots",    "circ",    "cos",    "cup",
    "delta",    "dfrac",   "div",        "epsilon", "equiv",    "exists",  "forall", "frac",
    "gamma",    "ge",      "geq",        "iff",     "iint",     "implies", "infty",  "lambda",
    "ldots",    "le",      "leq",        "lim",     "ln",       "mathbb",  "mathbf", "mathcal",
    "mathrm",   "mu",      "nabla",      "ne",      "neq",      "notin",   "omega",  "operatorname",
    "overline", "partial", "phi",        "pi",      "pm",       "pmod",    "prod",   "rightarrow",
    "sigma",    "sin",     "sqrt",       "subset",  "subseteq", "sum",     "tan",    "tfrac",
    "theta",    "times",   "triangle"};
static_assert(std::is_sorted(kCommands.begin(), kCommands.end()));

int LatexMarks(string_view text) {
  int marks = 0;
  for (std::size_t at = text.find('\\'); at != string_view::npos; at = text.find('\\', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && IsLetter(text[end])) ++end;
    const string_view command = text.substr(at + 1, end - at - 1);
    if (command.size() >= 2 && std::binary_search(kCommands.begin(), kCommands.end(), command)) {
      marks += 2;
    } else if (command.empty() && end < text.size() && (text[end] == '(' || text[end] == '[')) {
      const string_view close = text[end] == '(' ? "\\)" : "\\]";
      if (text.find(close, end) != string_view::npos) ++marks;
    }
  }
  return marks;
}

// "$x + 1$" and "$$": dollars that touch what they enclose, with no digit or letter behind the
// second, so that prices and shell variables are none.
int DollarMarks(string_view text) {
  constexpr std::size_t kLongestFormula = 200;
  int marks = 0;
  std::size_t open = text.find('$');
  while (open != string_view::npos && open + 1 < text.size()) {
    if (text[open + 1] == '$') {
      ++marks;
      open = text.find('$', open + 2);
      continue;
    }
    const std::size_t close = text.find('$', open + 1);
    if (close == string_view::npos) break;
    const bool encloses = close - open <= kLongestFormula && !IsBlank(text[open + 1]) &&
                          !IsBlank(text[close - 1]) &&
                          (close + 1 == text.size() || !IsWord(text[close + 1]));
    marks += encloses ? 1 : 0;
    open = encloses ? text.find('$', close + 1) : close;
  }
  return marks;
}

// The block of mathematical operators, U+2200..U+22FF, is E2 88 80 .. E2 8B BF.
int SymbolMarks(string_view text) {
  int marks = 0;
  for (std::size_t at = text.find('\xE2'); at != string_view::npos && at + 2 < text.size();
       at = text.find('\xE2', at + 3)) {
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (second >= 0x88 && second <= 0x8B) ++marks;
  }
  return marks;
}

// "x^2", ")^{n": a power.
int PowerMarks(string_view text) {
  int marks = 0;
  for (std::size_t at = text.find('^'); at != string_view::npos; at = text.find('^', at + 1)) {
    if (at == 0 || at + 1 == text.size()) continue;
    const char base = text[at - 1];
    const char power = text[at + 1];
    if ((IsWord(base) || base == ')') && (IsWord(power) || power == '{' || power == '(')) ++marks;
  }
  return marks;
}

}  // namespace

int MathMarks(const Line& line) {
  if (line.formula_bytes == 0) return 0;
  return PowerMarks(line.text) + LatexMarks(line.text) + DollarMarks(line.text) +
         SymbolMarks(line.text);
}

}  // namespace headgate::routing

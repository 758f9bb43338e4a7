#include "routing/text/formula_marks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

// Sorted. Commands of mathematics, without those of layout and without short English words that
// also occur in Windows paths (\to, \in, \log).
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

// Where `close` comes next from `at` on. `known` is what the call before returned: from there on
// the text is not searched again, so that all calls together pass over it once.
std::size_t NextClose(string_view text, std::size_t at, string_view close, std::size_t known) {
  return known != string_view::npos && known < at ? text.find(close, at) : known;
}

int LatexMarks(string_view text) {
  int marks = 0;
  std::size_t round = 0;
  std::size_t square = 0;
  int places = 0;
  for (std::size_t at = text.find('\\'); at != string_view::npos; at = text.find('\\', at + 1)) {
    if (++places > kMostPlaces) break;
    std::size_t end = at + 1;
    while (end < text.size() && IsLetter(text[end])) ++end;
    const string_view command = text.substr(at + 1, end - at - 1);
    if (command.size() >= 2 && std::binary_search(kCommands.begin(), kCommands.end(), command)) {
      marks += 2;
    } else if (command.empty() && end < text.size() && text[end] == '(') {
      round = NextClose(text, end, "\\)", round);
      marks += round != string_view::npos ? 1 : 0;
    } else if (command.empty() && end < text.size() && text[end] == '[') {
      square = NextClose(text, end, "\\]", square);
      marks += square != string_view::npos ? 1 : 0;
    }
  }
  return marks;
}

// "$x + 1$" and "$$": dollars that touch their content, without a digit or letter after the second
// one, so that prices and shell variables do not count.
int DollarMarks(string_view text) {
  constexpr std::size_t kLongestFormula = 200;
  int marks = 0;
  std::size_t open = text.find('$');
  int places = 0;
  while (++places <= kMostPlaces && open != string_view::npos && open + 1 < text.size()) {
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
  int places = 0;
  for (std::size_t at = text.find('\xE2'); at != string_view::npos && at + 2 < text.size();
       at = text.find('\xE2', at + 3)) {
    if (++places > kMostPlaces) break;
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (second >= 0x88 && second <= 0x8B) ++marks;
  }
  return marks;
}

// "x^2", ")^{n": a power.
int PowerMarks(string_view text) {
  int marks = 0;
  int places = 0;
  for (std::size_t at = text.find('^'); at != string_view::npos; at = text.find('^', at + 1)) {
    if (++places > kMostPlaces) break;
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

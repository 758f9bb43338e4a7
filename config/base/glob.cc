#include "config/base/glob.h"

#include <algorithm>

#include "config/base/text.h"

namespace headgate::config {

namespace {

// `alike(g, t)`: whether g, a character of the glob other than `*`, stands for t.
template <typename Alike>
bool Matches(std::string_view glob, std::string_view text, Alike alike) {
  std::size_t g = 0;
  std::size_t t = 0;
  // Backtracking to the last star is enough: what an earlier star took can stay.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (g < glob.size() && alike(glob[g], text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string_view::npos;
}

}  // namespace

bool MatchesGlob(std::string_view glob, std::string_view text) {
  return Matches(glob, text, [](char g, char t) { return g == '?' || Lowered(g) == Lowered(t); });
}

bool MatchesAnyGlob(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [text](const std::string& glob) { return MatchesGlob(glob, text); });
}

bool CoversGlob(std::string_view wide, std::string_view narrow) {
  // Treats `narrow` as text; a `*` in it can only be covered by a `*` in `wide`.
  return Matches(wide, narrow,
                 [](char w, char n) { return n != '*' && (w == '?' || Lowered(w) == Lowered(n)); });
}

bool IsGlob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

}  // namespace headgate::config

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace headgate::policy {

// A word in a text. `wide_begin` to `wide_end` includes the separators on both sides.
struct WordSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t wide_begin = 0;
  std::size_t wide_end = 0;
};

// The ordinary words of at least `least` letters in `secret`, in order; empty if the secret is a
// single word. A word is all letters between separators, digits or the ends. It is ordinary if its
// letters have one case (or a capital first) and three quarters of its pairs of letters are
// frequent in English words. That is true for 99 % of English words of 8 letters and more, and
// for 3.6 % of random ones. A random key in base64 or hexadecimal hardly ever has 8 letters of one
// case that end at a separator or digit. Words of the letters a to f may be hexadecimal and are
// never ordinary. Pure.
std::vector<WordSpan> OrdinaryWords(std::string_view secret, std::size_t least);

}  // namespace headgate::policy

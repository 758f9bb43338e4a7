#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace headgate::policy {

// A word in a text. `wide_begin` to `wide_end` takes in the separators on both sides.
struct WordSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t wide_begin = 0;
  std::size_t wide_end = 0;
};

// The ordinary words of at least `least` letters that are parts of `secret`, in its order; none if
// the secret is a single word. A word is all letters between separators, digits or the ends; it is
// ordinary if its letters have one case (or a capital first) and three quarters of its neighbouring
// letters are such as English words have. That holds for 99 % of English words of 8 letters and
// more and for 3.6 % of random ones, and a random key in base64 or hexadecimal has hardly any run
// of 8 letters of one case that ends at a separator or digit. Words of letters up to f may be
// hexadecimal and are never ordinary. Pure.
std::vector<WordSpan> OrdinaryWords(std::string_view secret, std::size_t least);

}  // namespace headgate::policy

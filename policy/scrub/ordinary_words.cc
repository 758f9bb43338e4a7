#include "policy/scrub/ordinary_words.h"

#include <algorithm>
#include <array>

#include "config/base/text.h"

namespace headgate::policy {
namespace {

// The letters that follow each letter in English words: the 260 most frequent of 676 pairs, which
// are 97 % of the pairs in 4,581 words of questions and messages (corpora of docs/topic-model.md).
constexpr std::array<std::string_view, 26> kFollowers = {"bcdfgiklmnprstuvy",
                                                         "aeilorsu",
                                                         "acehiklortuy",
                                                         "adeiorsuv",
                                                         "abcdefghilmnopqrstvwxy",
                                                         "aefiloru",
                                                         "aeghilnorsu",
                                                         "aeiorty",
                                                         "abcdefglmnoprstvz",
                                                         "eu",
                                                         "eis",
                                                         "adeilostuvy",
                                                         "abeimopsu",
                                                         "acdefgiknostuv",
                                                         "abcdfgiklmnoprstuvwy",
                                                         "aehiloprstu",
                                                         "u",
                                                         "acdegiklmnorstuvy",
                                                         "acehiklmopstuy",
                                                         "acehilorstuy",
                                                         "abcdegilmnprst",
                                                         "aeio",
                                                         "aehino",
                                                         "eipt",
                                                         "eimnps",
                                                         "e"};

using config::IsDigit;
using config::IsLetter;
using config::Lowered;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
// Bytes above 127 are parts of letters of other scripts, not separators.
bool IsSeparator(char c) {
  return !IsLetter(c) && !IsDigit(c) && static_cast<unsigned char>(c) < 0x80;
}

bool IsOrdinary(std::string_view word) {
  const std::string_view behind = word.substr(1);
  const bool lower = std::all_of(behind.begin(), behind.end(), IsLower);
  if (!lower && !std::all_of(word.begin(), word.end(), IsUpper)) return false;
  if (std::all_of(word.begin(), word.end(), [](char c) { return Lowered(c) <= 'f'; })) return false;
  std::size_t usual = 0;
  for (std::size_t i = 0; i + 1 < word.size(); ++i) {
    const std::string_view followers = kFollowers[static_cast<std::size_t>(Lowered(word[i]) - 'a')];
    if (followers.find(Lowered(word[i + 1])) != std::string_view::npos) ++usual;
  }
  return 4 * usual >= 3 * (word.size() - 1);
}

}  // namespace

std::vector<WordSpan> OrdinaryWords(std::string_view secret, std::size_t least) {
  std::vector<WordSpan> words;
  for (std::size_t at = 0; at < secret.size();) {
    if (!IsLetter(secret[at])) {
      ++at;
      continue;
    }
    WordSpan word{.begin = at};
    while (at < secret.size() && IsLetter(secret[at])) ++at;
    word.end = at;
    word.wide_begin = word.begin;
    while (word.wide_begin > 0 && IsSeparator(secret[word.wide_begin - 1])) --word.wide_begin;
    word.wide_end = word.end;
    while (word.wide_end < secret.size() && IsSeparator(secret[word.wide_end])) ++word.wide_end;
    const bool alone = word.wide_begin == 0 && word.wide_end == secret.size();
    const auto joins = [&](std::size_t i) {
      return i < secret.size() && !IsDigit(secret[i]) && !IsSeparator(secret[i]);
    };
    if (alone || word.end - word.begin < least || joins(word.end) || joins(word.begin - 1) ||
        !IsOrdinary(secret.substr(word.begin, word.end - word.begin))) {
      continue;
    }
    words.push_back(word);
  }
  return words;
}

}  // namespace headgate::policy

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "routing/text/topic_features.h"

namespace headgate::routing {

// The characters of words, and the hashes of words, which ignore case in Latin, Greek and Cyrillic.
// Pure. A change here changes the features of a text (kFeatureGeneration).

// ---- bytes -------------------------------------------------------------------------------------

enum ByteClass : std::uint8_t { kOther = 0, kLetter = 1, kNumber = 2, kHigh = 4, kUnder = 8 };

inline constexpr std::array<std::uint8_t, 256> kByteClass = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    classes[static_cast<std::size_t>(c)] = letter     ? kLetter
                                           : digit    ? kNumber
                                           : c >= 128 ? kHigh
                                           : c == '_' ? kUnder
                                                      : kOther;
  }
  return classes;
}();

inline std::uint8_t ClassOf(char c) { return kByteClass[static_cast<unsigned char>(c)]; }

// ---- hashes ------------------------------------------------------------------------------------

inline constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
inline constexpr std::uint64_t kPairSalt = 0xD1B54A32D192ED03u;
inline constexpr std::uint64_t kPrefixSalt = 0xA0761D6478BD642Fu;
inline constexpr std::uint64_t kStartOfText = 0x2545F4914F6CDD1Du;

inline std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * kMultiplier;
  return hash ^ (hash >> 29);
}

// The first `size` of the eight bytes at `at`; the other bytes are zero. `readable` bytes may be
// read there. Near the end of a text it copies. Else it takes one load and a mask, in a fifth of
// the time.
[[gnu::always_inline]] inline std::uint64_t LoadUpTo8(const char* at, std::size_t size,
                                                      std::size_t readable) {
  std::uint64_t value = 0;
  if (readable < sizeof(value)) {
    std::memcpy(&value, at, std::min(size, readable));
    return value;
  }
  std::memcpy(&value, at, sizeof(value));
  return size >= sizeof(value) ? value : value & ((std::uint64_t{1} << (8 * size)) - 1);
}

// The hash of an ASCII word, ignoring case: setting bit 5 lowers letters and keeps digits.
// `readable` bytes of the text may be read from the beginning of the word.
[[gnu::always_inline]] inline std::uint64_t HashAscii(std::string_view word, std::size_t readable) {
  constexpr std::uint64_t kBit5 = 0x2020202020202020u;
  std::uint64_t hash = word.size();
  for (std::size_t at = 0; at < word.size(); at += 8) {
    hash = Mix(hash, LoadUpTo8(word.data() + at, word.size() - at, readable - at) | kBit5);
  }
  return hash;
}

// The hash of a word of letters and digits, such as `utf8` or `12pm`. A run of digits counts as one
// zero, because its value says nothing about the topic.
inline std::uint64_t HashFolded(std::string_view word) {
  std::uint64_t hash = word.empty() ? 0 : kPrefixSalt;
  bool in_number = false;
  for (const char c : word) {
    const bool digit = ClassOf(c) == kNumber;
    if (!digit) hash = Mix(hash, static_cast<unsigned char>(c) | 0x20);
    if (digit && !in_number) hash = Mix(hash, '0');
    in_number = digit;
  }
  return hash;
}

// The lower case of a character of Latin, Greek or Cyrillic; other characters have no case.
inline std::uint32_t LoweredCodePoint(std::uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c > 0x4FF && (c < 0x1EA0 || c > 0x1EF9)) return c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x130 || c == 0x131) return 'i';
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1;
  if (c >= 0x139 && c <= 0x148) return c + (c & 1);
  if (c == 0x1A0 || c == 0x1AF) return c + 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x490 && c <= 0x4BF) return c | 1;
  if (c >= 0x1EA0 && c <= 0x1EF9) return c | 1;
  return c;
}

// The lower case, and one letter for the forms of a letter that people write as they like: alef,
// teh and yeh of Arabic, yo of Cyrillic.
inline std::uint32_t FoldedCodePoint(std::uint32_t c) {
  switch (c) {
    case 0x622:
    case 0x623:
    case 0x625:
      return 0x627;
    case 0x629:
      return 0x647;
    case 0x649:
    case 0x6CC:
      return 0x64A;
    case 0x6A9:
      return 0x643;
    case 0x401:
    case 0x451:
      return 0x435;
    default:
      return LoweredCodePoint(c);
  }
}
// Signs of vowels of Arabic and Hebrew, and the mark that stretches Arabic words. Few people write
// them.
inline bool IsVowelSign(std::uint32_t c) {
  return (c >= 0x64B && c <= 0x652) || c == 0x640 || (c >= 0x5B0 && c <= 0x5C7);
}
// Whether the first `size` letters of a word are the article of Arabic, alone or after "and", "in",
// "so" or "like", or after "to", which swallows its first letter.
inline bool IsArticle(const std::array<std::uint32_t, 3>& start, std::size_t size) {
  constexpr std::uint32_t kAlef = 0x627;
  constexpr std::uint32_t kLam = 0x644;
  if (size == 2) return start[1] == kLam && (start[0] == kAlef || start[0] == kLam);
  const bool particle =
      start[0] == 0x648 || start[0] == 0x628 || start[0] == 0x641 || start[0] == 0x643;
  return size == 3 && particle && start[1] == kAlef && start[2] == kLam;
}

// The UTF-8 character at `at`. Of an invalid one the first byte is read.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
};
inline Character CharacterAt(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const std::uint32_t first = byte(0);
  const std::size_t left = text.size() - at;
  if (first < 0x80) return {first, 1};
  if (first >= 0xC0 && first < 0xE0 && left >= 2)
    return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first >= 0xE0 && first < 0xF0 && left >= 3) {
    return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  }
  if (first >= 0xF0 && left >= 4) {
    return {
        (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
        4};
  }
  return {first, 1};
}

// Scripts without blanks between words, or with words of many syllables: Thai and Lao, kana,
// Chinese characters, Hangul. There each character counts as a word, and pairs of neighbours carry
// most information.
inline bool IsSyllabic(std::uint32_t c) {
  if (c < 0x0E00) return false;
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x3040 && c <= 0x30FF) ||
         (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF);
}
// The script of a character beyond ASCII.
inline Script ScriptOf(std::uint32_t c) {
  if (c < 0x370 || (c >= 0x1E00 && c <= 0x1EFF)) return Script::kLatin;
  if (c >= 0x400 && c <= 0x52F) return Script::kCyrillic;
  if ((c >= 0x600 && c <= 0x77F) || (c >= 0x8A0 && c <= 0x8FF)) return Script::kArabic;
  if (c >= 0x900 && c <= 0xDFF) return Script::kIndic;
  if ((c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
      (c >= 0xAC00 && c <= 0xD7AF)) {
    return Script::kCjk;
  }
  return Script::kOther;
}
// Punctuation of U+2000..206F, U+3000..303F and the full-width forms.
inline bool IsHighPunctuation(std::uint32_t c) {
  if (c > 0xBF && c < 0x2000) return false;
  return (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x303F) ||
         (c >= 0xFF00 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) || (c >= 0xA0 && c <= 0xBF);
}

}  // namespace headgate::routing

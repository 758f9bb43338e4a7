#include "routing/text/topic_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "config/base/uninitialized.h"
#include "routing/text/byte_masks.h"
#include "routing/text/topic_shape.h"
#include "routing/text/word_hash.h"

namespace headgate::routing {
namespace {

using std::string_view;

// The prefixes of words that stand for inflected forms: their size, the shortest word, a salt.
struct Prefix {
  std::size_t size;
  std::size_t shortest;
  std::uint64_t salt;
};
constexpr std::array<Prefix, 2> kPrefixes = {{{4, 6, kPrefixSalt + 2}, {5, 7, kPrefixSalt}}};

// The first fence from `at` on; npos: there is none, or many backticks come before it.
std::size_t FenceIn(string_view text, std::size_t at) {
  constexpr int kMostBackticks = 512;
  at = text.find('`', at);
  for (int i = 0; i < kMostBackticks && at != string_view::npos; ++i) {
    if (text.substr(at).starts_with("```")) return at;
    at = text.find('`', at + 1);
  }
  return string_view::npos;
}

class Reader {
 public:
  Reader(string_view text, TopicFeatures& out) : text_(text), out_(out) {}

  // Reads the beginning of a long text, up to the end of a word. Returns whether anything was read.
  bool Glance() {
    if (text_.size() < 2 * kGlanceBytes) return false;
    const std::size_t end = text_.find_last_of(" \t\n\r", kGlanceBytes);
    if (end == string_view::npos || end < kGlanceBytes / 2) return false;
    Read(0, end);
    return true;
  }

  void ReadRest() {
    if (text_.size() <= kFeatureBytes) return Read(read_, text_.size());
    constexpr std::size_t kEnds = kFeatureBytes * 3 / 8;
    constexpr std::size_t kMiddle = kFeatureBytes - 2 * kEnds;
    Read(read_, kEnds);
    const std::size_t last = text_.size() - kEnds;
    // The search for the fence is limited: in a megabyte it would cost more than everything else.
    constexpr std::size_t kSearched = 256u << 10;
    const std::size_t fence = FenceIn(text_.substr(0, std::min(last, kEnds + kSearched)), kEnds);
    const std::size_t middle = fence == string_view::npos ? text_.size() / 2 : fence;
    const std::size_t begin = std::clamp(middle - kMiddle / 4, kEnds, last - 1);
    Read(begin, std::min(begin + kMiddle, last));
    Read(last, text_.size());
  }

  void AddShape(const TextShape& shape) {
    WriteShapeRows(text_, shape, counts_, out_);
    const auto most = std::max_element(counts_.scripts.begin() + 1, counts_.scripts.end());
    // Prompts about code mix words of English with any other script.
    constexpr int kShare = 4;
    out_.script = kShare * *most >= out_.words && *most > 0
                      ? static_cast<Script>(most - counts_.scripts.begin())
                      : Script::kLatin;
  }

 private:
  using Mask = ByteMask<kFeatureBytes>;

  // The state of the loop over the words of one piece, which it keeps in registers.
  struct Words {
    std::size_t next = 0;  // row
    int read = 0;
    std::uint64_t previous = 0;  // hash
    std::size_t previous_begin = 0;
  };

  // Reads the bytes of one piece of the text, at most kFeatureBytes.
  void Read(std::size_t begin, std::size_t end) {
    Words kept{.next = out_.size,
               .read = out_.words,
               .previous = kStartOfText + (begin == 0 ? 0 : 1),
               .previous_begin = begin};
    read_ = end;
    piece_ = begin;
    Classify(begin, end);
    std::size_t at = begin;
    while (at < end) {
      const std::uint64_t words = words_.From(at - piece_);
      if (words == 0) {
        at += Mask::kWindow;
        continue;
      }
      const int first = std::countr_zero(words);
      at += static_cast<std::size_t>(first);
      at = ReadWord(at, end, words >> first, kept);
    }
    out_.size = kept.next;
    out_.words = kept.read;
  }

  void Classify(std::size_t begin, std::size_t end) {
    std::uint64_t small_before = 0;  // whether the byte before is a small letter
    std::size_t block = 0;
    for (std::size_t at = begin; at < end; at += 64, ++block) {
      BlockBits bits;
      if (end - at >= 64) {
        bits = ClassifyBlock(text_.data() + at);
      } else {
        std::array<char, 64> last{};
        std::memcpy(last.data(), text_.data() + at, end - at);
        bits = ClassifyBlock(last.data());
      }
      const std::uint64_t small = bits.letters & ~bits.capitals;
      words_.Set(block, bits.words());
      humps_.Set(block, bits.capitals & (small << 1 | small_before));
      high_bytes_.Set(block, bits.high);
      odd_.Set(block, bits.words() & ~bits.letters);
      small_before = small >> 63;
      for (std::uint64_t marks = bits.marks; marks != 0; marks &= marks - 1) {
        ++counts_.punctuation[static_cast<unsigned char>(
            text_[at + static_cast<std::size_t>(std::countr_zero(marks))])];
      }
    }
    for (Mask* const mask : {&words_, &humps_, &odd_, &high_bytes_}) mask->Set(block, 0);
  }

  // `words` is the mask from `begin` on; its first bit is set. A word longer than a window is read
  // in several pieces.
  [[gnu::always_inline]] inline std::size_t ReadWord(std::size_t begin, std::size_t end,
                                                     std::uint64_t words, Words& kept) {
    const auto run = static_cast<std::size_t>(std::countr_one(words));
    const std::size_t size = std::min(run, end - begin);
    const std::size_t bit = begin - piece_;
    const std::uint64_t own = ~(~std::uint64_t{0} << 1 << (size - 1));
    std::uint8_t seen = kLetter;
    if ((odd_.From(bit) & own) != 0) {
      if ((high_bytes_.From(bit) & own) != 0) {
        Words copy = kept;  // whose address may escape
        const std::size_t after = ReadHigh(begin, end, copy);
        kept = copy;
        return after;
      }
      seen = 0;
      for (std::size_t i = begin; i < begin + size; ++i) seen |= ClassOf(text_[i]);
    }
    std::size_t at = begin + size;
    // c++, c#, f#
    if (size == 1 && at < end && (text_[at] == '+' || text_[at] == '#')) {
      while (at < end && at - begin < 3 && (text_[at] == '+' || text_[at] == '#')) ++at;
    }
    const string_view word = text_.substr(begin, at - begin);
    if (seen == kNumber) {
      // Numbers count by length only, because their values say nothing about the topic.
      ++counts_.numbers;
      Add(Mix(kMultiplier, std::min<std::size_t>(word.size(), 5)), begin, word.size(), kept);
      return at;
    }
    const bool joined = (seen & kUnder) != 0 || (humps_.From(bit) & own & ~std::uint64_t{1}) != 0;
    LookAt(begin, word, joined && (seen & kLetter) != 0);
    if ((seen & kNumber) != 0 && (seen & kLetter) != 0) {
      Add(HashFolded(word), begin, word.size(), kept);
      return at;
    }
    const std::size_t readable = text_.size() - begin;
    Add(HashAscii(word, readable), begin, word.size(), kept);
    for (const auto& [size_of, shortest, salt] : kPrefixes) {
      if (word.size() < shortest) break;
      Keep(HashAscii(text_.substr(begin, size_of), readable) * salt, begin, size_of,
           FeatureKind::kPrefix, kept);
    }
    return at;
  }

  [[gnu::always_inline]] inline void LookAt(std::size_t begin, string_view word, bool identifier) {
    counts_.single_letters += static_cast<int>(word.size() == 1);
    counts_.identifiers += static_cast<int>(identifier);
    const char before = begin > 0 ? text_[begin - 1] : ' ';
    if (before == ' ') return;
    if (before == '.' && begin > 1 && (ClassOf(text_[begin - 2]) & (kLetter | kNumber)) != 0) {
      ++counts_.file_names;
    } else if (before == '-' && begin > 1 && (text_[begin - 2] == ' ' || text_[begin - 2] == '-')) {
      ++counts_.flags;
    } else if ((before == '/' || before == '\\') && word.size() > 1) {
      ++counts_.paths;
    }
  }

  // A run of letters, some of them not ASCII.
  struct HighWord {
    std::uint64_t hash = 0;
    std::array<std::uint64_t, kPrefixes.size()> prefixes{};
    std::size_t characters = 0;
    std::uint32_t high = 0;  // a letter beyond ASCII
    std::size_t end = 0;
  };

  HighWord HashHigh(std::size_t begin, std::size_t end) const {
    HighWord word{.end = begin};
    std::array<std::uint32_t, 3> start{};  // the first letters, for the article of Arabic
    bool stripped = false;
    while (word.end < end && ClassOf(text_[word.end]) != kOther) {
      const Character c = CharacterAt(text_, word.end);
      if (IsHighPunctuation(c.code) || IsSyllabic(c.code)) break;
      word.end += c.size;
      if (IsVowelSign(c.code)) continue;
      const std::uint32_t folded = FoldedCodePoint(c.code);
      word.hash = Mix(word.hash, folded);
      if (c.code >= 0x80) word.high = c.code;
      if (word.characters < start.size()) start[word.characters] = folded;
      ++word.characters;
      if (!stripped && word.characters <= start.size() && IsArticle(start, word.characters)) {
        stripped = true;
        word.hash = 0;
        word.characters = 0;
      }
      for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
        if (word.characters == kPrefixes[i].size) word.prefixes[i] = word.hash;
      }
    }
    return word;
  }

  // Each character of a script without blanks is a word.
  std::size_t ReadSyllables(std::size_t begin, std::size_t end, Character c, Words& kept) {
    std::size_t at = begin;
    do {
      ++counts_.syllables;
      ++counts_.scripts[static_cast<std::size_t>(ScriptOf(c.code))];
      Add(Mix(kPrefixSalt, c.code), at, c.size, kept);
      at += c.size;
      if (at >= end) break;
      c = CharacterAt(text_, at);
    } while (IsSyllabic(c.code));
    return at;
  }

  std::size_t ReadHigh(std::size_t begin, std::size_t end, Words& kept) {
    const Character first = CharacterAt(text_, begin);
    if (IsSyllabic(first.code)) return ReadSyllables(begin, end, first, kept);
    const HighWord word = HashHigh(begin, end);
    if (word.end > begin) {
      ++counts_.high;
      ++counts_.scripts[static_cast<std::size_t>(ScriptOf(word.high))];
      Add(word.hash, begin, word.end - begin, kept);
      for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
        Keep(word.prefixes[i] * kPrefixes[i].salt, begin, word.end - begin, FeatureKind::kPrefix,
             kept, word.characters > kPrefixes[i].size);
      }
      return word.end;
    }
    if (first.code == 0xFF1F) ++counts_.punctuation['?'];
    return begin + first.size;
  }

  [[gnu::always_inline]] inline void Add(std::uint64_t hash, std::size_t begin, std::size_t size,
                                         Words& kept) {
    ++kept.read;
    Keep(hash * kMultiplier, begin, size, FeatureKind::kWord, kept);
    Keep(Mix(kept.previous * kPairSalt, hash), kept.previous_begin,
         begin + size - kept.previous_begin, FeatureKind::kPair, kept);
    kept.previous = hash;
    kept.previous_begin = begin;
  }

  // Keeps a row if it is `wanted` and new. It has no branches, because words would make them
  // unpredictable: the next row overwrites a row that is not kept.
  [[gnu::always_inline]] inline void Keep(std::uint64_t hash, std::size_t begin, std::size_t size,
                                          FeatureKind kind, Words& kept, bool wanted = true) {
    hash ^= hash >> 32;
    std::uint64_t& seen = seen_[(hash >> 26) % seen_.size()];
    const std::uint64_t bit = std::uint64_t{wanted} << ((hash >> 20) % 64);
    const std::uint64_t is_new = bit & ~seen;
    seen |= bit;
    out_.rows[kept.next] = kShapeRows + static_cast<std::uint32_t>(hash % kWordRows);
    if (out_.texts != nullptr) [[unlikely]] {
      out_.texts[kept.next] = {static_cast<std::uint32_t>(begin),
                               static_cast<std::uint16_t>(std::min<std::size_t>(size, 65535)),
                               kind};
    }
    kept.next += static_cast<std::size_t>(is_new != 0 && kept.next < TopicFeatures::kMost);
  }

  const string_view text_;
  TopicFeatures& out_;
  std::size_t read_ = 0;   // where the last piece ended
  std::size_t piece_ = 0;  // where the piece of the masks begins
  Mask words_;             // the bytes of words
  Mask odd_;               // those of them that are not ASCII letters
  Mask high_bytes_;
  Mask humps_;  // capitals after a small letter
  std::array<std::uint64_t, 256> seen_{};
  WordCounts counts_;
};

}  // namespace

void ReadTopicFeatures(string_view text, const TextShape& shape, TopicFeatures& out,
                       Enough enough) {
  out.size = 0;
  out.words = 0;
  out.script = Script::kLatin;
  HEADGATE_UNINITIALIZED Reader reader(text, out);  // its masks are written before they are read
  if (reader.Glance()) {
    reader.AddShape(shape);
    if (enough(out)) return;
  }
  reader.ReadRest();
  reader.AddShape(shape);
}

float WordWeight(std::size_t words) {
  return 1 / std::sqrt(static_cast<float>(std::max<std::size_t>(words, 1)));
}

}  // namespace headgate::routing

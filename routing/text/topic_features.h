#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "routing/text/text_structure.h"

namespace headgate::routing {

// The features of a text as rows of a model's table: words, pairs of neighbouring words and
// prefixes of long words, hashed, and its shape in bins. Training, classification and explanations
// all read texts through ReadTopicFeatures, so they cannot disagree.

// Rows below kShapeRows stand for shape, one for each bin of each property. After them come
// kWordRows rows, to which words are hashed.
inline constexpr std::uint32_t kShapeRows = 512;
inline constexpr std::uint32_t kWordRows = 1u << 17;
inline constexpr std::uint32_t kFeatureRows = kShapeRows + kWordRows;

// Raise this if a text no longer yields the same rows: weights of another generation are useless.
inline constexpr int kFeatureGeneration = 3;

// The script of most of a text. A model's confidence is calibrated for each. Thai, Greek, Hebrew,
// Georgian and so on are kOther. The values are places in the file of a model.
enum class Script : std::uint8_t { kLatin, kCyrillic, kCjk, kArabic, kIndic, kOther };
inline constexpr std::size_t kScripts = 6;
inline constexpr std::array<std::string_view, kScripts> kScriptNames = {
    "Latin", "Cyrillic", "CJK", "Arabic", "Indic", "other"};

enum class FeatureKind : std::uint8_t { kWord, kPair, kPrefix };

// The part of a text that a row comes from, for explanations.
struct FeatureText {
  std::uint32_t begin = 0;  // bytes
  std::uint16_t size = 0;
  FeatureKind kind = FeatureKind::kWord;
};

// The features of one text. About 8 KiB, on the stack. A repeated word counts once. Only the sizes
// are initialised.
struct TopicFeatures {
  static constexpr std::size_t kMost = 2048;
  static constexpr std::size_t kMostShapes = 64;

  TopicFeatures() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): 8 KiB
  std::size_t size = 0;
  std::size_t shapes_size = 0;
  int words = 0;  // that were read, with repetitions
  Script script = Script::kLatin;
  FeatureText* texts = nullptr;               // kMost + 1, for the rows of words; null: not wanted
  std::array<std::uint32_t, kMost + 1> rows;  // of words
  std::array<std::uint16_t, kMostShapes> shapes;  // rows
};

// How much of a text is read for its words. Of a longer text the head, the tail and the
// surroundings of the first fence between them are read.
inline constexpr std::size_t kFeatureBytes = 4096;

// How much of a text is read first, if it has at least twice as much.
inline constexpr std::size_t kGlanceBytes = 256;

// Whether the features read so far are enough.
using Enough = absl::FunctionRef<bool(const TopicFeatures&)>;

// Reads `text`. REQUIRES: `shape` is its shape (AddShape). Of a long text it reads a glance first,
// and the rest only if that is not `enough`. Pure; allocates nothing; about two nanoseconds per
// byte.
void ReadTopicFeatures(std::string_view text, const TextShape& shape, TopicFeatures& out,
                       Enough enough);

// The factor of the sum of `words` word rows.
float WordWeight(std::size_t words);

}  // namespace headgate::routing

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "routing/text/text_structure.h"

namespace headgate::routing {

// The rows of a model's table that stand for what a text says: its words, pairs of neighbours and
// beginnings of long words, hashed, and its shape in bins. Training, classifying and explaining
// read texts through this one function, so they cannot disagree.

// Rows below kShapeRows stand for shape, one for each bin of each property; behind them come
// kWordRows rows that words are hashed to.
inline constexpr std::uint32_t kShapeRows = 512;
inline constexpr std::uint32_t kWordRows = 1u << 16;
inline constexpr std::uint32_t kFeatureRows = kShapeRows + kWordRows;

// Raised when a text no longer yields the same rows: weights of another generation mean nothing.
inline constexpr int kFeatureGeneration = 2;

enum class FeatureKind : std::uint8_t { kWord, kPair, kPrefix };

// Where a row was read, for people.
struct FeatureText {
  std::uint32_t begin = 0;  // bytes
  std::uint16_t size = 0;
  FeatureKind kind = FeatureKind::kWord;
};

// What one text yields. About 8 KiB, on the stack; every word counts once, however often it is
// said. Not initialised beyond its sizes.
struct TopicFeatures {
  static constexpr std::size_t kMost = 2048;
  static constexpr std::size_t kMostShapes = 64;

  TopicFeatures() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): 8 KiB
  std::size_t size = 0;
  std::size_t shapes_size = 0;
  int words = 0;                 // read, repeated ones too
  FeatureText* texts = nullptr;  // kMost + 1, of the words' rows, where somebody wants to know
  std::array<std::uint32_t, kMost + 1> rows;      // of words
  std::array<std::uint16_t, kMostShapes> shapes;  // rows
};

// How much of a text is read for its words. A longer one is sampled: its head, its tail, and the
// surroundings of its first fence between them.
inline constexpr std::size_t kFeatureBytes = 4096;

// How much of a text that has twice as much is read at first.
inline constexpr std::size_t kGlanceBytes = 256;

// Whether what has been read so far will do.
using Enough = absl::FunctionRef<bool(const TopicFeatures&)>;

// Reads `text`, of which `shape` has been taken (AddShape); of a long one a glance, and the rest
// unless that is `enough`. Pure; allocates nothing; about two nanoseconds a byte read.
void ReadTopicFeatures(std::string_view text, const TextShape& shape, TopicFeatures& out,
                       Enough enough);

// What the sum of `words` word rows is multiplied with.
float WordWeight(std::size_t words);

}  // namespace headgate::routing

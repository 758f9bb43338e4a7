#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "routing/text_structure.h"

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

struct Feature {
  std::uint32_t row = 0;
  std::uint32_t begin = 0;  // of its text, in bytes
  std::uint16_t size = 0;
  FeatureKind kind = FeatureKind::kWord;
};

// What one text yields. About 30 KiB, on the stack; every word counts once, however often it is
// said. Not initialised beyond its sizes.
struct TopicFeatures {
  static constexpr std::size_t kMost = 2048;
  static constexpr std::size_t kMostShapes = 64;

  TopicFeatures() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): 30 KiB
  std::size_t size = 0;
  std::size_t shapes_size = 0;
  int words = 0;  // read, repeated ones too
  std::array<Feature, kMost> features;
  std::array<std::uint16_t, kMostShapes> shapes;  // rows
};

// How much of a text is read for its words. A longer one is sampled: its head, its tail, and the
// surroundings of its first fence between them.
inline constexpr std::size_t kFeatureBytes = 4096;

// Reads `text`, of which `shape` has been taken (AddShape). Pure; allocates nothing; about two
// nanoseconds a byte read.
void ReadTopicFeatures(std::string_view text, const TextShape& shape, TopicFeatures& out);

// What the sum of `words` word rows is multiplied with.
float WordWeight(std::size_t words);

// What a row below kShapeRows stands for, such as "code lines, 3 of 7"; for people.
struct ShapeName {
  std::string_view property;
  int bin = 0;
};
ShapeName NameOfShape(std::uint32_t row);

}  // namespace headgate::routing

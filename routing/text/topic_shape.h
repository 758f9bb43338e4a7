#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "routing/text/text_structure.h"
#include "routing/text/topic_features.h"

namespace headgate::routing {

// Counts that are made while the words of a text are read.
struct WordCounts {
  std::array<int, 128> punctuation{};  // by character of ASCII
  int numbers = 0;
  int identifiers = 0;
  int file_names = 0;
  int flags = 0;
  int paths = 0;
  int single_letters = 0;
  int high = 0;  // words with letters beyond ASCII
  int syllables = 0;
  std::array<int, kScripts> scripts{};  // words with letters beyond ASCII, and syllables
};

// Writes the rows of the shape of a text to `out.shapes`: a bin of each property, and of each
// punctuation mark that occurs. REQUIRES: the words in `out` have been read. Pure; allocates
// nothing.
void WriteShapeRows(std::string_view text, const TextShape& shape, const WordCounts& counts,
                    TopicFeatures& out);

// The meaning of a row below kShapeRows, such as "code lines, 3 of 7"; for explanations.
struct ShapeName {
  std::string_view property;
  int bin = 0;
};
ShapeName NameOfShape(std::uint32_t row);

}  // namespace headgate::routing

#pragma once

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/training/example.h"

namespace headgate::gateway {

// Texts with their labels, and what looks like a slip in them but can be learned from.
struct LabelledTexts {
  std::vector<routing::Example> examples;
  std::vector<int> lines;             // parallel to examples, from 1
  std::vector<std::string> warnings;  // whole sentences, without a line break at the end
};

// Reads labelled texts for `headgate train` and `headgate evaluate`: one JSON object a line with
// `topic`, `text` and, if they are known, `source` and `lang`; other members are ignored. A byte
// order mark is skipped. `-` is standard input. Returns kInvalidArgument for the first line that is
// something else, with file, line and what to write instead, for a text with two topics, and for a
// file without any texts. Returns kFailedPrecondition for a file that cannot be opened. Warns of
// members and labels that look misspelt.
absl::StatusOr<LabelledTexts> ReadLabelledTexts(const std::string& path);

// The same from a stream. Errors name it `path`.
absl::StatusOr<LabelledTexts> ReadLabelledTexts(std::istream& in, const std::string& path);

}  // namespace headgate::gateway

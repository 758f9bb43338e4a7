#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/training/example.h"

namespace headgate::gateway {

// Reads labelled texts for `headgate train` and `headgate evaluate`: one JSON object a line with
// `topic`, `text` and, if they are known, `source` and `lang`; other members are ignored. `-` is
// standard input. Returns kInvalidArgument for the first line that is something else, with file,
// line and what to write instead, and for a file without any texts.
absl::StatusOr<std::vector<routing::Example>> ReadLabelledTexts(const std::string& path);

}  // namespace headgate::gateway

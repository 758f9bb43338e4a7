#pragma once

#include "config/reader/read_context.h"
#include "config/reader/yaml_document.h"

namespace headgate::config {

// `include: base.yaml` (or a list) merges other files into this one. Included files come first, in
// the order written, each after the files that it includes. Lists append; mappings of a section
// (backends, models, server, …) merge by key; a value that two files set is a mistake that names
// both locations. Bounded in depth, number of files and bytes. Stateless.

inline constexpr std::size_t kMaxIncludeDepth = 8;
inline constexpr std::size_t kMaxIncludedFiles = 64;

// Replaces `root`, the tree of the first file of `context`, by the merged tree. Reports a file that
// cannot be used and returns false: the other files cannot be judged without it.
bool ExpandIncludes(ReadContext& context, YamlNode& root);

// The text of a file, cut after one byte more than ParseYaml accepts; no value when it cannot be
// read.
std::optional<std::string> ReadYamlFile(const std::string& path);

}  // namespace headgate::config

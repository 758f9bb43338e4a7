#pragma once

#include "config/reader/read_context.h"
#include "config/reader/yaml_document.h"

namespace headgate::config {

// `include: base.yaml` (or a list): what other files say, put together with what this one says.
// Included files come first, in the order written, each with what it includes itself. Lists append;
// mappings of a section (backends, models, server, …) merge by key; anything said in two files is a
// mistake that names both locations. Bounded in depth, number of files and bytes. Stateless.

inline constexpr std::size_t kMaxIncludeDepth = 8;
inline constexpr std::size_t kMaxIncludedFiles = 64;

// Replaces `root`, the tree of the reading's first file, by the whole. False when a file cannot be
// used at all, which is reported: what the others say would then be judged without it.
bool ExpandIncludes(ReadContext& context, YamlNode& root);

// The text of a file, cut after one byte more than ParseYaml accepts; no value when unreadable.
std::optional<std::string> ReadYamlFile(const std::string& path);

}  // namespace headgate::config

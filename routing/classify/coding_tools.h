#pragma once

#include <string_view>
#include <vector>

namespace headgate::routing {

// Whether the declared tools are those of a coding agent: one tool that only such agents have (it
// patches files or runs a shell), or two that other agents have too (they read, list and search
// files). Names are compared without case, separators and the prefix of a tool server, so that
// `Bash`, `edit-file` and `mcp__fs__read_file` match. Looks at the first 64 names. Pure.
bool AreCodingTools(const std::vector<std::string_view>& tool_names);

}  // namespace headgate::routing

#pragma once

#include <string_view>
#include <vector>

namespace headgate::routing {

// Whether the tools that a request declares are those of a coding agent: one that only such an
// agent has (it patches files or runs a shell), or two that it shares with others (it reads, lists
// and searches files). Names are compared without case, separators and the prefix of a tool
// server, so that `Bash`, `edit-file` and `mcp__fs__read_file` are known. Looks at the first 64
// names. Pure.
bool AreCodingTools(const std::vector<std::string_view>& tool_names);

}  // namespace headgate::routing

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// The candidate that `name` was most likely meant to be: the fewest insertions, deletions,
// replacements and swaps of neighbours, at most a third of the name; else one that contains it or
// is contained in it. Nothing when none is near. Pure and thread-safe.
std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

// "did you mean `x`?" or, when nothing is near, "use one of a, b, c" (at most 12 of them).
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace headgate::config

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// The candidate that `name` most likely stands for: the one with the fewest insertions, deletions,
// replacements and swaps of neighbours without regard to case, at most a third of the name; else
// one that contains it or is contained in it. No value if no candidate is near. Pure and
// thread-safe.
std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

// "did you mean `x`?" or, if no candidate is near, "use one of a, b, c" (at most 12).
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

// A key that its mapping does not have. `path` is that of the key, `value` is its text, empty if it
// is a list or a mapping.
struct UnknownKey {
  std::string_view path;
  std::string_view key;
  std::string_view value;
};

// Where the key belongs, for keys that people often write in the wrong place; else DidYouMean.
std::string InsteadOfKey(const UnknownKey& unknown, const std::vector<std::string>& known);

// Returns what to write where a mapping with some of these keys must be: "a mapping such as
// {same_target: …, targets: …}".
std::string MappingWith(const std::vector<std::string_view>& keys);

}  // namespace headgate::config

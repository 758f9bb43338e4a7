#include "backends/protocols/sse/split_pair.h"

#include <cstddef>

namespace headgate::backends {
namespace {

constexpr std::size_t kEscape = 6;  // characters of \ud83d

// Returns whether the inside of a string literal ends with the escape of a high surrogate.
bool EndsWithHalf(std::string_view inside) {
  if (inside.size() < kEscape) return false;
  const std::string_view escape = inside.substr(inside.size() - kEscape);
  constexpr std::string_view kHigh = "89abAB";
  if (!escape.starts_with("\\u") || (escape[2] != 'd' && escape[2] != 'D') ||
      kHigh.find(escape[3]) == std::string_view::npos) {
    return false;
  }
  // Behind an odd number of backslashes it is text that looks like an escape.
  const std::string_view before = inside.substr(0, inside.size() - kEscape);
  const std::size_t last = before.find_last_not_of('\\');
  const std::size_t backslashes =
      last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return backslashes % 2 == 0;
}

}  // namespace

std::string_view SplitPair::Join(std::string_view token) {
  if (token.size() <= 2 || token.front() != '"' || token.back() != '"') return token;
  std::string_view inside = token.substr(1, token.size() - 2);
  const bool half = EndsWithHalf(inside);
  if (!half && half_.empty()) return token;
  std::string_view kept;
  if (half) {
    kept = inside.substr(inside.size() - kEscape);
    inside.remove_suffix(kEscape);
  }
  joined_.assign("\"").append(half_).append(inside).append("\"");
  half_.assign(kept);
  return joined_;
}

}  // namespace headgate::backends

#include "backends/net/media_type.h"

#include <algorithm>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kLongest = 64;

std::string_view WithoutParameters(std::string_view value) {
  constexpr std::string_view kBlank = " \t";
  value = value.substr(0, value.find(';'));
  const std::size_t first = value.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kBlank) + 1 - first);
}

bool EqualsInLowerCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return config::Lowered(a) == b; });
}

bool EndsInLowerCase(std::string_view text, std::string_view lower) {
  return text.size() > lower.size() &&
         EqualsInLowerCase(text.substr(text.size() - lower.size()), lower);
}

// A token of RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (config::Lowered(c) >= 'a' && config::Lowered(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool IsMediaType(std::string_view value, std::string_view type) {
  return EqualsInLowerCase(WithoutParameters(value), type);
}

bool IsJson(std::string_view value) {
  const std::string_view type = WithoutParameters(value);
  return EqualsInLowerCase(type, "application/json") || EqualsInLowerCase(type, "text/json") ||
         EndsInLowerCase(type, "+json");
}

std::string DescribeMediaType(std::string_view value) {
  const std::string_view type = WithoutParameters(value);
  if (type.empty()) return "no content type";
  const std::size_t slash = type.find('/');
  const bool good = type.size() <= kLongest && slash != std::string_view::npos &&
                    IsToken(type.substr(0, slash)) && IsToken(type.substr(slash + 1));
  if (!good) return "a malformed content type";
  std::string lower(type);
  std::transform(lower.begin(), lower.end(), lower.begin(), config::Lowered);
  return lower;
}

}  // namespace headgate::backends

#include "config/topic_names.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace headgate::config {

std::vector<std::string> TopicsOfModel(const TopicModelFile& file) {
  constexpr std::size_t kLongestLine = 4096;
  std::string_view line = std::string_view(file.bytes).substr(0, kLongestLine);
  const std::size_t end = line.find('\n');
  if (end == std::string_view::npos || !line.starts_with("headgate-topics ")) return {};
  std::vector<std::string> words;
  for (line = line.substr(0, end); !line.empty();) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    // "sql:code" is the topic sql, which is a kind of code.
    words.emplace_back(line.substr(0, std::min(line.find(':'), blank)));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  constexpr std::size_t kHeading = 2;  // the type of the file, and its format
  if (words.size() < kHeading) return {};
  words.erase(words.begin(), words.begin() + kHeading);
  return words;
}

}  // namespace headgate::config

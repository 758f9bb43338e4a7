// Reads a YAML document key by key and collects its problems: `file:line: path: problem; what to
// write instead`. Thread-compatible.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/load/traffic/range.h"

namespace headgate::loadtest::load {

class YamlReader {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  // Reads the value of one key, whose place in the document is `path`.
  using Take = std::function<void(const YAML::Node&, const std::string& path)>;
  using Keys = std::map<std::string, Take>;

  // Reads a mapping. A key that is not in `keys` is a problem.
  void Members(const YAML::Node& node, const std::string& path, const Keys& keys);

  // Each returns a function that reads one kind of value into `into`, which must outlive it.
  Take Duration(std::chrono::nanoseconds& into);
  Take Positive(double& into);
  Take Flag(bool& into);
  Take Text(std::string& into);
  // A whole number from `least` to two billion.
  template <typename Integer>
  Take Count(Integer& into, std::int64_t least) {
    return [this, &into, least](const YAML::Node& node, const std::string& path) {
      if (const auto value = CountOf(node, path, least)) into = static_cast<Integer>(*value);
    };
  }
  // `N` or `LOW..HIGH`, whole numbers of at least 1.
  Take CountRange(std::optional<Range<std::int64_t>>& into);
  template <typename Enum>
  Take OneOf(Enum& into, std::map<std::string, Enum> names) {
    return [this, &into, names](const YAML::Node& node, const std::string& path) {
      const auto found = node.IsScalar() ? names.find(node.Scalar()) : names.end();
      if (found != names.end()) {
        into = found->second;
        return;
      }
      std::string known;
      for (const auto& [name, value] : names) known += (known.empty() ? "" : " or ") + name;
      Fail(node, path, "is unknown; write " + known);
    };
  }

  void Fail(const YAML::Node& node, const std::string& path, const std::string& problem) {
    Fail(node.Mark().line, path, problem);
  }
  // `line` counts from 0.
  void Fail(int line, const std::string& path, const std::string& problem);

  std::vector<std::string>& problems() { return problems_; }

 private:
  std::optional<std::int64_t> CountOf(const YAML::Node& node, const std::string& path,
                                      std::int64_t least);

  const std::string file_;
  std::vector<std::string> problems_;
};

// Reads "250ms", "10s", "2m" or "24h", also with decimals. Returns nullopt for any other text.
std::optional<std::chrono::nanoseconds> ParseDuration(const std::string& text);

}  // namespace headgate::loadtest::load

#include "loadtest/load/traffic/yaml_reader.h"

#include <charconv>
#include <cmath>

namespace headgate::loadtest::load {
namespace {

constexpr std::int64_t kMostCount = 2'000'000'000;

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void YamlReader::Members(const YAML::Node& node, const std::string& path, const Keys& keys) {
  if (!node.IsMap()) return Fail(node, path, "is not a mapping; write key: value pairs");
  for (const auto& member : node) {
    const auto name = member.first.as<std::string>();
    std::string below = path;
    if (!below.empty()) below += '.';
    below += name;
    const auto found = keys.find(name);
    if (found != keys.end()) {
      found->second(member.second, below);
      continue;
    }
    std::string known;
    for (const auto& [key, take] : keys) known += (known.empty() ? "" : ", ") + key;
    Fail(member.first, below, "is not a key of a scenario; the keys here are " + known);
  }
}

YamlReader::Take YamlReader::Duration(std::chrono::nanoseconds& into) {
  return [this, &into](const YAML::Node& node, const std::string& path) {
    const auto value = node.IsScalar() ? ParseDuration(node.Scalar()) : std::nullopt;
    if (!value) return Fail(node, path, "is not a duration; write 250ms, 10s, 2m or 24h");
    into = *value;
  };
}

YamlReader::Take YamlReader::Positive(double& into) {
  return [this, &into](const YAML::Node& node, const std::string& path) {
    double value = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, value) || !(value > 0) ||
        !std::isfinite(value)) {
      return Fail(node, path, "is not a number above 0");
    }
    into = value;
  };
}

YamlReader::Take YamlReader::Flag(bool& into) {
  return [this, &into](const YAML::Node& node, const std::string& path) {
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, into)) {
      Fail(node, path, "is not a boolean; write true or false");
    }
  };
}

YamlReader::Take YamlReader::Text(std::string& into) {
  return [this, &into](const YAML::Node& node, const std::string& path) {
    if (!node.IsScalar()) return Fail(node, path, "is not a text");
    into = node.Scalar();
  };
}

YamlReader::Take YamlReader::CountRange(std::optional<Range<std::int64_t>>& into) {
  return [this, &into](const YAML::Node& node, const std::string& path) {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    const std::size_t dots = text.find("..");
    const auto low = WholeNumber(std::string_view(text).substr(0, dots));
    const auto high =
        dots == std::string::npos ? low : WholeNumber(std::string_view(text).substr(dots + 2));
    if (!low || !high || *low < 1 || *high < *low || *high > kMostCount) {
      return Fail(node, path, "is not a number or a range; write 500 or 200..50000");
    }
    into = Range<std::int64_t>{*low, *high};
  };
}

std::optional<std::int64_t> YamlReader::CountOf(const YAML::Node& node, const std::string& path,
                                                std::int64_t least) {
  std::int64_t value = 0;
  if (!node.IsScalar() || !YAML::convert<std::int64_t>::decode(node, value) || value < least ||
      value > kMostCount) {
    Fail(node, path, "is not a whole number of at least " + std::to_string(least));
    return std::nullopt;
  }
  return value;
}

void YamlReader::Fail(int line, const std::string& path, const std::string& problem) {
  std::string told = file_;
  told.append(":").append(std::to_string(line + 1)).append(": ");
  if (!path.empty()) told.append(path).append(": ");
  problems_.push_back(told.append(problem));
}

std::optional<std::chrono::nanoseconds> ParseDuration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e6) return std::nullopt;
  const std::string unit(end, text.data() + text.size());
  const std::map<std::string, double> seconds = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  const auto found = seconds.find(unit);
  if (found == seconds.end()) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(value * found->second * 1e9));
}

}  // namespace headgate::loadtest::load

#include "backends/telemetry/prometheus_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace headgate::backends {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

void SkipBlanks(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  text.remove_prefix(begin == kNowhere ? text.size() : begin);
}

std::string_view TakeName(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && IsNameCharacter(text[size])) ++size;
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  return name;
}

// Takes a text in quotes, and returns whether it ends. REQUIRES: `text` begins with a quote.
bool TakeQuoted(std::string_view& text, std::string_view& value) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      value = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// Takes the labels and both braces. Returns whether the second brace is there; braces and quotes
// may stand inside of values.
bool TakeLabels(std::string_view& text, std::string_view& labels) {
  const std::string_view begin = text.substr(1);
  std::string_view rest = begin;
  std::string_view ignored;
  while (!rest.empty()) {
    if (rest.front() == '}') {
      labels = begin.substr(0, begin.size() - rest.size());
      text = rest.substr(1);
      return true;
    }
    if (rest.front() != '"') {
      rest.remove_prefix(1);
    } else if (!TakeQuoted(rest, ignored)) {
      return false;
    }
  }
  return false;
}

bool ReadValue(std::string_view text, double& value) {
  text = text.substr(0, text.find_first_of(" \t\r"));
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double read = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, read);
  if (error != std::errc() || stop != end || !std::isfinite(read)) return false;
  value = read;
  return true;
}

bool ReadSample(std::string_view line, PrometheusSample& sample) {
  SkipBlanks(line);
  PrometheusSample read;
  read.name = TakeName(line);
  if (read.name.empty()) return false;
  SkipBlanks(line);
  if (line.starts_with('{') && !TakeLabels(line, read.labels)) return false;
  SkipBlanks(line);
  if (!ReadValue(line, read.value)) return false;
  sample = read;
  return true;
}

}  // namespace

bool PrometheusText::Next(PrometheusSample& sample) {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == kNowhere ? rest_.size() : end + 1);
    if (ReadSample(line, sample)) return true;
  }
  return false;
}

std::string_view LabelValue(std::string_view labels, std::string_view name) {
  while (!labels.empty()) {
    labels.remove_prefix(std::min(labels.find_first_not_of(" \t,"), labels.size()));
    const std::string_view found = TakeName(labels);
    SkipBlanks(labels);
    if (found.empty() || !labels.starts_with('=')) return {};
    labels.remove_prefix(1);
    SkipBlanks(labels);
    std::string_view value;
    if (!labels.starts_with('"') || !TakeQuoted(labels, value)) return {};
    if (found == name) return value;
  }
  return {};
}

}  // namespace headgate::backends

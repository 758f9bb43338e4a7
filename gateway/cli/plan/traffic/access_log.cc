#include "gateway/cli/plan/traffic/access_log.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "config/reader/timestamp.h"
#include "simdjson.h"

namespace headgate::gateway {
namespace {

namespace ondemand = simdjson::ondemand;

// The fields of a line that a plan needs.
struct LogFields {
  std::string time;
  std::string request_class;
  std::string target;
  std::optional<policy::Usage> usage;
  double ttft_ms = 0;
  NanoUsd cost = 0;  // of all attempts
};

bool ReadTokens(ondemand::object tokens, policy::Usage& usage) {
  for (auto field : tokens) {
    std::string_view key;
    std::int64_t value = 0;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (field.value().get(value) != simdjson::SUCCESS || value < 0) return false;
    if (key == "input") usage.input = value;
    if (key == "cached_input") usage.cached_input = value;
    if (key == "cache_write") usage.cache_write = value;
    if (key == "cache_write_1h") usage.cache_write_1h = value;
    if (key == "output") usage.output = value;
    if (key == "reasoning") usage.reasoning = value;
  }
  return true;
}

bool ReadText(ondemand::value value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

bool ReadCost(ondemand::value value, NanoUsd& out) {
  double dollars = 0;
  if (value.get(dollars) != simdjson::SUCCESS || dollars < 0) return false;
  out = std::llround(dollars * static_cast<double>(kNanoPerUsd));
  return true;
}

bool ReadLogField(std::string_view key, ondemand::value value, LogFields& out) {
  if (key == "time") return ReadText(value, out.time);
  if (key == "class") return ReadText(value, out.request_class);
  if (key == "target") return ReadText(value, out.target);
  if (key == "cost_usd") return ReadCost(value, out.cost);
  if (key == "ttft_ms") return value.get(out.ttft_ms) == simdjson::SUCCESS && out.ttft_ms >= 0;
  if (key != "tokens") return true;
  ondemand::object tokens;
  return value.get(tokens) == simdjson::SUCCESS && ReadTokens(tokens, out.usage.emplace());
}

bool ReadLogFields(const simdjson::padded_string& line, LogFields& out) {
  thread_local ondemand::parser parser;
  ondemand::document document;
  ondemand::object fields;
  if (parser.iterate(line).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(fields) != simdjson::SUCCESS) return false;
  for (auto field : fields) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (field.value().get(value) != simdjson::SUCCESS) return false;
    if (!ReadLogField(key, value, out)) return false;
  }
  return true;
}

// "2026-11-24T09:30:00.123Z" in seconds.
std::optional<std::int64_t> SecondsOf(std::string_view time) {
  const std::size_t point = time.find('.');
  if (point == std::string_view::npos || time.back() != 'Z') {
    return config::ParseTimestamp(time).value;
  }
  return config::ParseTimestamp(absl::StrCat(std::string(time.substr(0, point)), "Z")).value;
}

}  // namespace

bool IsAccessLog(std::string_view beginning) {
  // A recording has the time as a number.
  return beginning.substr(0, 9) == R"({"time":")";
}

bool ReadAccessLine(std::string_view line, ObservedTraffic& traffic, AccessLogCounts& counts) {
  LogFields fields;
  if (!ReadLogFields(simdjson::padded_string(line), fields)) return false;
  const std::optional<std::int64_t> seconds = SecondsOf(fields.time);
  if (!seconds) return false;
  if (!fields.usage || fields.target.empty() || fields.target == "none") {
    ++counts.others;
    return true;
  }
  ++counts.answers;
  traffic.Add({.unix_seconds = *seconds,
               .request_class = fields.request_class,
               .target = fields.target,
               .usage = *fields.usage,
               .ttft_us = static_cast<std::int64_t>(fields.ttft_ms * 1000),
               .cost = fields.cost});
  return true;
}

absl::StatusOr<AccessLogCounts> ReadAccessLog(
    const std::string& path, ObservedTraffic& traffic,
    const std::function<void(std::uint64_t bytes)>& on_bytes) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  AccessLogCounts counts;
  std::string line;
  while (std::getline(stream, line)) {
    if (!line.empty() && !ReadAccessLine(line, traffic, counts)) ++counts.malformed;
    on_bytes(line.size() + 1);
  }
  return counts;
}

}  // namespace headgate::gateway

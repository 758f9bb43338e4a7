#include "gateway/cli/key/wanted_key.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <limits>
#include <string_view>
#include <utility>

#include "config/base/parsed.h"
#include "config/base/text.h"
#include "config/reader/timestamp.h"
#include "config/reader/units.h"

namespace headgate::gateway {
namespace {

using boost::json::object;

void PutList(std::string_view name, const std::vector<std::string>& texts, object& entry) {
  if (texts.empty()) return;
  boost::json::array& list = entry[name].emplace_array();
  for (const std::string& text : texts) list.emplace_back(text);
}

absl::Status WrongFlag(std::string_view flag, const std::string& text,
                       const config::Complaint& complaint) {
  return absl::InvalidArgumentError(
      config::Concat("--", flag, " ", text, " ", complaint.problem, "; ", complaint.fix));
}

absl::Status PutExpiry(const WantedKey& key, std::int64_t now, object& entry) {
  if (key.expires.empty()) return absl::OkStatus();
  const config::Parsed<std::int64_t> time = config::ParseDateOrTimestamp(key.expires);
  if (!time.value) return WrongFlag("expires", key.expires, time.complaint);
  if (*time.value <= now) {
    return WrongFlag("expires", key.expires,
                     {"is past: the key would never work", "write a later date, or leave it out"});
  }
  entry["expires"] = key.expires;
  return absl::OkStatus();
}

absl::Status PutLimits(const WantedKey& key, object& entry) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  object limits;
  const auto put = [&limits](const char* flag, const char* name, const std::string& text,
                             const config::Parsed<std::int64_t>& number) {
    if (text.empty()) return absl::OkStatus();
    if (!number.value) return WrongFlag(flag, text, number.complaint);
    if (*number.value == 0) {
      return WrongFlag(flag, text, {"permits nothing", "write at least 1, or leave it out"});
    }
    limits[name] = *number.value;
    return absl::OkStatus();
  };
  absl::Status status = put("requests-per-minute", "requests_per_minute", key.requests_per_minute,
                            config::ParseInteger(key.requests_per_minute, 0, kMost));
  if (status.ok()) {
    status = put("tokens-per-minute", "tokens_per_minute", key.tokens_per_minute,
                 config::ParseTokens(key.tokens_per_minute));
  }
  if (status.ok()) {
    status =
        put("in-flight", "in_flight", key.in_flight, config::ParseInteger(key.in_flight, 0, kMost));
  }
  if (status.ok() && !limits.empty()) entry["limits"] = std::move(limits);
  return status;
}

}  // namespace

absl::StatusOr<object> EntryOf(const WantedKey& key, std::int64_t now) {
  object entry{{"name", key.name.empty() ? key.team : key.name}, {"team", key.team}};
  PutList("models", key.models, entry);
  PutList("routes", key.routes, entry);
  PutList("classes", key.classes, entry);
  absl::Status status = PutExpiry(key, now, entry);
  if (status.ok()) status = PutLimits(key, entry);
  if (!status.ok()) return status;
  if (key.expose) entry["expose"] = true;
  return entry;
}

std::string YamlOf(const object& entry) {
  std::string yaml = "  - {";
  for (const auto& [name, value] : entry) {
    // JSON's texts, lists and numbers are YAML's, so any name can be written.
    yaml += config::Concat(yaml.back() == '{' ? "" : ", ", std::string(name), ": ");
    yaml += boost::json::serialize(value);
  }
  return yaml + "}";
}

}  // namespace headgate::gateway

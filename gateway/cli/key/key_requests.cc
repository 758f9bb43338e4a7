#include "gateway/cli/key/key_requests.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "config/base/text.h"
#include "config/load.h"
#include "config/reader/timestamp.h"
#include "policy/keys/key_ring.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

using boost::json::object;

int Complain(std::string_view problem) {
  std::cerr << "headgate key: " << problem << "\n";
  return 1;
}

int Complain(const absl::Status& status) {
  return Complain(std::string_view(status.message().data(), status.message().size()));
}

std::int64_t Now() { return absl::ToUnixSeconds(absl::Now()); }

std::string Hex(const config::Sha256& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) config::AppendHex(byte, out);
  return out;
}

// When keys were used last, by name, from the ledger of a configuration; empty if it cannot be
// read.
std::map<std::string, std::string> LastUsed(const std::string& file) {
  constexpr std::int64_t kDaysBack = 62;
  std::map<std::string, std::string> hours;
  if (file.empty()) return hours;
  const config::LoadResult loaded =
      config::LoadFile(file, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  if (!loaded.config || !loaded.config->ledger) return hours;
  const std::int64_t now = policy::HourOf(absl::ToUnixMillis(absl::Now()));
  const absl::StatusOr<policy::SpendReport> report = policy::ReadSpend(
      LedgerFolder(*loaded.config), {.by = {policy::SpendBy::kKey, policy::SpendBy::kHour},
                                     .since = now - kDaysBack * policy::kHoursPerDay,
                                     .filters = {}});
  if (!report.ok()) return hours;
  for (const policy::SpendRow& row : report->rows) {
    std::string& hour = hours[row.values[0]];
    hour = std::max(hour, row.values[1]);
  }
  return hours;
}

// Whether requests with a key pass.
std::string StateOf(const object& key) {
  const auto* const revoked = key.if_contains("revoked");
  if (revoked != nullptr && revoked->is_bool() && revoked->as_bool()) return "revoked";
  const auto* const stopped = key.if_contains("stopped");
  if (stopped != nullptr && stopped->is_string()) {
    return config::Concat("stopped (", std::string(stopped->as_string()), ")");
  }
  const auto* const expires = key.if_contains("expires");
  if (expires != nullptr && expires->is_string()) {
    const std::string text(expires->as_string());
    const config::Parsed<std::int64_t> time = config::ParseDateOrTimestamp(text);
    if (time.value && *time.value <= Now()) return "expired";
  }
  return "valid";
}

// Adds what the daemon does not say: the state, and the last use.
void Complete(const std::map<std::string, std::string>& last_used, boost::json::array& keys) {
  for (boost::json::value& value : keys) {
    object& key = value.as_object();
    key["state"] = StateOf(key);
    const auto* const name = key.if_contains("name");
    if (name == nullptr || !name->is_string()) continue;
    const auto used = last_used.find(std::string(name->as_string()));
    if (used != last_used.end()) key["last_used"] = used->second;
  }
}

// A member as a cell of a table: a text, or a list or mapping without its quotes.
std::string CellOf(const object& key, std::string_view name) {
  const auto* const value = key.if_contains(name);
  if (value == nullptr) return "-";
  if (value->is_string()) return std::string(value->as_string());
  std::string text = boost::json::serialize(*value);
  std::erase(text, '"');
  return text;
}

void PrintTable(const boost::json::array& keys) {
  constexpr std::array<std::string_view, 11> kColumns = {
      "name",    "team",   "state",  "made",    "last_used", "expires",
      "digests", "models", "routes", "classes", "limits"};
  std::vector<std::array<std::string, kColumns.size()>> rows(1);
  std::copy(kColumns.begin(), kColumns.end(), rows[0].begin());
  for (const boost::json::value& key : keys) {
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < kColumns.size(); ++i) row[i] = CellOf(key.as_object(), kColumns[i]);
  }
  std::array<std::size_t, kColumns.size()> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
  }
}

// Says what of the key's entry does not fit the configuration of this folder; OK if there is none,
// or if it has mistakes of its own.
absl::Status CheckHere(object entry) {
  std::error_code ignored;
  if (!std::filesystem::exists(kUsualConfig, ignored)) return absl::OkStatus();
  const config::LoadResult loaded = config::LoadFile(kUsualConfig, config::ProcessEnvironment(),
                                                     nullptr, config::Secrets::kOptional);
  if (!loaded.config) {
    std::cerr << "headgate key: " << kUsualConfig
              << " has problems, so models, routes and classes are not checked\n";
    return absl::OkStatus();
  }
  // The digest may be meant for a key that is there already.
  entry["name"] = std::string(entry["hash"].as_array()[0].as_string()).substr(7, 16);
  const config::KeyResult read = config::LoadKey(boost::json::serialize(entry), *loaded.config);
  if (read.key) return absl::OkStatus();
  std::string words = kUsualConfig;
  for (const config::Diagnostic& diagnostic : read.diagnostics) {
    words += config::Concat("; ", diagnostic.path, diagnostic.path.empty() ? "" : ": ",
                            diagnostic.problem, "; ", diagnostic.fix);
  }
  return absl::InvalidArgumentError(words);
}

}  // namespace

int MakeKeyHere(const WantedKey& key, bool json) {
  absl::StatusOr<object> wanted = EntryOf(key, Now());
  if (!wanted.ok()) return Complain(wanted.status());
  const std::string secret = policy::NewKey();
  const std::string hash = "sha256:" + Hex(policy::DigestOf(secret));
  // After the name, as it is usually written.
  object entry{{"name", (*wanted)["name"]}, {"hash", boost::json::array{hash}}};
  for (const auto& [name, value] : *wanted) entry[name] = value;
  if (const absl::Status status = CheckHere(entry); !status.ok()) return Complain(status);
  if (json) {
    object made{{"key", secret}, {"entry", entry}, {"hash", hash}};
    for (const char* const name : {"name", "team"}) made[name] = entry[name];
    std::cout << boost::json::serialize(made) << "\n";
    return 0;
  }
  std::cout << "Key (shown once, stored nowhere):\n\n  " << secret
            << "\n\nAdd to `keys:` of the configuration:\n\n"
            << YamlOf(entry) << "\n\nOr make a key in force at a running gateway: --config "
            << kUsualConfig << "\n";
  return 0;
}

int MakeKeyAt(const AtDaemon& daemon, const WantedKey& key) {
  absl::StatusOr<object> entry = EntryOf(key, Now());
  if (!entry.ok()) return Complain(entry.status());
  if (key.new_team) (*entry)["new_team"] = true;
  const absl::StatusOr<object> made =
      AskDaemon(daemon, {"POST", "/keys", boost::json::serialize(*entry)});
  if (!made.ok()) return Complain(made.status());
  if (daemon.json) {
    std::cout << boost::json::serialize(*made) << "\n";
    return 0;
  }
  std::cout << "Key (shown once, stored nowhere), which works from now on:\n\n  "
            << CellOf(*made, "key") << "\n\nIts name is " << CellOf(*made, "name")
            << "; `headgate key revoke` ends it.\n";
  return 0;
}

int ListKeysAt(const AtDaemon& daemon) {
  absl::StatusOr<object> answer = AskDaemon(daemon, {"GET", "/keys", {}});
  if (!answer.ok()) return Complain(answer.status());
  auto* const keys = answer->if_contains("keys");
  if (keys == nullptr || !keys->is_array()) {
    return Complain("what answers there is not headgate's admin port");
  }
  Complete(LastUsed(daemon.config), keys->as_array());
  if (daemon.json) {
    std::cout << boost::json::serialize(*answer) << "\n";
    return 0;
  }
  PrintTable(keys->as_array());
  return 0;
}

int RevokeKeyAt(const AtDaemon& daemon, const std::string& name) {
  const absl::StatusOr<object> answer = AskDaemon(daemon, {"DELETE", "/keys/" + name, {}});
  if (!answer.ok()) return Complain(answer.status());
  if (daemon.json) {
    std::cout << boost::json::serialize(*answer) << "\n";
    return 0;
  }
  std::cout << "Key " << name << " is revoked.\n";
  if (answer->contains("note")) std::cout << CellOf(*answer, "note") << ".\n";
  return 0;
}

int AllowKeyAt(const AtDaemon& daemon, const std::string& name) {
  const absl::StatusOr<object> answer = AskDaemon(daemon, {"PUT", "/keys/" + name, {}});
  if (!answer.ok()) return Complain(answer.status());
  std::cout << (daemon.json ? boost::json::serialize(*answer)
                            : config::Concat("Key ", name, " is allowed again."))
            << "\n";
  return 0;
}

}  // namespace headgate::gateway

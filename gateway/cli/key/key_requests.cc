#include "gateway/cli/key/key_requests.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "config/load.h"
#include "config/reader/address.h"
#include "gateway/cli/key/admin_client.h"

namespace headgate::gateway {
namespace {

using boost::json::object;

constexpr int kUsualErrors = 400;  // statuses from here on say that nothing was done

int Complain(std::string_view problem) {
  std::cerr << "headgate key: " << problem << "\n";
  return 1;
}

absl::StatusOr<AdminAddress> AddressOf(const AtDaemon& daemon) {
  AdminAddress address;
  if (!daemon.config.empty()) {
    const config::LoadResult loaded = config::LoadFile(daemon.config, config::ProcessEnvironment(),
                                                       nullptr, config::Secrets::kOptional);
    if (!loaded.config) {
      return absl::InvalidArgumentError(config::Concat(
          daemon.config, " has problems; `headgate check ", daemon.config, "` shows them"));
    }
    const config::Server& server = loaded.config->server;
    if (!config::IsWildcard(server.admin.host)) address.host = server.admin.host;
    address.port = std::to_string(server.admin.port);
    address.token = server.admin_token.Reveal();
  }
  if (!daemon.admin.empty()) {
    absl::StatusOr<AdminAddress> written = ParseAdminAddress(daemon.admin);
    if (!written.ok()) return written.status();
    address.host = written->host;
    address.port = written->port;
  }
  if (const char* const token = std::getenv("HEADGATE_ADMIN_TOKEN")) address.token = token;
  return address;
}

// Returns the daemon's answer; an error if it has refused.
absl::StatusOr<object> Ask(const AtDaemon& daemon, const std::string& method,
                           const std::string& path, const std::string& body) {
  const absl::StatusOr<AdminAddress> address = AddressOf(daemon);
  if (!address.ok()) return address.status();
  const absl::StatusOr<AdminReply> reply = CallAdmin(*address, method, path, body);
  if (!reply.ok()) return reply.status();
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(reply->body, error);
  if (error || !value.is_object()) {
    return absl::UnavailableError("what answers there is not headgate's admin port");
  }
  object json = value.as_object();
  if (reply->status < kUsualErrors) return json;
  const auto* const words = json.if_contains("error");
  return absl::FailedPreconditionError(
      words != nullptr && words->is_string() ? std::string(words->as_string()) : reply->body);
}

std::string_view WordsOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

void PutList(std::string_view name, const std::vector<std::string>& texts, object& entry) {
  if (texts.empty()) return;
  boost::json::array& list = entry[name].emplace_array();
  for (const std::string& text : texts) list.emplace_back(text);
}

object EntryOf(const WantedKey& key) {
  object entry{{"team", key.team}};
  if (!key.name.empty()) entry["name"] = key.name;
  PutList("models", key.models, entry);
  PutList("routes", key.routes, entry);
  PutList("classes", key.classes, entry);
  if (!key.expires.empty()) entry["expires"] = key.expires;
  if (key.expose) entry["expose"] = true;
  object limits;
  if (key.requests_per_minute) limits["requests_per_minute"] = *key.requests_per_minute;
  if (key.tokens_per_minute) limits["tokens_per_minute"] = *key.tokens_per_minute;
  if (key.in_flight) limits["in_flight"] = *key.in_flight;
  if (!limits.empty()) entry["limits"] = std::move(limits);
  return entry;
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
  constexpr std::array<std::string_view, 8> kColumns = {"name",   "team",   "made",    "expires",
                                                        "models", "routes", "classes", "limits"};
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

}  // namespace

int MakeKeyAt(const AtDaemon& daemon, const WantedKey& key) {
  const absl::StatusOr<object> made =
      Ask(daemon, "POST", "/keys", boost::json::serialize(EntryOf(key)));
  if (!made.ok()) return Complain(WordsOf(made.status()));
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
  const absl::StatusOr<object> answer = Ask(daemon, "GET", "/keys", {});
  if (!answer.ok()) return Complain(WordsOf(answer.status()));
  if (daemon.json) {
    std::cout << boost::json::serialize(*answer) << "\n";
    return 0;
  }
  const auto* const keys = answer->if_contains("keys");
  if (keys == nullptr || !keys->is_array()) {
    return Complain("what answers there is not headgate's admin port");
  }
  PrintTable(keys->as_array());
  return 0;
}

int RevokeKeyAt(const AtDaemon& daemon, const std::string& name) {
  const absl::StatusOr<object> answer = Ask(daemon, "DELETE", "/keys/" + name, {});
  if (!answer.ok()) return Complain(WordsOf(answer.status()));
  std::cout << (daemon.json ? boost::json::serialize(*answer)
                            : config::Concat("Key ", name, " is revoked."))
            << "\n";
  return 0;
}

}  // namespace headgate::gateway

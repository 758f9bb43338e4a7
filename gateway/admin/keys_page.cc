#include "gateway/admin/keys_page.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/load.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/admin/status.h"
#include "gateway/log/operator_log.h"
#include "policy/keys/key_ring.h"

namespace headgate::gateway {
namespace {

using boost::json::object;

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

AdminAnswer KeyError(const absl::Status& status) {
  OperatorLog::Error("keys cannot be changed", MessageOf(status));
  return AdminError(503, MessageOf(status));
}

boost::json::array JsonTexts(const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

object LimitsJson(const config::RateLimits& limits) {
  object json;
  if (limits.requests_per_minute) json["requests_per_minute"] = *limits.requests_per_minute;
  if (limits.tokens_per_minute) json["tokens_per_minute"] = *limits.tokens_per_minute;
  if (limits.in_flight) json["in_flight"] = *limits.in_flight;
  return json;
}

// Without what is empty, which means "all" or "none".
object KeyJson(const config::Key& key) {
  object json{{"name", key.name},
              {"team", key.team},
              {"made", key.made ? "run_time" : "file"},
              {"digests", key.digests.size()}};
  if (!key.models.empty()) json["models"] = JsonTexts(key.models);
  if (!key.routes.empty()) json["routes"] = JsonTexts(key.routes);
  if (!key.classes.empty()) json["classes"] = JsonTexts(key.classes);
  if (key.expires) {
    json["expires"] = absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(*key.expires),
                                       absl::UTCTimeZone());
  }
  if (key.limits.any()) json["limits"] = LimitsJson(key.limits);
  return json;
}

std::string HashOf(const std::string& key) {
  std::string hash = "sha256:";
  for (const std::uint8_t byte : policy::DigestOf(key)) config::AppendHex(byte, hash);
  return hash;
}

const config::Key* KeyNamed(const config::Config& config, std::string_view name) {
  const auto found = std::find_if(config.keys.begin(), config.keys.end(),
                                  [&](const config::Key& key) { return key.name == name; });
  return found == config.keys.end() ? nullptr : &*found;
}

// Returns whether all digests of the key are denied.
bool IsDenied(const Snapshot& snapshot, const config::Key& key) {
  const std::vector<config::Sha256>& denied = snapshot.denied;
  return !key.made &&
         std::all_of(key.digests.begin(), key.digests.end(), [&](const config::Sha256& digest) {
           return std::find(denied.begin(), denied.end(), digest) != denied.end();
         });
}

// Takes the member `new_team` out of the entry. Returns whether it is true.
bool TakeNewTeam(object& entry) {
  const boost::json::value* const value = entry.if_contains("new_team");
  const bool is_new = value != nullptr && value->is_bool() && value->as_bool();
  entry.erase("new_team");
  return is_new;
}

// Returns what is wrong with a team that nothing in the configuration has; empty if it is known.
std::string UnknownTeam(const config::Config& config, const std::string& team) {
  std::vector<std::string> known;
  for (const config::Team& one : config.teams) known.push_back(one.name);
  for (const config::Key& key : config.keys) known.push_back(key.team);
  for (const config::Budget& budget : config.budgets) known.push_back(budget.scope.team);
  std::erase(known, "");
  if (known.empty() || std::find(known.begin(), known.end(), team) != known.end()) return {};
  const std::optional<std::string> near = config::Nearest(team, known);
  return config::Concat(
      "no key, budget or entry of `teams` has team `", team, "`; ",
      near ? config::Concat("did you mean `", *near, "`? Send ") : std::string("send "),
      "\"new_team\": true (--new-team) if a new team is meant");
}

// Returns the entry of a key, or why there is none.
std::optional<AdminAnswer> ReadEntry(std::string_view body, object& entry) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) {
    return AdminError(400, R"(send an entry of `keys` as JSON, for example {"team": "search"})");
  }
  entry = std::move(value.as_object());
  if (entry.contains("hash")) {
    return AdminError(422, "leave out `hash`: the key is made here, and the answer has it");
  }
  if (!entry.contains("name") && entry.contains("team")) {
    const boost::json::value team = entry["team"];  // a reference would not outlive the insertion
    entry["name"] = team;
  }
  return std::nullopt;
}

AdminAnswer Refused(const std::vector<config::Diagnostic>& diagnostics) {
  std::string words;
  for (const config::Diagnostic& diagnostic : diagnostics) {
    if (!words.empty()) words += "; ";
    words += config::Concat(diagnostic.path, diagnostic.path.empty() ? "" : ": ",
                            diagnostic.problem, "; ", diagnostic.fix);
  }
  return AdminError(422, words);
}

}  // namespace

AdminAnswer KeysPage::WithoutStore() const {
  return AdminError(409,
                    "keys that are made at run time are kept beside the ledger, and there is none; "
                    "write `ledger: {path: /var/lib/headgate/ledger}` and restart");
}

absl::Status KeysPage::Use() {
  absl::StatusOr<policy::RunTimeKeys> keys = store_->Read();
  if (!keys.ok()) return keys.status();
  return reloader_.UseKeys(*std::move(keys));
}

AdminAnswer KeysPage::List() const {
  boost::json::array keys;
  const Snapshot& snapshot = *reloader_.snapshot();
  for (const config::Key& key : snapshot.config->keys) {
    object& json = keys.emplace_back(KeyJson(key)).as_object();
    if (IsDenied(snapshot, key)) json["revoked"] = true;
    const config::Stop stop = config::StopOf(*snapshot.config, key);
    if (stop != config::Stop::kNone) {
      json["stopped"] = stop == config::Stop::kKey ? "key" : "team";
    }
  }
  return {.body = boost::json::serialize(object{{"keys", std::move(keys)}})};
}

AdminAnswer KeysPage::Make(std::string_view body) {
  if (store_ == nullptr) return WithoutStore();
  object entry;
  if (std::optional<AdminAnswer> refusal = ReadEntry(body, entry)) return *std::move(refusal);
  const bool new_team = TakeNewTeam(entry);
  const std::string key = policy::NewKey();
  entry["hash"] = HashOf(key);
  const std::string text = boost::json::serialize(entry);
  const config::KeyResult read = config::LoadKey(text, *reloader_.snapshot()->config);
  if (!read.key) return Refused(read.diagnostics);
  if (!new_team) {
    const std::string unknown = UnknownTeam(*reloader_.snapshot()->config, read.key->team);
    if (!unknown.empty()) return AdminError(422, unknown);
  }
  const std::string& name = read.key->name;
  absl::Status status = store_->Add(name, text, WallClockMs());
  if (status.code() == absl::StatusCode::kAlreadyExists) {
    return AdminError(409, MessageOf(status));
  }
  if (status.ok()) status = Use();
  if (!status.ok()) return KeyError(status);
  OperatorLog::Event(OperatorLog::Level::kInfo, "a key was made",
                     {{.name = "key", .text = name}, {.name = "team", .text = read.key->team}});
  object made = KeyJson(*read.key);
  made["key"] = key;
  return {.status = 201, .body = boost::json::serialize(made)};
}

AdminAnswer KeysPage::Revoke(std::string_view name) {
  if (store_ == nullptr) return WithoutStore();
  const config::Key* const key = KeyNamed(*reloader_.snapshot()->config, name);
  const bool configured = key != nullptr && !key->made;
  absl::Status status =
      configured ? store_->Deny(*key, WallClockMs()) : store_->Remove(name, WallClockMs());
  if (status.code() == absl::StatusCode::kNotFound) return AdminError(404, MessageOf(status));
  if (status.ok()) status = Use();
  if (!status.ok()) return KeyError(status);
  OperatorLog::Event(OperatorLog::Level::kInfo, "a key was revoked",
                     {{.name = "key", .text = name}});
  object answer{{"revoked", name}};
  if (configured) {
    answer["note"] =
        "the configuration still has this key; its digests are refused, also after restarts, until "
        "PUT /keys/{name} allows them again. Write the digest of a new key in their place";
  }
  return {.body = boost::json::serialize(answer)};
}

AdminAnswer KeysPage::Allow(std::string_view name) {
  if (store_ == nullptr) return WithoutStore();
  const config::Key* const key = KeyNamed(*reloader_.snapshot()->config, name);
  if (key == nullptr) return AdminError(404, "no key has that name");
  if (key->made || !IsDenied(*reloader_.snapshot(), *key)) {
    return AdminError(409, "this key is not revoked");
  }
  absl::Status status = store_->Allow(*key, WallClockMs());
  if (status.ok()) status = Use();
  if (!status.ok()) return KeyError(status);
  OperatorLog::Event(OperatorLog::Level::kInfo, "a key was allowed again",
                     {{.name = "key", .text = name}});
  return {.body = boost::json::serialize(object{{"allowed", name}})};
}

}  // namespace headgate::gateway

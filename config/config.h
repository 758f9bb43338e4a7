#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/enum_words.h"
#include "config/language.h"
#include "config/limits.h"
#include "config/supply.h"

namespace headgate::config {

// The configuration as plain values: read, checked (references resolve, names are unique) and
// completed with defaults, but not compiled. Only LoadFile and LoadText (config/load.h) produce it.
// Immutable after loading; safe to share between threads.

enum class AuthMode : std::uint8_t { kNone, kKeys };
inline constexpr std::array kAuthModes = {EnumWord<AuthMode>{"keys", AuthMode::kKeys},
                                          EnumWord<AuthMode>{"none", AuthMode::kNone}};

using Sha256 = std::array<std::uint8_t, 32>;

enum class Hint : std::uint8_t { kClass, kServiceTier, kSlo, kFim, kHeader };
inline constexpr std::array kHints = {
    EnumWord<Hint>{"class", Hint::kClass}, EnumWord<Hint>{"service_tier", Hint::kServiceTier},
    EnumWord<Hint>{"slo", Hint::kSlo}, EnumWord<Hint>{"fim", Hint::kFim},
    EnumWord<Hint>{"header", Hint::kHeader}};

struct Key {
  std::string name;
  std::vector<Sha256> digests;
  std::string team;
  std::vector<std::string> models;      // catalogue names that it may use; empty: all
  std::vector<Hint> trust_hints;        // hints that may raise its urgency
  std::vector<std::string> routes;      // that may take its requests; empty: all
  std::vector<std::string> classes;     // that its requests may have; empty: all
  std::optional<std::int64_t> expires;  // Unix seconds from which it is refused; nullopt: never
  RateLimits limits;
  bool expose = false;   // answer with x-headgate-* headers
  bool stopped = false;  // none of its requests is served
  Require require;       // applies on every route, and is never relaxed
  std::vector<WarningKind> allow_warnings;
  bool made = false;  // while a daemon ran, and is in no file
  SourceLocation location;
  std::string path;  // its path in diagnostics: "keys.shop-web"; empty if not loaded from a file
};

// Why no request of a key is served.
enum class Stop : std::uint8_t { kNone, kKey, kTeam };
// The codes of the refusals, by Stop.
inline constexpr std::array<std::string_view, 3> kStopNames = {"", kKeyStopped, kTeamStopped};

// The urgency that a rule gives to the requests that it applies to.
enum class UrgencyMeaning : std::uint8_t { kNormal, kLatencyCritical, kBatch, kIgnored };
inline constexpr std::array kUrgencyMeanings = {
    EnumWord<UrgencyMeaning>{"latency_critical", UrgencyMeaning::kLatencyCritical},
    EnumWord<UrgencyMeaning>{"normal", UrgencyMeaning::kNormal},
    EnumWord<UrgencyMeaning>{"batch", UrgencyMeaning::kBatch},
    EnumWord<UrgencyMeaning>{"ignore", UrgencyMeaning::kIgnored}};

// The rules of urgency (docs/policy.md), each with the urgency that it gives. kIgnored switches a
// rule off.
struct UrgencyRules {
  UrgencyMeaning flex = UrgencyMeaning::kBatch;                // service_tier: flex
  UrgencyMeaning priority = UrgencyMeaning::kLatencyCritical;  // service_tier: priority, fast, …
  UrgencyMeaning soon = UrgencyMeaning::kLatencyCritical;      // x-slo-ttft-ms <= soon_within
  UrgencyMeaning patient = UrgencyMeaning::kBatch;             // x-slo-ttft-ms >= patient_from
  UrgencyMeaning fill_in_the_middle = UrgencyMeaning::kLatencyCritical;
  UrgencyMeaning agent = UrgencyMeaning::kNormal;     // x-initiator: agent, a subagent, a tool loop
  UrgencyMeaning thinking = UrgencyMeaning::kNormal;  // reasoning_effort: high, xhigh or max
  UrgencyMeaning typing = UrgencyMeaning::kLatencyCritical;  // streams at most typing_tokens
  Milliseconds soon_within{1000};
  Milliseconds patient_from{30000};
  int typing_tokens = 16;
};

// A file of `headgate train`. Its first line names the topics.
struct TopicModelFile {
  std::string path;
  std::string bytes;
  SourceLocation location;
};

struct Classifier {
  std::optional<TopicModelFile> model;  // none: the built-in model
  std::optional<double> threshold;      // 0..1; none: the model's own
  UrgencyRules urgency;
};

struct Limits {
  std::size_t body = 32u << 20;  // bytes
  std::size_t head = 32u << 10;
  int connections = 20000;
  Milliseconds head_timeout{10000};
  Milliseconds body_timeout{30000};
  Milliseconds idle_timeout{75000};
};

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

struct ServerTls {
  std::string certificate;
  std::string private_key;
};

// Origins whose pages may read answers in a browser. Lower case, without a default port:
// "https://chat.example", "https://*.chat.example" for every name below it, or "*" for all pages.
struct Cors {
  std::vector<std::string> origins;
};

struct Server {
  ListenAddress listen{"127.0.0.1", 8080};
  ListenAddress admin{"127.0.0.1", 9464};
  std::optional<ServerTls> tls;
  AuthMode auth = AuthMode::kKeys;
  int workers = 0;  // 0 = one per core
  Limits limits;
  Milliseconds drain_timeout{60000};
  std::string access_log = "stdout";  // stdout, stderr, off or a file
  Secret admin_token;  // opens /status and /reload on an admin address that is not loopback
  std::vector<std::string> admin_hosts;  // further names that Host may have there; lower case
  // Further names that a client's Host may have; lower case. Empty: under `auth: keys` any name is
  // accepted.
  std::vector<std::string> hosts;
  std::optional<Cors> cors;  // none: pages of other origins may read nothing
  std::string state;         // the folder of what outlives a restart; empty: there is none
};

// Answers of the Responses API that the gateway keeps, because its backends do not.
struct Responses {
  Milliseconds store{86'400'000};       // after the last use
  std::size_t max_bytes = 1024u << 20;  // of all keys together
};

// Where the line about each decided request is written, for `headgate replay`. The lines have no
// text of prompts.
struct Recording {
  std::string file;
  std::size_t rotate = 64u << 20;  // bytes
  int keep = 10;                   // files, the current one included
};

// In days.
struct LedgerRetention {
  std::int64_t requests = 35;  // the row of each request
  std::int64_t hourly = 800;   // sums by hour
};

// The durable record of what every request cost.
struct Ledger {
  std::string folder;  // of its files; empty: `ledger` in server.state
  LedgerRetention retention;
};

// Who else is told what the operator's log says of budgets: a program that takes JSON by POST.
struct Alerts {
  Url webhook;    // without a path
  Secret target;  // path and query, which may hold a secret: "/services/T0/B0/x?y=z"
  Secret token;   // sent as `Authorization: Bearer TOKEN`; empty: none
  std::optional<EgressProxy> proxy;
  std::string ca;  // PEM file that replaces the system's trust store; empty = system
  SourceLocation location;
};

struct Config {
  Server server;
  std::optional<Recording> recording;  // none: nothing is recorded
  std::vector<Model> models;           // the shipped catalogue, extended and overridden
  std::vector<Backend> backends;
  // Alias -> auto | model | model@backend. Aliases are looked up before models: an alias may hide a
  // model of the shipped catalogue that no backend serves.
  std::map<std::string, std::string> aliases;
  std::vector<CustomClass> classes;
  // Entries of `classes` for built-in classes: the time to first token that their requests are to
  // have in a queue, by class. Absent: that of the band of the class.
  std::map<std::string, Milliseconds, std::less<>> built_in_target_ttft;
  Classifier classifier;
  QualityScores quality;
  SelfHostedPrice self_hosted_price = SelfHostedPrice::kMarginal;
  std::vector<Route> routes;
  std::optional<TargetReference> baseline;
  std::vector<Key> keys;
  std::vector<Team> teams;
  std::vector<Budget> budgets;
  std::optional<Alerts> alerts;        // none: budgets are in metrics and the log only
  std::optional<Responses> responses;  // none: no answer is kept
  std::optional<Ledger> ledger;        // none: costs are in metrics and logs only
  std::vector<PolicyTest> tests;
  std::vector<WarningKind> allow_warnings;  // switched off everywhere
  // The locations of settings that can fail only when the daemon uses them: ports, certificates,
  // files that it writes. By path; settings that are not written have no entry.
  std::map<std::string, SourceLocation, std::less<>> locations;
};

// Returns whether the key, or its team, is stopped.
inline Stop StopOf(const Config& config, const Key& key) {
  if (key.stopped) return Stop::kKey;
  for (const Team& team : config.teams) {
    if (team.stopped && team.name == key.team) return Stop::kTeam;
  }
  return Stop::kNone;
}

// Returns the folder of the ledger. REQUIRES: config.ledger.
inline std::string LedgerFolder(const Config& config) {
  return config.ledger->folder.empty() ? config.server.state + "/ledger" : config.ledger->folder;
}

}  // namespace headgate::config

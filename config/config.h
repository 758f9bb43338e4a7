#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/enum_words.h"
#include "config/language.h"
#include "config/supply.h"

namespace headgate::config {

// What the YAML says, as plain values: read, checked (references resolve, names are unique, units
// are sane) and completed with defaults, but not compiled. Produced by config::Load
// (config/load.h) only. Immutable after loading; safe to share between threads.

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
  std::vector<std::string> models;  // catalogue names it may use; empty = all
  std::vector<Hint> trust_hints;    // hints that may raise its urgency
  bool expose = false;              // answer with x-headgate-* headers
  Require require;                  // holds whatever the route says, and is never relaxed
  std::vector<WarningKind> allow_warnings;
  SourceLocation location;
  std::string path;  // as diagnostics call it: "keys.shop-web"; empty when made by hand
};

// What a rule of urgency makes of the requests that it applies to.
enum class UrgencyMeaning : std::uint8_t { kNormal, kLatencyCritical, kBatch, kIgnored };
inline constexpr std::array kUrgencyMeanings = {
    EnumWord<UrgencyMeaning>{"latency_critical", UrgencyMeaning::kLatencyCritical},
    EnumWord<UrgencyMeaning>{"normal", UrgencyMeaning::kNormal},
    EnumWord<UrgencyMeaning>{"batch", UrgencyMeaning::kBatch},
    EnumWord<UrgencyMeaning>{"ignore", UrgencyMeaning::kIgnored}};

// The rules of urgency (docs/policy.md), each with what it makes of a request. kIgnored: the rule
// is as good as not there.
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
  std::optional<TopicModelFile> model;  // none: the shipped one
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

// Pages of other origins that may read answers in a browser. Lower case, without a default port:
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
  std::string access_log = "stdout";     // stdout, stderr, off or a file
  Secret admin_token;                    // for what is not open on an admin address off loopback
  std::vector<std::string> admin_hosts;  // more names that Host may have there; lower case
  // More names that a client's Host may have; lower case. Empty: under `auth: keys` any may come.
  std::vector<std::string> hosts;
  std::optional<Cors> cors;  // none: no page of another origin may read anything
};

// What becomes of each decided request, written down for `headgate replay`; no text of any prompt.
struct Recording {
  std::string file;
  std::size_t rotate = 64u << 20;  // bytes
  int keep = 10;                   // files, the current one among them
};

struct Config {
  Server server;
  std::optional<Recording> recording;  // none: nothing is recorded
  std::vector<Model> models;           // the shipped catalogue, extended and overridden
  std::vector<Backend> backends;
  // Old name -> auto | model | model@backend. Looked up before models: a name here may hide a model
  // of the shipped catalogue that no backend serves.
  std::map<std::string, std::string> aliases;
  std::vector<CustomClass> classes;
  Classifier classifier;
  QualityScores quality;
  SelfHostedPrice self_hosted_price = SelfHostedPrice::kMarginal;
  std::vector<Route> routes;
  std::optional<TargetReference> baseline;
  std::vector<Key> keys;
  std::vector<Team> teams;
  std::vector<PolicyTest> tests;
  std::vector<WarningKind> allow_warnings;  // switched off everywhere
  // Where those settings stand that only the daemon finds out about when it uses them: ports, files
  // that it writes, certificates. By path; none for what is not said.
  std::map<std::string, SourceLocation, std::less<>> locations;
};

}  // namespace headgate::config

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/money.h"

namespace headgate::config {

// What the YAML says, as plain values: read, checked (references resolve, names are unique, units
// are sane) and completed with defaults, but not compiled. Produced by config::Load
// (config/load.h) only. Immutable after loading; safe to share between threads.

using Milliseconds = std::chrono::milliseconds;

// Where a value stands in the operator's files; line counts from 1, 0 means "built in" (the shipped
// catalogue, whose file is "catalog.yaml").
struct Place {
  std::string file;
  int line = 0;
};

// A secret whose text is used and never shown: it has no stream operator and no conversion.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

enum class Hosting : std::uint8_t { kSelfHosted, kPaidApi };
enum class Protocol : std::uint8_t { kOpenAi };
enum class Engine : std::uint8_t { kNone, kVllm, kSglang, kLlamaCpp, kTgi, kOllama };
enum class AuthMode : std::uint8_t { kNone, kKeys };

// One row of prices. Absent kinds fall back as documented: cached_input and cache_write to input.
struct PriceRow {
  NanoUsdPerMillion input = 0;
  std::optional<NanoUsdPerMillion> cached_input;
  std::optional<NanoUsdPerMillion> cache_write;
  NanoUsdPerMillion output = 0;
};

// A row that applies to the whole request when its prompt has more than `above` tokens.
struct ContextTier {
  std::int64_t above = 0;
  PriceRow row;
};

// All prices of one model at one place. `flex` and `priority` apply when the *answer's*
// service_tier says so, `batch` to the batch endpoint.
struct Prices {
  PriceRow standard;
  std::optional<PriceRow> flex;
  std::optional<PriceRow> priority;
  std::optional<PriceRow> batch;
  std::vector<ContextTier> context_tiers;  // ascending in `above`
};

// An entry of the catalogue.
struct Model {
  std::string name;
  std::int64_t context = 0;  // tokens, input and output together; 0 = not known
  std::optional<std::int64_t> max_output;
  std::string license;
  std::vector<std::string> supports;  // tools, json_schema, images, audio, reasoning, embeddings
  std::map<std::string, double> scores;
  std::vector<std::string> aliases;  // unique over all models, models' names and Config::aliases
  std::optional<Prices> price;       // the list price, for paid APIs that do not say their own
  std::string source;                // where the row's figures come from, and when
  Place place;
};

struct Url {
  bool tls = false;
  std::string host;  // without brackets for IPv6
  std::uint16_t port = 0;
  std::string path;  // no trailing slash; "/v1" of https://api.openai.com/v1
};

struct Timeouts {
  Milliseconds connect{2000};
  Milliseconds first_token{60000};
  Milliseconds between_tokens{30000};
  Milliseconds total{600000};
};

// One catalogue model as one backend serves it.
struct ServedModel {
  std::string model;            // catalogue name
  std::string upstream_name;    // what goes into "model" upstream
  std::optional<Prices> price;  // own price, else the catalogue's; none: unpriced
  Place place;
};

struct Backend {
  std::string name;
  Protocol protocol = Protocol::kOpenAi;
  Hosting hosting = Hosting::kPaidApi;
  Engine engine = Engine::kNone;
  std::vector<Url> replicas;  // one for a paid API
  std::vector<ServedModel> models;
  int slots = 0;                      // per replica; self-hosted only, > 0 there
  NanoUsd rent_per_replica_hour = 0;  // self-hosted only
  std::map<std::string, std::string> labels;
  Timeouts timeouts;
  Secret api_key;  // may be empty (self-hosted without a key)
  // Lower case; "authorization" sends `Bearer KEY`, any other sends KEY.
  std::string auth_header = "authorization";
  // Sent with every request; names in lower case, values may be secret.
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> query;  // appended to every URL, as it is
  std::string ca;  // PEM file that replaces the system's trust store; empty = system
  Place place;
};

enum class Comparator : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual };
struct Comparison {
  Comparator op = Comparator::kGreaterEqual;
  std::int64_t value = 0;
};

// One header that a route looks at. An empty `values` (written as "*") means "is present".
struct HeaderMatch {
  std::string name;  // lower case
  std::vector<std::string> values;
};

// All that is said must hold; within a list one is enough; an empty list says nothing.
struct When {
  std::vector<std::string> classes;    // batch, latency_critical, code, general
  std::vector<std::string> topics;     // code, math, general
  std::vector<std::string> urgencies;  // latency_critical, normal, batch
  std::vector<std::string> models;     // as the client wrote it, after aliases
  std::vector<std::string> endpoints;  // chat, completions, embeddings
  std::vector<HeaderMatch> headers;
  std::optional<bool> stream;
  std::vector<Comparison> input_tokens;  // all must hold
};

struct TargetReference {
  std::string model;
  std::string backend;
  int weight = 1;  // for prefer: weighted; >= 0, and one is > 0
  Place place;
};

struct Require {
  std::optional<Hosting> hosting;
  std::optional<std::int64_t> min_context;  // the target's window has at least so many tokens
};

enum class Prefer : std::uint8_t { kOrdered, kLowestCost, kLowestLatency, kWeighted };

struct Route {
  std::string name;
  When when;
  std::vector<TargetReference>
      targets;  // empty: every target of every backend, in the order written
  Require require;
  Prefer prefer = Prefer::kOrdered;
  Place place;
};

using Sha256 = std::array<std::uint8_t, 32>;

enum class Hint : std::uint8_t { kClass, kServiceTier, kSlo, kFim, kHeader };

struct Key {
  std::string name;
  std::vector<Sha256> digests;
  std::string team;
  std::vector<std::string> models;  // catalogue names it may use; empty = all
  std::vector<Hint> trust_hints;    // hints that may raise its urgency
  bool expose = false;              // answer with x-headgate-* headers
  Place place;
};

struct Limits {
  std::size_t body = 32u << 20;  // bytes
  std::size_t head = 32u << 10;
  int connections = 20000;
  Milliseconds head_timeout{10000};
  Milliseconds body_timeout{30000};
  Milliseconds idle_timeout{75000};
};

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

struct ServerTls {
  std::string certificate;
  std::string private_key;
};

struct Server {
  Endpoint listen{"127.0.0.1", 8080};
  Endpoint admin{"127.0.0.1", 9464};
  std::optional<ServerTls> tls;
  AuthMode auth = AuthMode::kKeys;
  int workers = 0;  // 0 = one per core
  Limits limits;
  Milliseconds drain_timeout{60000};
  std::string access_log = "stdout";  // stdout, stderr, off or a file
  Secret admin_token;                 // for /status on an admin address that is not loopback
};

struct Config {
  Server server;
  std::vector<Model> models;  // the shipped catalogue, extended and overridden
  std::vector<Backend> backends;
  // Old name -> auto | model | model@backend. Looked up before models: a name here may hide a model
  // of the shipped catalogue that no backend serves.
  std::map<std::string, std::string> aliases;
  std::vector<Route> routes;
  std::optional<TargetReference> baseline;
  std::vector<Key> keys;
};

}  // namespace headgate::config

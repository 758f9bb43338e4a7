#pragma once

#include <array>
#include <bitset>
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

// What a policy compares whole numbers with: prices in nano-dollars per 1M tokens, durations in
// milliseconds, rates in millionths.
using Comparisons = std::vector<Comparison>;  // all must hold

// A benchmark score compared; scores are no money and may have fractions.
struct ScoreComparison {
  Comparator op = Comparator::kGreaterEqual;
  double value = 0;
};

// One header or metadata entry that a policy looks at. The values are globs (`*` any characters,
// `?` one; in any case of letters); "*" alone means "is present".
struct TextMatch {
  std::string name;  // of a header in lower case
  std::vector<std::string> values;
};

// Hours of a week in a time zone. The end is exclusive; `from` after `to` runs over midnight and
// belongs to the day it begins on; equal ones are the whole day.
struct TimeWindow {
  std::bitset<7> days = std::bitset<7>(0x7f);  // Monday is 0
  int from_minute = 0;                         // of the day, 0..1440
  int to_minute = 24 * 60;
  std::string zone = "UTC";  // an IANA name that the system knows
};

// A condition on a request. All that is said must hold; within a list one is enough; an empty list
// says nothing.
struct When {
  std::vector<std::string> classes;    // built in, or of Config::classes
  std::vector<std::string> topics;     // code, math, general
  std::vector<std::string> urgencies;  // latency_critical, normal, batch
  std::vector<std::string> models;     // globs over what the client wrote, after aliases
  std::vector<std::string> endpoints;  // chat, completions, embeddings
  std::vector<std::string> keys;       // globs
  std::vector<std::string> teams;      // globs
  std::vector<TextMatch> headers;
  std::vector<TextMatch> metadata;
  std::optional<bool> stream;
  std::optional<bool> tools;
  std::optional<bool> images;
  Comparisons input_tokens;
  Comparisons max_tokens;  // does not hold for a request that names none
  std::vector<TimeWindow> times;
  std::vector<When> all;
  std::vector<When> any;
  std::vector<When> none;  // `not`: none of them holds
  Place place;
};

struct TargetReference {
  std::string model;
  std::string backend;
  int weight = 1;  // for prefer: weighted; >= 0, and one is > 0
  Place place;
};

// Hard filters on targets. A missing score, licence or price fails the filter that names it; own
// hardware has no price and passes `price`. The last two look at live windows, and pass while those
// have too few samples.
struct Require {
  std::optional<Hosting> hosting;
  std::optional<std::int64_t> min_context;  // the target's window has at least so many tokens
  std::map<std::string, std::vector<std::string>> labels;  // globs
  std::vector<std::string> licenses;                       // globs
  std::map<std::string, std::vector<ScoreComparison>> scores;
  Comparisons input_price;   // nano-dollars per 1M tokens
  Comparisons output_price;  // nano-dollars per 1M tokens
  std::vector<std::string> supports;
  Comparisons ttft_p95;    // milliseconds
  Comparisons error_rate;  // millionths
};

enum class Prefer : std::uint8_t {
  kOrdered,
  kLowestCost,
  kLowestLatency,
  kHighestQuality,
  kWeighted,
  kBlend
};

// Of `prefer: {cost: 0.6, latency: 0.2, quality: 0.2}`; >= 0, one is > 0.
struct BlendWeights {
  double cost = 0;
  double latency = 0;
  double quality = 0;
};

// What happens when no target meets a route's `require`.
enum class OnNoTarget : std::uint8_t { kReject, kRelax };

struct Route {
  std::string name;
  When when;
  std::vector<TargetReference>
      targets;  // empty: every target of every backend, in the order written
  Require require;
  Prefer prefer = Prefer::kOrdered;
  BlendWeights blend;  // of kBlend
  OnNoTarget on_no_target = OnNoTarget::kReject;
  Place place;
};

// A class of the operator's own: requests for which `when` holds.
struct OwnClass {
  std::string name;
  When when;
  Place place;
};

// A team, where something is to be said about it.
struct Team {
  std::string name;
  Require require;  // holds for each request of the team, whatever the route says
  Place place;
};

// The score that `highest_quality` looks at, by topic.
struct QualityScores {
  std::string code = "humaneval";
  std::string math = "gsm8k";
  std::string general = "mmlu";
};

// What own hardware counts as in `lowest_cost` while a slot is free.
enum class SelfHostedPrice : std::uint8_t { kMarginal, kAmortised };

// What a policy test says about a target's or backend's state; absent means quiet and healthy.
struct TestLoad {
  std::string name;  // a backend, or model@backend
  std::optional<bool> up;
  std::optional<int> in_flight;  // over all replicas
  std::optional<Milliseconds> ttft_p95;
  std::optional<Milliseconds> ttft_median;
  std::optional<std::int64_t> error_rate;  // millionths
  Place place;
};

// One of `tests:`: a request, what it meets, and what is to be decided. Empty texts are not
// expected to be anything.
struct PolicyTest {
  std::string name;     // or "tests[3]"
  std::string request;  // the body as JSON
  std::string endpoint = "chat";
  std::map<std::string, std::string> headers;  // names in lower case
  std::string key;                             // name of a key; empty: none
  std::optional<std::int64_t> time;            // seconds since 1970; absent: a Wednesday, 12:00 UTC
  std::vector<TestLoad> load;
  std::string expect_class;
  std::string expect_topic;
  std::string expect_urgency;
  std::string expect_route;
  std::string expect_target;   // the first of the plan
  std::string expect_refused;  // no_route, no_target, unknown_model, model_not_allowed
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
  Require require;                  // holds whatever the route says, and is never relaxed
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
  std::string access_log = "stdout";     // stdout, stderr, off or a file
  Secret admin_token;                    // for what is not open on an admin address off loopback
  std::vector<std::string> admin_hosts;  // more names that a POST's Host may have; lower case
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
  std::vector<OwnClass> classes;
  QualityScores quality;
  SelfHostedPrice self_hosted_price = SelfHostedPrice::kMarginal;
  std::vector<Route> routes;
  std::optional<TargetReference> baseline;
  std::vector<Key> keys;
  std::vector<Team> teams;
  std::vector<PolicyTest> tests;
};

}  // namespace headgate::config

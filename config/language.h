#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/enum_words.h"
#include "config/failover.h"
#include "config/limits.h"
#include "config/queues.h"
#include "config/supply.h"

namespace headgate::config {

// The policy language: conditions, requirements, preferences, and the routes, classes, teams and
// tests that they stand in. Part of config.h: immutable after loading, safe to share between
// threads.

// The words of the language for what routing finds in a request, in the order of routing's
// enumerations.
inline constexpr std::array<std::string_view, 4> kClasses = {"batch", "latency_critical", "code",
                                                             "general"};
inline constexpr std::array<std::string_view, 3> kTopics = {"general", "code", "math"};
inline constexpr std::array<std::string_view, 3> kUrgencies = {"normal", "latency_critical",
                                                               "batch"};
inline constexpr std::array<std::string_view, 5> kEndpoints = {"chat", "completions", "embeddings",
                                                               "messages", "responses"};

enum class Comparator : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual };
struct Comparison {
  Comparator op = Comparator::kGreaterEqual;
  std::int64_t value = 0;
};

// What a policy compares whole numbers with: prices in nano-dollars per 1M tokens, durations in
// milliseconds, rates in millionths.
using Comparisons = std::vector<Comparison>;  // all must hold

// A comparison with a benchmark score, which may have fractions.
struct ScoreComparison {
  Comparator op = Comparator::kGreaterEqual;
  double value = 0;
};

// A header or metadata entry that a condition looks at. The values are globs: `*` stands for any
// characters, `?` for one, and case does not count. "*" alone means "is present".
struct TextMatch {
  std::string name;  // of a header in lower case
  std::vector<std::string> values;
};

// Hours of a week in a time zone. The end is exclusive. A window whose `from` is after its `to`
// runs over midnight and belongs to the day on which it begins.
struct TimeWindow {
  std::bitset<7> days = std::bitset<7>(0x7f);  // Monday is 0
  int from_minute = 0;                         // of the day, 0..1440
  int to_minute = 24 * 60;
  std::string zone = "UTC";  // an IANA name that the system knows
};

// A condition on a request. Every member that is set must hold; within a list one entry must. An
// empty list sets no condition.
struct When {
  std::vector<std::string> classes;    // of kClasses, or of Config::classes
  std::vector<std::string> topics;     // of kTopics, or of the model
  std::vector<std::string> urgencies;  // of kUrgencies
  std::vector<std::string> models;     // globs over the client's model, after aliases
  std::vector<std::string> endpoints;  // of kEndpoints
  std::vector<std::string> keys;       // globs
  std::vector<std::string> teams;      // globs
  std::vector<TextMatch> headers;
  std::vector<TextMatch> metadata;
  std::optional<bool> stream;
  std::optional<bool> tools;
  std::optional<bool> images;
  Comparisons input_tokens;
  Comparisons max_tokens;  // does not hold for a request without one
  std::vector<TimeWindow> times;
  std::vector<When> all;
  std::vector<When> any;
  std::vector<When> none;  // `not`: none of them holds
  SourceLocation location;
};

struct TargetReference {
  std::string model;
  std::string backend;
  int weight = 1;  // for `prefer: weighted`; >= 0, and > 0 for at least one target
  SourceLocation location;
};

// Hard filters on targets. A missing score, licence or price fails the filter that names it. A
// self-hosted backend has no price and passes `price`. The last two look at live measurements, and
// pass while there are too few samples.
struct Require {
  std::optional<Hosting> hosting;
  std::optional<std::int64_t> min_context;                 // tokens of the context window
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
// kBlend has no word: weights are written instead.
inline constexpr std::array kPreferences = {
    EnumWord<Prefer>{"ordered", Prefer::kOrdered},
    EnumWord<Prefer>{"lowest_cost", Prefer::kLowestCost},
    EnumWord<Prefer>{"lowest_latency", Prefer::kLowestLatency},
    EnumWord<Prefer>{"highest_quality", Prefer::kHighestQuality},
    EnumWord<Prefer>{"weighted", Prefer::kWeighted}};

// Weights of `prefer: {cost: 0.6, latency: 0.2, quality: 0.2}`; >= 0, and at least one > 0.
struct BlendWeights {
  double cost = 0;
  double latency = 0;
  double quality = 0;
};

// What happens when no target meets a route's `require`.
enum class OnNoTarget : std::uint8_t { kReject, kRelax };
inline constexpr std::array kOutcomes = {EnumWord<OnNoTarget>{"reject", OnNoTarget::kReject},
                                         EnumWord<OnNoTarget>{"relax", OnNoTarget::kRelax}};

// What a route does with paid targets whose price is not known.
enum class OnUnpriced : std::uint8_t { kAllow, kReject };
inline constexpr std::array kUnpricedWords = {EnumWord<OnUnpriced>{"allow", OnUnpriced::kAllow},
                                              EnumWord<OnUnpriced>{"reject", OnUnpriced::kReject}};

struct Route {
  std::string name;
  When when;
  std::vector<TargetReference>
      targets;  // empty: every target of every backend, in the order written
  Require require;
  Prefer prefer = Prefer::kOrdered;
  BlendWeights blend;  // of kBlend
  OnNoTarget on_no_target = OnNoTarget::kReject;
  OnUnpriced unpriced = OnUnpriced::kAllow;
  std::vector<WarningKind> allow_warnings;
  RouteTimeouts timeouts;
  Failover failover;
  SourceLocation location;
  std::string path;  // its path in diagnostics: "routes.code"; empty if not loaded from a file
  Spill spill;
  RateLimits limits;
};

// A custom class: requests for which `when` holds.
struct CustomClass {
  std::string name;
  When when;
  SourceLocation location;
  std::string path;  // its path in diagnostics: "classes.checkout"; empty if not loaded from a file
  Band band = Band::kNormal;
  // The time to first token that its requests are to have in a queue; absent: that of its band.
  std::optional<Milliseconds> target_ttft;
};

// A team that has requirements, a share, limits or allowed warnings. Teams of keys need no entry.
struct Team {
  std::string name;
  Require require;  // applies to each request of the team, on every route
  std::vector<WarningKind> allow_warnings;
  SourceLocation location;
  int share = 1;         // its weight among the teams that wait in one band; 1..1000
  RateLimits limits;     // of all keys of the team together
  bool stopped = false;  // no request of the team is served
};

// The score that `highest_quality` ranks by, for each topic.
struct QualityScores {
  std::string code = "humaneval";
  std::string math = "gsm8k";
  std::string general = "mmlu";
};

// What a self-hosted target costs in `lowest_cost` while a slot is free: nothing, or its rent.
enum class SelfHostedPrice : std::uint8_t { kMarginal, kAmortised };
inline constexpr std::array kSelfHostedPrices = {
    EnumWord<SelfHostedPrice>{"marginal", SelfHostedPrice::kMarginal},
    EnumWord<SelfHostedPrice>{"amortised", SelfHostedPrice::kAmortised}};

// The state that a policy test gives a target or backend; absent members mean idle and healthy.
struct TestLoad {
  std::string name;  // a backend, or model@backend
  std::optional<bool> up;
  std::optional<int> in_flight;      // over all replicas; from their slots on, none is free
  std::optional<Milliseconds> wait;  // predicted for a slot
  std::optional<Milliseconds> ttft_p95;
  std::optional<Milliseconds> ttft_median;
  std::optional<std::int64_t> error_rate;  // millionths
  SourceLocation location;
};

// Why a request is outside of the `routes` and `classes` of its key.
inline constexpr std::string_view kRouteNotAllowed = "route_not_allowed";
inline constexpr std::string_view kClassNotAllowed = "class_not_allowed";
// Why no request of a key is served.
inline constexpr std::string_view kKeyStopped = "key_stopped";
inline constexpr std::string_view kTeamStopped = "team_stopped";
// Why a budget has no room for a request, for longer than calls run and until they have ended.
inline constexpr std::string_view kInsufficientQuota = "insufficient_quota";
inline constexpr std::string_view kRateLimitExceeded = "rate_limit_exceeded";
// Why a policy test may expect a request to be refused.
inline constexpr std::array<std::string_view, 10> kRefusals = {
    "no_route",       "no_target",      "unknown_model", "model_not_allowed", "queue_full",
    kRouteNotAllowed, kClassNotAllowed, kKeyStopped,     kTeamStopped,        kInsufficientQuota};

// One of `tests:`: a request, the state of the backends, and the decision expected. An empty text
// expects nothing.
struct PolicyTest {
  std::string name;     // or "tests[3]"
  std::string request;  // the body as JSON
  std::string endpoint = "chat";
  std::map<std::string, std::string> headers;  // names in lower case
  std::string key;                             // name of a key; empty: none
  std::optional<std::int64_t> time;            // seconds since 1970; absent: a Wednesday, 12:00 UTC
  std::vector<TestLoad> load;
  std::map<std::string, NanoUsd> spent;  // of budgets, by name; absent: nothing
  std::string expect_class;
  std::string expect_topic;
  std::string expect_urgency;
  std::string expect_route;
  std::string expect_target;   // the first target of the plan whose queue it would not be late in
  std::string expect_refused;  // of kRefusals
  SourceLocation location;
  std::string path;  // its path in diagnostics: "tests[3]"; empty if not loaded from a file
};

}  // namespace headgate::config

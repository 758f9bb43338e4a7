#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "backends/upstream/upstream_error.h"
#include "gateway/metrics/cells.h"
#include "gateway/metrics/labels.h"
#include "gateway/metrics/registry.h"
#include "policy/money/cost.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

// The families that workers count; registry.h says how they become metrics, shard.h lists them.

// How a request ended: the `outcome` label.
enum class RequestOutcome : std::uint8_t {
  kOk,
  kClientError,
  kRefused,
  kUpstreamError,
  kCut,
  kClientGone
};
inline constexpr std::array<std::string_view, 6> kRequestOutcomeNames = {
    "ok", "client_error", "refused", "upstream_error", "cut", "client_gone"};

// The `kind` label of headgate_tokens_total.
enum class TokenKind : std::uint8_t { kInput, kCachedInput, kCacheWrite, kOutput, kReasoning };
inline constexpr std::array<std::string_view, 5> kTokenKindNames = {
    "input", "cached_input", "cache_write", "output", "reasoning"};

// By policy::UsageStatus.
inline constexpr std::array<std::string_view, 3> kUsageStatusNames = {"exact", "estimated",
                                                                      "unpriced"};

// Why a request was refused before any backend saw it.
enum class Rejection : std::uint8_t {
  kBadHead,
  kTimeout,
  kAuth,
  kNotFound,
  kBadBody,
  kTooLarge,
  kModel,
  kNoRoute,
  kNoTarget,
  kConnections,
  kOrigin,        // another Host, or a web page of another origin
  kQueueFull,     // all slots are busy, and as many requests wait as may
  kShed,          // it made room in a queue for a more urgent request
  kMaxWait,       // batch has waited for `batch.max_wait`
  kWaitTooLong,   // by its predicted wait, its time would have been over before it got a slot
  kQueueTimeout,  // the time of the request was over before it got a slot
  kDraining,      // a drain ended it before a backend was asked
  kLedger,        // its cost could not be written down
  kRateLimit,     // of its key, team or route
  kBudget,
  kNotAllowed  // its key may not use its route or class
};
inline constexpr std::array<std::string_view, 21> kRejectionNames = {
    "bad_head",   "timeout",  "auth",          "not_found",     "bad_body", "too_large",
    "model",      "no_route", "no_target",     "connections",   "origin",   "queue_full",
    "shed",       "max_wait", "wait_too_long", "queue_timeout", "draining", "ledger",
    "rate_limit", "budget",   "not_allowed"};

// Whose first token came first when a request was hedged: the `winner` label.
enum class HedgeWinner : std::uint8_t { kFirst, kHedge, kNone };
inline constexpr std::array<std::string_view, 3> kHedgeWinnerNames = {"first", "hedge", "none"};

// What became of answers that broke, on routes that resume: the `result` label.
enum class ResumeResult : std::uint8_t {
  kResumed,      // another attempt went on with it
  kFailed,       // the attempt that was asked for the rest failed
  kNotResumable  // nobody was asked: the log says why
};
inline constexpr std::array<std::string_view, 3> kResumeResultNames = {"resumed", "failed",
                                                                       "not_resumable"};

// Seconds. A quantile is interpolated inside a bucket. In the worst case, if the whole bucket is at
// its lower end, it is wrong by the bucket's width. Bounds are therefore at most x1.3 apart, nine
// to a power of ten, where latencies are judged: first tokens from 0.1 s to 6 s, answers from 0.6 s
// to 28 s. Elsewhere they are at most x1.6 apart. Finer bounds would not fit under the cap on
// series: tests/gateway/metrics/histogram_test.cc has the sum.
inline constexpr std::array kDurationBounds = {0.016, 0.025, 0.04,  0.063, 0.1,   0.16, 0.25, 0.4,
                                               0.6,   0.774, 1.0,   1.29,  1.67,  2.15, 2.78, 3.59,
                                               4.64,  6.0,   7.74,  10.0,  12.9,  16.7, 21.5, 27.8,
                                               44.0,  70.0,  112.0, 178.0, 284.0, 450.0};
inline constexpr std::array kFirstTokenBounds = {
    0.025, 0.04, 0.063, 0.1,  0.129, 0.167, 0.215, 0.278, 0.359, 0.464, 0.6,  0.774, 1.0,
    1.29,  1.67, 2.15,  2.78, 3.59,  4.64,  6.0,   9.5,   15.0,  24.0,  38.0, 60.0};
inline constexpr std::array kPerTokenBounds = {
    0.001,  0.0016, 0.0025, 0.00359, 0.00464, 0.006, 0.00774, 0.01,  0.0129, 0.0167, 0.0215, 0.0278,
    0.0359, 0.0464, 0.06,   0.0774,  0.1,     0.158, 0.25,    0.398, 0.63,   1.0,    1.58,   2.5};
inline constexpr std::array kOverheadBounds = {
    0.00001, 0.0000129, 0.0000167, 0.0000215, 0.0000278, 0.0000359, 0.0000464, 0.00006, 0.0000774,
    0.0001,  0.000129,  0.000167,  0.000215,  0.000278,  0.000359,  0.000464,  0.0006,  0.000774,
    0.001,   0.00129,   0.00167,   0.00215,   0.00278,   0.00359,   0.00464,   0.006,   0.00774,
    0.01,    0.0158,    0.0251,    0.0398,    0.0631,    0.1};

struct RouteLabel : ConfiguredLabel {
  static constexpr std::string_view kName = "route";
};
struct ClassLabel : ConfiguredLabel {
  static constexpr std::string_view kName = "class";
};
struct TargetLabel : ConfiguredLabel {
  static constexpr std::string_view kName = "target";
};
struct TeamLabel : ConfiguredLabel {
  static constexpr std::string_view kName = "team";
};
struct OutcomeLabel : NamedLabel<RequestOutcome, kRequestOutcomeNames> {
  static constexpr std::string_view kName = "outcome";
};
struct TokenKindLabel : NamedLabel<TokenKind, kTokenKindNames> {
  static constexpr std::string_view kName = "kind";
};
struct UsageStatusLabel : NamedLabel<policy::UsageStatus, kUsageStatusNames> {
  static constexpr std::string_view kName = "status";
};
struct RejectionLabel : NamedLabel<Rejection, kRejectionNames> {
  static constexpr std::string_view kName = "reason";
};
struct EndpointLabel : NamedLabel<routing::Endpoint, routing::kEndpointNames> {
  static constexpr std::string_view kName = "endpoint";
};
struct TopicLabel : ConfiguredLabel {
  static constexpr std::string_view kName = "topic";
};
struct ClassReasonLabel : NamedLabel<routing::Reason, routing::kReasonNames> {
  static constexpr std::string_view kName = "reason";
};
using TopicReasonLabel = ClassReasonLabel;
struct AttemptResultLabel : FixedLabel<backends::AttemptResult, backends::kAttemptResultCount> {
  static constexpr std::string_view kName = "result";
  static std::string_view Text(backends::AttemptResult result) {
    return backends::ToString(result);
  }
};
struct FallbackReasonLabel : AttemptResultLabel {
  static constexpr std::string_view kName = "reason";
};

struct HedgeWinnerLabel : NamedLabel<HedgeWinner, kHedgeWinnerNames> {
  static constexpr std::string_view kName = "winner";
};
struct ResumeResultLabel : NamedLabel<ResumeResult, kResumeResultNames> {
  static constexpr std::string_view kName = "result";
};

using ByRouteClassTarget = Labels<RouteLabel, ClassLabel, TargetLabel>;

struct RequestsTotal : Per<OutcomeLabel, Counter> {
  static constexpr std::string_view kName = "headgate_requests_total";
  static constexpr std::string_view kHelp = "Requests, by how they ended.";
  static constexpr bool ShowsZero(RequestOutcome) { return false; }
};

struct TokensTotal : Per<TokenKindLabel, Counter> {
  static constexpr std::string_view kName = "headgate_tokens_total";
  static constexpr std::string_view kHelp =
      "Tokens. input includes cached_input and cache_write; output includes reasoning.";
  // Target `none` means that no backend was called, and nothing was spent.
  static bool AddLabels(std::uint64_t key, const ScrapeContext& context, SeriesLabels&) {
    return context.hosting.contains(ByRouteClassTarget::At<TargetLabel>(key));
  }
};

struct CostTotal : UsdCounter {
  static constexpr std::string_view kName = "headgate_cost_usd_total";
  static constexpr std::string_view kHelp =
      "What requests cost: paid tokens plus the rent allocated to them.";
  static bool AddLabels(std::uint64_t key, const ScrapeContext& context, SeriesLabels& labels) {
    const auto hosting = context.hosting.find(ByRouteClassTarget::At<TargetLabel>(key));
    if (hosting == context.hosting.end()) return false;  // as TokensTotal
    const bool own = hosting->second == config::Hosting::kSelfHosted;
    labels.push_back({"hosting", own ? "self_hosted" : "paid_api"});
    return true;
  }
};

struct RequestDuration : DurationHistogram<kDurationBounds> {
  static constexpr std::string_view kName = "headgate_request_duration_seconds";
  static constexpr std::string_view kHelp = "From a request's first byte to its answer's last.";
};

struct TimeToFirstToken : DurationHistogram<kFirstTokenBounds> {
  static constexpr std::string_view kName = "headgate_time_to_first_token_seconds";
  static constexpr std::string_view kHelp =
      "From a request's first byte to the first token of a streamed answer.";
};

struct TimePerOutputToken : DurationHistogram<kPerTokenBounds> {
  static constexpr std::string_view kName = "headgate_time_per_output_token_seconds";
  static constexpr std::string_view kHelp =
      "Time between tokens of a stream, averaged over each answer.";
};

struct AttemptsTotal : Per<AttemptResultLabel, Counter> {
  static constexpr std::string_view kName = "headgate_attempts_total";
  static constexpr std::string_view kHelp = "Calls to backends, by how they ended.";
  // Shows `ok` from the start, so that rate() sees the first failure's denominator.
  static constexpr bool ShowsZero(backends::AttemptResult result) {
    return result == backends::AttemptResult::kOk;
  }
};

struct FallbacksTotal : Counter {
  static constexpr std::string_view kName = "headgate_fallbacks_total";
  static constexpr std::string_view kHelp =
      "Moves to the next target of a plan, by what went wrong before.";
};

struct HedgesTotal : Per<HedgeWinnerLabel, Counter> {
  static constexpr std::string_view kName = "headgate_hedges_total";
  static constexpr std::string_view kHelp =
      "Requests that had a second attempt beside the first, by whose first token came first.";
  static bool ShowsZero(HedgeWinner) { return false; }
};

struct ResumesTotal : Per<ResumeResultLabel, Counter> {
  static constexpr std::string_view kName = "headgate_resumes_total";
  static constexpr std::string_view kHelp =
      "Answers that broke on routes with `resume`, by what became of them.";
  static bool ShowsZero(ResumeResult) { return false; }
};

struct EventsLeftOutTotal : Counter {
  static constexpr std::string_view kName = "headgate_stream_events_left_out_total";
  static constexpr std::string_view kHelp =
      "Events of streams that were left out because they were not in the form of their protocol.";
};

struct BaselineCostTotal : UsdCounter {
  static constexpr std::string_view kName = "headgate_baseline_cost_usd_total";
  static constexpr std::string_view kHelp =
      "What the same tokens would have cost at the configured baseline.";
};

struct TeamCostTotal : UsdCounter {
  static constexpr std::string_view kName = "headgate_team_cost_usd_total";
  static constexpr std::string_view kHelp = "What each team's requests cost.";
};

struct TeamTokensTotal : Counter {
  static constexpr std::string_view kName = "headgate_team_tokens_total";
  static constexpr std::string_view kHelp =
      "Tokens of each team's requests, input and output, failed attempts too.";
};

struct Overhead : Per<EndpointLabel, DurationHistogram<kOverheadBounds>> {
  static constexpr std::string_view kName = "headgate_overhead_seconds";
  static constexpr std::string_view kHelp = "Time spent in the gateway itself.";
};

struct UsageStatusTotal : Per<UsageStatusLabel, Counter> {
  static constexpr std::string_view kName = "headgate_usage_status_total";
  static constexpr std::string_view kHelp =
      "Requests by how certain their cost is; unpriced: the catalogue lacks the model's price.";
};

struct RejectedTotal : Per<RejectionLabel, Counter> {
  static constexpr std::string_view kName = "headgate_rejected_total";
  static constexpr std::string_view kHelp =
      "Requests that were refused without an answer of a backend.";
};

struct ClassifiedTotal : Counter {
  static constexpr std::string_view kName = "headgate_classified_total";
  static constexpr std::string_view kHelp = "Requests by class and what decided it.";
};

struct TopicsTotal : Counter {
  static constexpr std::string_view kName = "headgate_topics_total";
  static constexpr std::string_view kHelp = "Requests by topic and what decided it.";
};

struct InFlightRequests : Gauge {
  static constexpr std::string_view kName = "headgate_in_flight_requests";
  static constexpr std::string_view kHelp = "Requests that are running now.";
};

struct ClientConnections : Gauge {
  static constexpr std::string_view kName = "headgate_client_connections";
  static constexpr std::string_view kHelp = "Open client connections.";
};

}  // namespace headgate::gateway

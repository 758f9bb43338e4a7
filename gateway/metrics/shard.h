#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "backends/upstream_error.h"
#include "config/base/mutex.h"
#include "gateway/metrics/cells.h"
#include "gateway/metrics/labels.h"
#include "routing/classifier.h"
#include "routing/signals.h"

namespace headgate::gateway {

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

inline constexpr std::array<std::string_view, 3> kUsageStatusNames = {"exact", "estimated",
                                                                      "unpriced"};

// Why a request was turned away before any backend saw it.
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
  kDraining,
  kOrigin  // another Host, or a web page of another origin
};
inline constexpr std::array<std::string_view, 12> kRejectionNames = {
    "bad_head", "timeout",  "auth",      "not_found",   "bad_body", "too_large",
    "model",    "no_route", "no_target", "connections", "draining", "origin"};

// Seconds. The OpenTelemetry GenAI boundaries (semantic conventions 1.37, gen_ai.client.operation
// .duration and gen_ai.server.*), with three buckets more, because an answer may take 10 minutes.
inline constexpr std::array kDurationBounds = {0.01,  0.02,  0.04,   0.08,   0.16,  0.32,
                                               0.64,  1.28,  2.56,   5.12,   10.24, 20.48,
                                               40.96, 81.92, 163.84, 327.68, 655.36};
inline constexpr std::array kFirstTokenBounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06,
                                                 0.08,  0.1,   0.25, 0.5,  0.75, 1.0,
                                                 2.5,   5.0,   7.5,  10.0, 20.0, 40.0};
inline constexpr std::array kPerTokenBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
                                               0.15,  0.2,    0.3,   0.4,  0.5,   0.75, 1.0,   2.5};
inline constexpr std::array kOverheadBounds = {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                                               0.001,   0.0025,   0.005,   0.01,   0.025,   0.1};

struct RouteCell {  // route, class, target
  std::array<Tally, kRequestOutcomeNames.size()> requests;
  std::array<Tally, kTokenKindNames.size()> tokens;
  Tally cost;  // nano-dollars
};
struct LatencyCell {  // class, target
  DurationHistogram<kDurationBounds> duration;
  DurationHistogram<kFirstTokenBounds> first_token;
};
struct TargetCell {  // target
  DurationHistogram<kPerTokenBounds> per_output_token;
  std::array<Tally, backends::kAttemptResultCount> attempts;
};
struct BaselineCell {  // route, class
  Tally cost;
};
struct TeamCell {  // team, class
  Tally cost;
};
struct ClassifiedCell {  // class, reason (a routing::Reason)
  Tally count;
};
struct FallbackCell {  // route, reason (an AttemptResult)
  Tally count;
};

// One hard cap on the number of cells in all shards together, so that no configuration can grow a
// scrape without bound. Thread-safe.
class SeriesCap {
 public:
  explicit SeriesCap(std::size_t most) : most_(most) {}
  // The key itself, or the one with every label `other` when the cap is reached.
  std::uint64_t Admit(int map, std::uint64_t key) EXCLUDES_LOCK(mutex_);
  // Makes room: what has one of these labels (by LabelId) is not counted any more.
  void Forget(const std::vector<bool>& labels) EXCLUDES_LOCK(mutex_);
  std::int64_t folded() const { return folded_.load(std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::int64_t> folded_{0};
  Mutex mutex_;
  absl::flat_hash_set<std::pair<int, std::uint64_t>> seen_ GUARDED_BY(mutex_);
};

// The metrics of one worker. Only that worker writes; the scrape reads at any time.
class MetricShard {
 public:
  explicit MetricShard(SeriesCap& cap) : cap_(cap) {}

  RouteCell& Route(LabelId route, LabelId request_class, LabelId target) {
    return routes_.At(PackLabels(route, request_class, target), Admission{cap_, 0});
  }
  LatencyCell& Latency(LabelId request_class, LabelId target) {
    return latencies_.At(PackLabels(request_class, target), Admission{cap_, 1});
  }
  TargetCell& Target(LabelId target) { return targets_.At(PackLabels(target), Admission{cap_, 2}); }
  BaselineCell& Baseline(LabelId route, LabelId request_class) {
    return baselines_.At(PackLabels(route, request_class), Admission{cap_, 3});
  }
  TeamCell& Team(LabelId team, LabelId request_class) {
    return teams_.At(PackLabels(team, request_class), Admission{cap_, 4});
  }
  FallbackCell& Fallback(LabelId route, backends::AttemptResult reason) {
    return fallbacks_.At(PackLabels(route, static_cast<LabelId>(reason)), Admission{cap_, 5});
  }

  ClassifiedCell& Classified(LabelId request_class, routing::Reason reason) {
    return classified_.At(PackLabels(request_class, static_cast<LabelId>(reason)),
                          Admission{cap_, 6});
  }

  // Drops the cells that have one of these labels (by LabelId). For the shard's worker.
  void Forget(const std::vector<bool>& labels);

  // Dense: their labels are fixed by the code.
  std::array<DurationHistogram<kOverheadBounds>, routing::kEndpointCount> overhead;
  std::array<Tally, kUsageStatusNames.size()> usage_status;
  std::array<Tally, kRejectionNames.size()> rejected;
  Tally in_flight;
  Tally connections;

 private:
  friend class Exposition;
  template <typename Cell>
  static void Forget(int map, const std::vector<bool>& labels, CellMap<Cell>& cells);
  struct Admission {
    SeriesCap& cap;
    int map;
    std::uint64_t operator()(std::uint64_t key) const { return cap.Admit(map, key); }
  };

  SeriesCap& cap_;
  CellMap<RouteCell> routes_;
  CellMap<LatencyCell> latencies_;
  CellMap<TargetCell> targets_;
  CellMap<BaselineCell> baselines_;
  CellMap<TeamCell> teams_;
  CellMap<FallbackCell> fallbacks_;
  CellMap<ClassifiedCell> classified_;
};

}  // namespace headgate::gateway

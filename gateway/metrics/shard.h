#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "backends/upstream/upstream_error.h"
#include "config/base/mutex.h"
#include "gateway/metrics/cells.h"
#include "gateway/metrics/labels.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

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
  kOrigin  // another Host, or a web page of another origin
};
inline constexpr std::array<std::string_view, 11> kRejectionNames = {
    "bad_head", "timeout",  "auth",      "not_found",   "bad_body", "too_large",
    "model",    "no_route", "no_target", "connections", "origin"};

// Seconds. A quantile is interpolated inside a bucket, so that in the worst case, all of the bucket
// at its lower end, it is wrong by the bucket's width. Where latencies are judged (first tokens
// from 0.1 s to 6 s, answers from 0.6 s to 28 s) bounds are therefore at most x1.3 apart, nine to a
// power of ten, and elsewhere at most x1.6. Finer ones would not fit under the cap on series:
// tests/gateway/histogram_test.cc has the sum.
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

struct RouteCell {  // route, class, target
  std::array<Tally, kRequestOutcomeNames.size()> requests;
  std::array<Tally, kTokenKindNames.size()> tokens;
  Tally cost;  // nano-dollars
  static constexpr std::size_t kSeries = kRequestOutcomeNames.size() + kTokenKindNames.size() + 1;
};
struct LatencyCell {  // class, target
  DurationHistogram<kDurationBounds> duration;
  DurationHistogram<kFirstTokenBounds> first_token;
  static constexpr std::size_t kSeries =
      decltype(duration)::kSeries + decltype(first_token)::kSeries;
};
struct TargetCell {  // target
  DurationHistogram<kPerTokenBounds> per_output_token;
  std::array<Tally, backends::kAttemptResultCount> attempts;
  static constexpr std::size_t kSeries =
      decltype(per_output_token)::kSeries + backends::kAttemptResultCount;
};
struct BaselineCell {  // route, class
  Tally cost;
  static constexpr std::size_t kSeries = 1;
};
struct TeamCell {  // team, class
  Tally cost;
  static constexpr std::size_t kSeries = 1;
};
struct ClassifiedCell {  // class, reason (a routing::Reason)
  Tally count;
  static constexpr std::size_t kSeries = 1;
};
struct FallbackCell {  // route, reason (an AttemptResult)
  Tally count;
  static constexpr std::size_t kSeries = 1;
};

// Of one gateway, unless it is said otherwise.
inline constexpr std::size_t kMostSeries = 10'000;

// One hard cap on the series of all cells in all shards together, so that no configuration can grow
// a scrape without bound. A cell counts as all the series that it may become (kSeries), whether or
// not they are 0 and left out. The series that say `other` are not counted. Thread-safe.
class SeriesCap {
 public:
  explicit SeriesCap(std::size_t most) : most_(most) {}
  // The key itself, or the one with every label `other` when the cap is reached.
  std::uint64_t Admit(int map, std::uint64_t key) EXCLUDES_LOCK(mutex_);
  // Makes room: what has one of these labels (by LabelId) is not counted any more.
  void Forget(const std::vector<bool>& labels) EXCLUDES_LOCK(mutex_);
  std::int64_t folded() const { return folded_.load(std::memory_order_relaxed); }
  std::size_t series() const EXCLUDES_LOCK(mutex_);

 private:
  const std::size_t most_;
  std::atomic<std::int64_t> folded_{0};
  mutable Mutex mutex_;
  absl::flat_hash_set<std::pair<int, std::uint64_t>> seen_ GUARDED_BY(mutex_);
  std::size_t series_ GUARDED_BY(mutex_) = 0;
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

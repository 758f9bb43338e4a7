#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/metrics/families.h"

namespace headgate::gateway {

// The families that workers count about full self-hosted backends: waiting, spilling, moving aside.
// What the queues hold at this moment belongs to no worker
// (gateway/admin/families/queue_families.h).

// Why a request left a full target for the next one: the `why` label.
enum class SpillReason : std::uint8_t {
  kDecided,   // its predicted wait was over the route's limit
  kWaited,    // no slot became free within the route's limit
  kFullQueue  // the queue was full, and no request of a lower band could be shed
};
inline constexpr std::array<std::string_view, 3> kSpillReasonNames = {"decided", "waited",
                                                                      "full_queue"};

// Seconds, from 1 ms to 1 h: at most x1.6 apart from 0.1 s to 63 s, where waits are judged, and
// coarse elsewhere, because finer bounds would not fit under the cap on series
// (tests/gateway/metrics/histogram_test.cc). The first bucket has the requests that got a slot at
// once, which are counted as 0.
inline constexpr std::array kQueueWaitBounds = {0.001, 0.01, 0.04, 0.1,  0.16,  0.25,  0.4,
                                                0.63,  1.0,  1.6,  2.5,  4.0,   6.3,   10.0,
                                                16.0,  25.0, 40.0, 63.0, 160.0, 600.0, 3600.0};

struct SpillReasonLabel : NamedLabel<SpillReason, kSpillReasonNames> {
  static constexpr std::string_view kName = "why";
};

// Waits that ended without a slot count as well: without them the quantiles would be those of the
// lucky requests.
struct QueueWait : DurationHistogram<kQueueWaitBounds> {
  static constexpr std::string_view kName = "headgate_queue_wait_seconds";
  static constexpr std::string_view kHelp =
      "Time of a request in the queues of self-hosted backends, whether it got a slot or not; "
      "0 if a slot was free.";
};

struct TeamQueueSeconds : SecondsCounter {
  static constexpr std::string_view kName = "headgate_team_queue_seconds_total";
  static constexpr std::string_view kHelp =
      "Time that each team's requests spent in the queues of self-hosted backends. Its rate is the "
      "mean number of them that wait.";
};

struct TeamSlotSeconds : SecondsCounter {
  static constexpr std::string_view kName = "headgate_team_slot_seconds_total";
  static constexpr std::string_view kHelp =
      "Time for which each team's requests held slots of self-hosted backends, which its `share` "
      "divides. Its rate is the mean number of slots that it holds.";
};

struct SpilledTotal : Per<SpillReasonLabel, Counter> {
  static constexpr std::string_view kName = "headgate_spilled_total";
  static constexpr std::string_view kHelp =
      "Targets that requests left because all slots were busy, by why.";
  static bool ShowsZero(SpillReason) { return false; }
};

struct SpilledCostTotal : UsdCounter {
  static constexpr std::string_view kName = "headgate_spilled_cost_usd_total";
  static constexpr std::string_view kHelp =
      "What requests that left a full target cost at the other targets.";
};

struct MovedAsideTotal : Counter {
  static constexpr std::string_view kName = "headgate_moved_aside_total";
  static constexpr std::string_view kHelp =
      "Batch attempts that gave their slot to latency-critical work and were queued again.";
};

struct MovedAsideCostTotal : UsdCounter {
  static constexpr std::string_view kName = "headgate_moved_aside_cost_usd_total";
  static constexpr std::string_view kHelp = "What the attempts that were moved aside cost.";
};

}  // namespace headgate::gateway

#pragma once

#include "gateway/metrics/families.h"
#include "gateway/metrics/registry.h"
#include "gateway/metrics/waiting_families.h"

namespace headgate::gateway {

// The metrics of one worker. Only that worker writes; the scrape reads at any time. Families that
// are counted together share their cells, so that a request looks few of them up.
class MetricShard : public MetricRegistry {
 public:
  using MetricRegistry::MetricRegistry;

  Labelled<ByRouteClassTarget, RequestsTotal, TokensTotal, CostTotal> requests{*this};
  Labelled<Labels<ClassLabel, TargetLabel>, RequestDuration, TimeToFirstToken> latencies{*this};
  Labelled<Labels<TargetLabel>, TimePerOutputToken, AttemptsTotal> targets{*this};
  Labelled<Labels<RouteLabel, FallbackReasonLabel>, FallbacksTotal> fallbacks{*this};
  Labelled<Labels<RouteLabel>, HedgesTotal, ResumesTotal> failovers{*this};
  Labelled<Labels<ClassLabel>, QueueWait> queue_waits{*this};
  Labelled<Labels<TeamLabel>, TeamQueueSeconds, TeamSlotSeconds> team_slots{*this};
  Labelled<Labels<RouteLabel, TargetLabel>, SpilledTotal> spilled{*this};
  Labelled<Labels<RouteLabel>, SpilledCostTotal> spilled_costs{*this};
  Labelled<Labels<TargetLabel>, MovedAsideTotal, MovedAsideCostTotal> moved_aside{*this};
  Labelled<Labels<TargetLabel>, EventsLeftOutTotal> left_out{*this};
  Labelled<Labels<RouteLabel, ClassLabel>, BaselineCostTotal> baseline_costs{*this};
  Labelled<Labels<TeamLabel, ClassLabel>, TeamCostTotal, TeamTokensTotal> teams{*this};
  Fixed<Overhead> overhead{*this};
  Fixed<UsageStatusTotal> usage_status{*this};
  Fixed<RejectedTotal> rejected{*this};
  Labelled<Labels<ClassLabel, ClassReasonLabel>, ClassifiedTotal> classified{*this};
  Labelled<Labels<TopicLabel, TopicReasonLabel>, TopicsTotal> topics{*this};
  Fixed<InFlightRequests> in_flight{*this};
  Fixed<ClientConnections> connections{*this};
};

}  // namespace headgate::gateway

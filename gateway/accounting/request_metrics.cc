#include "gateway/accounting/request_metrics.h"

namespace headgate::gateway {
namespace {

LabelId RouteLabelOf(const RequestAccount& record) {
  return record.route ? record.snapshot->route_labels[*record.route] : LabelTable::kNone;
}

LabelId ClassLabelOf(const RequestAccount& record) {
  if (!record.classification) return LabelTable::kNone;
  return record.snapshot
      ->class_labels[static_cast<std::size_t>(record.classification->request_class)];
}

void BookTokens(const policy::Usage& usage, TokensTotal& tokens) {
  tokens[TokenKind::kInput].Add(usage.input);
  tokens[TokenKind::kCachedInput].Add(usage.cached_input);
  tokens[TokenKind::kCacheWrite].Add(usage.cache_write);
  tokens[TokenKind::kOutput].Add(usage.output);
  tokens[TokenKind::kReasoning].Add(usage.reasoning);
}

std::int64_t TokensOf(const RequestAccount& record) {
  std::int64_t tokens = 0;
  for (const AttemptAccount& attempt : record.attempts) {
    tokens += attempt.usage.input + attempt.usage.output;
  }
  return tokens;
}

// A hedge and the rest of an answer are no fallbacks: they have counters of their own.
void BookFailover(const RequestAccount& record, MetricShard& shard) {
  const LabelId route = RouteLabelOf(record);
  if (record.Hedged()) {
    const HedgeWinner winner = !record.committed                          ? HedgeWinner::kNone
                               : record.attempts[*record.committed].hedge ? HedgeWinner::kHedge
                                                                          : HedgeWinner::kFirst;
    shard.failovers.Cell(route).Of<HedgesTotal>()[winner].Add(1);
  }
  for (const AttemptAccount& attempt : record.attempts) {
    if (!attempt.rest) continue;
    const ResumeResult result = attempt.resumed ? ResumeResult::kResumed : ResumeResult::kFailed;
    shard.failovers.Cell(route).Of<ResumesTotal>()[result].Add(1);
  }
  if (record.not_resumed.empty()) return;
  shard.failovers.Cell(route).Of<ResumesTotal>()[ResumeResult::kNotResumable].Add(1);
}

// What full backends did to the request: it waited, left for another target, gave its slot back.
void BookQueues(const RequestAccount& record, MetricShard& shard) {
  bool had_slot = false;
  std::chrono::nanoseconds in_slots{0};
  for (const AttemptAccount& attempt : record.attempts) {
    const Snapshot& snapshot = *record.snapshot;
    if (snapshot.policy->targets()[attempt.target].hosting == config::Hosting::kSelfHosted) {
      had_slot = true;
      in_slots += attempt.ended - attempt.started;
    }
    if (!record.spilled.empty() && !record.HasSpilledFrom(attempt.target)) {
      shard.spilled_costs.Cell(RouteLabelOf(record)).Add(attempt.cost);
    }
    if (attempt.result != backends::AttemptResult::kMovedAside) continue;
    auto& cell = shard.moved_aside.Cell(snapshot.target_labels[attempt.target]);
    cell.Of<MovedAsideTotal>().Add(1);
    cell.Of<MovedAsideCostTotal>().Add(attempt.cost);
  }
  if (had_slot || record.queued.count() > 0) {
    shard.queue_waits.Cell(ClassLabelOf(record)).Observe(record.queued);
    if (record.key) {
      auto& team = shard.team_slots.Cell(record.snapshot->team_labels[*record.key]);
      team.Of<TeamQueueSeconds>().Add(record.queued.count());
      team.Of<TeamSlotSeconds>().Add(in_slots.count());
    }
  }
  for (const SpilledFrom& left : record.spilled) {
    const LabelId target = record.snapshot->target_labels[left.target];
    shard.spilled.Cell(RouteLabelOf(record), target)[left.why].Add(1);
  }
}

// A failed attempt's cost belongs to the target that caused it, so each attempt is booked
// separately. Only the request is counted once.
void BookAttempts(const RequestAccount& record, MetricShard& shard) {
  const LabelId route = RouteLabelOf(record);
  const LabelId request_class = ClassLabelOf(record);
  std::optional<std::size_t> previous;  // neither a hedge nor asked for a rest
  for (std::size_t i = 0; i < record.attempts.size(); ++i) {
    const AttemptAccount& attempt = record.attempts[i];
    const LabelId target = record.snapshot->target_labels[attempt.target];
    shard.targets.Cell(target).Of<AttemptsTotal>()[attempt.result].Add(1);
    if (attempt.left_out > 0) shard.left_out.Cell(target).Add(attempt.left_out);
    if (!attempt.hedge && !attempt.rest) {
      if (previous && record.attempts[*previous].target != attempt.target) {
        shard.fallbacks.Cell(route, record.attempts[*previous].result).Add(1);
      }
      previous = i;
    }
    if (!attempt.Billable()) continue;
    auto& cell = shard.requests.Cell(route, request_class, target);
    BookTokens(attempt.usage, cell.Of<TokensTotal>());
    cell.Of<CostTotal>().Add(attempt.cost);
    shard.usage_status[attempt.usage_status].Add(1);
  }
}

void BookCommitted(const RequestAccount& record, MetricShard& shard) {
  const AttemptAccount& attempt = record.attempts[*record.committed];
  const LabelId target = record.snapshot->target_labels[attempt.target];
  const LabelId request_class = ClassLabelOf(record);
  auto& latency = shard.latencies.Cell(request_class, target);
  latency.Of<RequestDuration>().Observe(record.ended - record.started);
  if (record.first_token != TimePoint{}) {
    latency.Of<TimeToFirstToken>().Observe(record.first_token - record.started);
    if (attempt.usage.output > 1 && attempt.result == backends::AttemptResult::kOk &&
        attempt.first_token != TimePoint{}) {
      shard.targets.Cell(target).Of<TimePerOutputToken>().Observe(
          (attempt.ended - attempt.first_token) / (attempt.usage.output - 1));
    }
  }
  const routing::CompiledPolicy& policy = *record.snapshot->policy;
  if (!policy.baseline()) return;
  const std::optional<config::Prices>& prices = policy.targets()[*policy.baseline()].prices;
  if (!prices) return;
  shard.baseline_costs.Cell(RouteLabelOf(record), request_class)
      .Add(policy::CostOf(*prices, record.UsageOfAnswer(), policy::ServiceTier::kStandard,
                          record.UnixSecondsAt(record.ended)));
}

}  // namespace

void BookMetrics(const RequestAccount& record, MetricShard& shard) {
  if (record.rejection) shard.rejected[*record.rejection].Add(1);
  if (!record.proxied) return;
  const LabelId request_class = ClassLabelOf(record);
  const LabelId target =
      record.committed ? record.snapshot->target_labels[record.attempts[*record.committed].target]
                       : LabelTable::kNone;
  shard.requests.Cell(RouteLabelOf(record), request_class, target)
      .Of<RequestsTotal>()[record.outcome]
      .Add(1);
  if (record.classification) {
    const routing::Classification& c = *record.classification;
    shard.classified.Cell(request_class, c.class_reason).Add(1);
    const LabelId topic = record.snapshot->topic_labels[static_cast<std::size_t>(c.topic)];
    shard.topics.Cell(topic, c.topic_reason).Add(1);
  }
  BookAttempts(record, shard);
  BookFailover(record, shard);
  BookQueues(record, shard);
  if (record.key) {
    auto& team = shard.teams.Cell(record.snapshot->team_labels[*record.key], request_class);
    team.Of<TeamCostTotal>().Add(record.TotalCost());
    team.Of<TeamTokensTotal>().Add(TokensOf(record));
  }
  if (record.committed) {
    BookCommitted(record, shard);
    shard.overhead[*record.proxied].Observe(record.overhead);
  }
}

}  // namespace headgate::gateway

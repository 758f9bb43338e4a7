#include "gateway/accounting/request_metrics.h"

namespace headgate::gateway {
namespace {

LabelId RouteLabel(const RequestAccount& record) {
  return record.route ? record.snapshot->route_labels[*record.route] : LabelTable::kNone;
}

LabelId ClassLabel(const RequestAccount& record) {
  if (!record.classification) return LabelTable::kNone;
  return record.snapshot
      ->class_labels[static_cast<std::size_t>(record.classification->request_class)];
}

void BookTokens(const policy::Usage& usage, RouteCell& cell) {
  const auto add = [&cell](TokenKind kind, std::int64_t n) {
    cell.tokens[static_cast<std::size_t>(kind)].Add(n);
  };
  add(TokenKind::kInput, usage.input);
  add(TokenKind::kCachedInput, usage.cached_input);
  add(TokenKind::kCacheWrite, usage.cache_write);
  add(TokenKind::kOutput, usage.output);
  add(TokenKind::kReasoning, usage.reasoning);
}

// A failed attempt's cost belongs to the target that caused it, so each attempt is booked by
// itself; only the request is counted once.
void BookAttempts(const RequestAccount& record, MetricShard& shard) {
  const LabelId route = RouteLabel(record);
  const LabelId request_class = ClassLabel(record);
  std::optional<std::size_t> previous_target;
  for (std::size_t i = 0; i < record.attempts.size(); ++i) {
    const AttemptAccount& attempt = record.attempts[i];
    const LabelId target = record.snapshot->target_labels[attempt.target];
    shard.Target(target).attempts[static_cast<std::size_t>(attempt.result)].Add(1);
    if (previous_target && *previous_target != attempt.target) {
      shard.Fallback(route, record.attempts[i - 1].result).count.Add(1);
    }
    previous_target = attempt.target;
    if (!attempt.Billable()) continue;
    RouteCell& cell = shard.Route(route, request_class, target);
    BookTokens(attempt.usage, cell);
    cell.cost.Add(attempt.cost);
    shard.usage_status[static_cast<std::size_t>(attempt.usage_status)].Add(1);
  }
}

void BookCommitted(const RequestAccount& record, MetricShard& shard) {
  const AttemptAccount& attempt = record.attempts[*record.committed];
  const LabelId target = record.snapshot->target_labels[attempt.target];
  const LabelId request_class = ClassLabel(record);
  LatencyCell& latency = shard.Latency(request_class, target);
  latency.duration.Observe(record.ended - record.started);
  if (record.first_token != TimePoint{}) {
    latency.first_token.Observe(record.first_token - record.started);
    if (attempt.usage.output > 1 && attempt.result == backends::AttemptResult::kOk) {
      shard.Target(target).per_output_token.Observe((attempt.ended - record.first_token) /
                                                    (attempt.usage.output - 1));
    }
  }
  const routing::CompiledPolicy& policy = *record.snapshot->policy;
  if (!policy.baseline()) return;
  const std::optional<config::Prices>& prices = policy.targets()[*policy.baseline()].prices;
  if (!prices) return;
  shard.Baseline(RouteLabel(record), request_class)
      .cost.Add(policy::CostOf(*prices, attempt.usage, policy::ServiceTier::kStandard));
}

}  // namespace

void BookMetrics(const RequestAccount& record, MetricShard& shard) {
  if (record.rejection) shard.rejected[static_cast<std::size_t>(*record.rejection)].Add(1);
  if (!record.proxied) return;
  const LabelId request_class = ClassLabel(record);
  const LabelId target =
      record.committed ? record.snapshot->target_labels[record.attempts[*record.committed].target]
                       : LabelTable::kNone;
  shard.Route(RouteLabel(record), request_class, target)
      .requests[static_cast<std::size_t>(record.outcome)]
      .Add(1);
  if (record.classification) {
    const routing::Classification& c = *record.classification;
    shard.Classified(request_class, c.class_reason).count.Add(1);
  }
  BookAttempts(record, shard);
  if (record.key) {
    shard.Team(record.snapshot->team_labels[*record.key], request_class)
        .cost.Add(record.TotalCost());
  }
  if (record.committed) {
    BookCommitted(record, shard);
    shard.overhead[static_cast<std::size_t>(*record.proxied)].Observe(record.overhead);
  }
}

}  // namespace headgate::gateway
